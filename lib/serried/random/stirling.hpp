/// Logarithms of factorials and of probabilities made of them, without libm and without cancellation: log n! itself is so
/// large where n is that the last bit of it is more than 1, and only what Stirling's formula leaves out is needed.
///
/// C. Loader, "Fast and accurate computation of binomial probabilities" (2000). Internal: not installed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <serried/base/portable_math.hpp>

namespace serried::random::detail {

inline constexpr double two_pi = 6.28318530717958647693;

/// log n! - ((n + 1/2) log n - n + log(2 pi) / 2) for n >= 1, to within 1e-16.
[[nodiscard]] inline double stirling_error(std::uint64_t n) noexcept {
  constexpr std::array table = {0.0,
                                8.10614667953272610701e-02,
                                4.13406959554092970355e-02,
                                2.76779256849983383570e-02,
                                2.07906721037650933648e-02,
                                1.66446911898211931391e-02,
                                1.38761288230707484359e-02,
                                1.18967099458917695276e-02,
                                1.04112652619720962022e-02,
                                9.25546218271273285483e-03,
                                8.33056343336287079271e-03,
                                7.57367548795184059029e-03,
                                6.94284010720952991791e-03,
                                6.40899418800420714315e-03,
                                5.95137011275884749567e-03,
                                5.55473355196280105250e-03};
  if (n < table.size()) {
    return table[static_cast<std::size_t>(n)];
  }
  // Stirling's series; its next term is 1 / (522 n^11)
  const double x = static_cast<double>(n);
  const double z = 1.0 / (x * x);
  return (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188))))) / x;
}

/// x log(x / m) - x + m for x > 0, where m = x - `difference` > 0. Without cancellation where they are close.
[[nodiscard]] inline double deviance(double x, double difference) noexcept {
  const double m = x - difference;
  const double v = difference / (x + m);
  if (v > -0.1 && v < 0.1) {
    // log(x / m) = 2 (v + v³ / 3 + v⁵ / 5 + …)
    const double z = v * v;
    double series = 1.0 / 21;
    for (double divisor = 19; divisor > 2; divisor -= 2) {
      series = 1.0 / divisor + z * series;
    }
    return difference * v + 2.0 * x * v * (z * series);
  }
  return x * portable::log(x / m) - difference;
}

/// log(1 - p) for 0 <= p < 1, to within some units in the last place also where 1 - p is 1 or nearly so (W. Kahan).
[[nodiscard]] inline double log_one_minus(double p) noexcept {
  const double rest = 1.0 - p;
  return rest == 1.0 ? -p : portable::log(rest) * (p / (1.0 - rest));
}

/// The logarithm of the Poisson probability of k, where the mean, which is positive, is k - `difference`.
[[nodiscard]] inline double log_poisson(std::uint64_t k, double difference) noexcept {
  if (k == 0) {
    return difference;
  }
  const double x = static_cast<double>(k);
  return -stirling_error(k) - deviance(x, difference) - 0.5 * portable::log(two_pi * x);
}

/// The logarithm of the binomial probability of k of n, where the mean, n p, is k - `difference`; 0 < p < 1.
[[nodiscard]] inline double log_binomial(std::uint64_t k, std::uint64_t n, double p,
                                         double difference) noexcept {
  const double of = static_cast<double>(n);
  if (k == 0) {
    return of * log_one_minus(p);
  }
  if (k == n) {
    return of * portable::log(p);
  }
  const double x = static_cast<double>(k);
  const double rest = static_cast<double>(n - k);
  return stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(x, difference) -
         deviance(rest, -difference) - 0.5 * portable::log(two_pi * x * (rest / of));
}

}  // namespace serried::random::detail
