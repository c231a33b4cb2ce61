/// The inverse of the standard normal distribution function: normal numbers from uniform ones, one for one and in the same order,
/// as quasi-random points (sobol.hpp) and stratified ones want it. For mere random ones Stream::fill_normal is as fast or faster.
///
///     sobol.points(first, values);
///     normal_quantiles(values);           // vector code
///     const double x = normal_quantile(0.975);     // 1.96
///
/// M. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988), PPND16. The
/// same bits on every CPU and with every compiler: elementary arithmetic and portable::log, no libm.
#pragma once

#include <limits>
#include <span>

#include <serried/base/portable_math.hpp>

namespace serried::random {

namespace detail {

// A quotient of polynomials, beginning with the highest power. Wichura's letters and order.
struct QuantileCoefficients {
  double numerator[8];
  double denominator[8];
};

// For probabilities within 0.425 of a half; in 0.180625 minus the square of the distance.
inline constexpr QuantileCoefficients quantile_centre = {
    {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080},
    {5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
     5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0}};
// For the nearer parts of the tails; in sqrt(-log of the smaller probability) - 1.6.
inline constexpr QuantileCoefficients quantile_tail = {
    {7.74545014278341407640e-4, 2.27238449892691845833e-2, 0.241780725177450611770, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734},
    {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 0.148103976427480074590,
     0.689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1.0}};
// Where that root is above 5, for probabilities below 1.4e-11; in the root minus 5.
inline constexpr QuantileCoefficients quantile_far_tail = {
    {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 0.296560571828504891230, 1.78482653991729133580, 5.46378491116411436990,
     6.65790464350110377720},
    {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 0.136929880922735805310, 0.599832206555887937690,
     1.0}};

[[nodiscard]] inline double polynomial(const double (&c)[8], double x) noexcept {
  return ((((((c[0] * x + c[1]) * x + c[2]) * x + c[3]) * x + c[4]) * x + c[5]) * x + c[6]) * x + c[7];
}

[[nodiscard]] inline bool is_in_centre(double p) noexcept {
  const double q = p - 0.5;
  return (q < 0.0 ? -q : q) <= 0.425;
}

// For probabilities in the centre.
[[nodiscard]] inline double quantile_of_centre(double p) noexcept {
  const double q = p - 0.5;
  const double x = 0.180625 - q * q;
  return q * polynomial(quantile_centre.numerator, x) / polynomial(quantile_centre.denominator, x);
}

// For all others, and what is no probability.
[[nodiscard]] inline double quantile_of_tail(double p) noexcept {
  using portable::detail::choose;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bool is_lower = p < 0.5;
  const double root = __builtin_sqrt(0.0 - portable::log(is_lower ? p : 1.0 - p));
  const bool is_far = root > 5.0;
  const double numerator = choose(is_far, polynomial(quantile_far_tail.numerator, root - 5.0),
                                  polynomial(quantile_tail.numerator, root - 1.6));
  const double denominator = choose(is_far, polynomial(quantile_far_tail.denominator, root - 5.0),
                                    polynomial(quantile_tail.denominator, root - 1.6));
  const double magnitude = choose(root == infinity, infinity, numerator / denominator);
  return choose(is_lower, -magnitude, magnitude);
}

}  // namespace detail

/// The x at which a standard normal number is below x with probability `p`; to within 1e-15 of itself. -Inf for 0, Inf for 1, NaN
/// for what is no probability. Without branches: loops over it become vector code (base/vectorized.hpp).
[[nodiscard]] inline double normal_quantile(double p) noexcept {
  return portable::detail::choose(detail::is_in_centre(p), detail::quantile_of_centre(p),
                                  detail::quantile_of_tail(p));
}

/// Replaces each element by its normal_quantile: the same bits, several times faster, fastest if they are spread evenly over
/// [0, 1). Throws an Error if the environment's SERRIED_CPU_LEVEL is wrong.
void normal_quantiles(std::span<double> values);

}  // namespace serried::random
