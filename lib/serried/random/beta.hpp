/// Beta variates: random probabilities, priors of shares.
///
///     const Beta beta(3, 8);                 // after 2 successes and 7 failures
///     const double p = beta(stream);
///
/// x / (x + y) of two gamma variates x and y (marsaglia_tsang.hpp). Where a and b are both below 1, both x and y may be
/// too small for a double, so their ratio is computed from its logarithm.
#pragma once

#include <serried/random/marsaglia_tsang.hpp>
#include <serried/random/stream.hpp>

namespace serried::random {

/// The density x^(a - 1) (1 - x)^(b - 1), 0 <= x <= 1. Const calls with different streams may be at the same time.
class Beta {
 public:
  /// Both positive and finite, or throws std::logic_error.
  Beta(double a, double b);

  /// Takes the words of two gamma variates of shapes a and b; how many varies. 0 and 1 come where x or 1 - x is too small
  /// for the doubles there: with tiny a and b nearly always, and then 1 comes with probability a / (a + b). Never NaN.
  [[nodiscard]] double operator()(Stream& stream) const noexcept;

 private:
  [[nodiscard]] double by_logarithms(Stream& stream) const noexcept;

  detail::MarsagliaTsang base_a_;  // of a + 1 if a is below 1
  detail::MarsagliaTsang base_b_;
  double a_;
  double b_;
};

}  // namespace serried::random
