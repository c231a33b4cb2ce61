/// Gamma variates of shape at least 1, on which Gamma and Beta stand.
///
/// G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000): the cube of a normal,
/// accepted or not; at least 95 of 100 are.
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
      if (u < 1.0 - 0.0331 * (square * square) ||
          portable::log(u) < 0.5 * square + d_ * (1.0 - v + portable::log(v))) {
        return d_ * v;
      }
    }
  }

 private:
  double d_;
  double c_;
};

}  // namespace serried::random::detail
