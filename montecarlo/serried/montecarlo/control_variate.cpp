#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <serried/montecarlo/control_variate.hpp>

namespace serried::montecarlo {

std::string detail::text_of(std::span<const double> numbers) {
  std::string text;
  for (const double number : numbers) {
    text += fmt::format(" {}", number);
  }
  return text;
}

// Gauss and Jordan on the controls' covariances beside those with mean 0; a pivot that is nothing but rounding is left out.
std::vector<double> control_coefficients(const Means& means) {
  const std::size_t n = means.size() - 1;
  std::vector<std::vector<double>> rows(n, std::vector<double>(n + 1));
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < n; ++k) {
      rows[j][k] = means.covariance(j + 1, k + 1);
    }
    rows[j][n] = means.covariance(j + 1, 0);
  }
  std::vector<bool> is_left_out(n, false);
  for (std::size_t k = 0; k < n; ++k) {
    const double pivot = rows[k][k];
    if (!(pivot > 1e-12 * means.covariance(k + 1, k + 1))) {
      is_left_out[k] = true;
      continue;
    }
    for (std::size_t column = 0; column <= n; ++column) {
      rows[k][column] /= pivot;
    }
    for (std::size_t j = 0; j < n; ++j) {
      const double factor = j == k ? 0.0 : rows[j][k];
      for (std::size_t column = 0; column <= n; ++column) {
        rows[j][column] -= factor * rows[k][column];
      }
    }
  }
  std::vector<double> coefficients(n, 0.0);
  for (std::size_t k = 0; k < n; ++k) {
    if (!is_left_out[k]) {
      coefficients[k] = rows[k][n];
    }
  }
  return coefficients;
}

}  // namespace serried::montecarlo
