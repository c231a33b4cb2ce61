/// Gamma variates of shape at least 1, on which Gamma and Beta stand.
///
/// G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000): the cube of a normal,
/// accepted or not; at least 95 of 100 are. Where the shape is large, the logarithm of their acceptance is a difference of large
/// numbers that cancel, and is summed as a series instead.
#pragma once

#include <cmath>

#include <serried/base/portable_math.hpp>
#include <serried/random/stream.hpp>

namespace serried::random::detail {

class MarsagliaTsang {
 public:
  explicit MarsagliaTsang(double shape) noexcept : d_(shape - 1.0 / 3.0), c_(1.0 / (3.0 * std::sqrt(d_))) {}

  /// Positive. Takes a normal and a word, as often as it takes.
  [[nodiscard]] double operator()(Stream& stream) const noexcept {
    for (;;) {
      const double x = stream.normal();
      const double t = c_ * x;
      const double u = stream.uniform() + 0x1p-53;
      if (t <= -1.0) [[unlikely]] {
        continue;
      }
      const double v = (1.0 + t) * (1.0 + t) * (1.0 + t);
      const double square = x * x;
      if (u < 1.0 - 0.0331 * (square * square) || portable::log(u) < log_acceptance(t, v, square)) {
        return d_ * v;
      }
    }
  }

 private:
  // x² / 2 + d (1 - v + log v) with v = (1 + t)³ and d t² = x² / 9: the powers of t up to the third are gone.
  [[nodiscard]] double log_acceptance(double t, double v, double square) const noexcept {
    constexpr double large =
        1e5;  // from here on |t| < 0.01, and what the series leaves out is below 1e-10 of it
    if (d_ < large) {
      return 0.5 * square + d_ * (1.0 - v + portable::log(v));
    }
    const double series = -1.0 / 4 + t * (1.0 / 5 + t * (-1.0 / 6 + t * (1.0 / 7 - t * (1.0 / 8))));
    return square * (t * t) * series * (1.0 / 3);
  }

  double d_;
  double c_;
};

}  // namespace serried::random::detail
