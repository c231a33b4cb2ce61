/// The infinite lattice, exactly: what large ones are compared with. By libm, for tests and tables.
#pragma once

#include <cmath>

namespace serried::ising {

/// 2 / ln(1 + sqrt(2)).
inline constexpr double critical_temperature = 2.269185314213022;

namespace detail {

/// C. F. Gauss's arithmetic-geometric mean of two positive numbers.
[[nodiscard]] inline double arithmetic_geometric_mean(double a, double b) {
  while (std::abs(a - b) > 1e-15 * a) {
    const double geometric = std::sqrt(a * b);
    a = 0.5 * (a + b);
    b = geometric;
  }
  return a;
}

}  // namespace detail

/// Energy per spin: -coth(2/T) (1 + 2/pi k' K(k)), where k' = 2 tanh²(2/T) - 1 and k² + k'² = 1 (L. Onsager, Phys. Rev. 65, 117
/// (1944)). The complete elliptic integral K(k) is pi / (2 AGM(1, |k'|)).
[[nodiscard]] inline double exact_energy(double temperature) {
  const double tanh = std::tanh(2 / temperature);
  const double k = 2 * tanh * tanh - 1;
  const double term = k == 0 ? 0 : k / detail::arithmetic_geometric_mean(1, std::abs(k));
  return -(1 + term) / tanh;
}

/// Spontaneous magnetisation per spin (C. N. Yang, Phys. Rev. 85, 808 (1952)): 0 from the critical temperature on.
[[nodiscard]] inline double exact_magnetisation(double temperature) {
  return temperature < critical_temperature ? std::pow(1 - std::pow(std::sinh(2 / temperature), -4), 0.125)
                                            : 0.0;
}

}  // namespace serried::ising
