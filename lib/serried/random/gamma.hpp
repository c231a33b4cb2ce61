/// Gamma variates: waiting times for several events, priors of rates, the parts of which Dirichlet and negative binomial
/// variates are made.
///
///     const Gamma gamma(2.5, 0.1);           // shape and scale: mean 0.25, variance 0.025
///     const double x = gamma(stream);
///
/// G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000). For shapes below 1
/// one of shape + 1 times u^(1 / shape), as they advise.
#pragma once

#include <serried/random/marsaglia_tsang.hpp>
#include <serried/random/stream.hpp>

namespace serried::random {

/// The density x^(shape - 1) e^(-x / scale), x >= 0. Const calls with different streams may be at the same time.
class Gamma {
 public:
  /// Both positive and finite, or throws std::logic_error.
  explicit Gamma(double shape, double scale = 1.0);

  /// Takes a normal and a word for each attempt, of which 95 to 100 in 100 succeed, and one word more if the shape is
  /// below 1. Not negative; 0 where it is below the smallest double, as every other one of shape 0.001 is, and infinite
  /// where it is above the largest one. With shapes above 1e28 few doubles lie within the spread, and rounding shows.
  [[nodiscard]] double operator()(Stream& stream) const noexcept;

 private:
  detail::MarsagliaTsang base_;  // of shape + 1 if shape is below 1
  double shape_;
  double scale_;
};

}  // namespace serried::random
