/// Tests of samples against the distribution that they should have. Each fails by mere chance once in about a million
/// seeds; as seeds are fixed, it does so never or always.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace serried::random {

/// `n` of what `next()` gives.
template <class Next>
[[nodiscard]] std::vector<double> draw(std::size_t n, const Next& next) {
  std::vector<double> values(n);
  std::ranges::generate(values, [&] { return static_cast<double>(next()); });
  return values;
}

/// The mean and the variance as z-scores, each beyond 4.9 once in a million. `kurtosis`: the fourth central moment over
/// the square of the variance, 3 for a normal distribution.
inline void expect_moments(const std::vector<double>& values, double mean, double variance, double kurtosis) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  double sum_of_squares = 0;
  for (const double x : values) {
    sum += x - mean;
    sum_of_squares += (x - mean) * (x - mean);
  }
  EXPECT_LT(std::abs(sum / std::sqrt(n * variance)), 4.9) << "the mean is " << mean + sum / n;
  EXPECT_LT(std::abs((sum_of_squares / n - variance) / (variance * std::sqrt((kurtosis - 1) / n))), 4.9)
      << "the variance is " << sum_of_squares / n;
}

/// Kolmogorov-Smirnov, of a continuous distribution: beyond 2.7 / sqrt(n) once in a million.
template <class Cumulative>
void expect_distribution(std::vector<double> values, const Cumulative& cumulative) {
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cumulative(values[i]);
    const auto below = static_cast<double>(i);
    worst = std::max({worst, expected - below / n, (below + 1) / n - expected});
  }
  EXPECT_LT(worst * std::sqrt(n), 2.7);
}

/// Chi-squared, beyond the limit once in a million; by Wilson's and Hilferty's approximation, right to within 2 % of it.
inline void expect_chi_squared(double chi_squared, double n_degrees) {
  const double spread = 2 / (9 * n_degrees);
  EXPECT_LT(chi_squared, n_degrees * std::pow(1 - spread + 4.7534 * std::sqrt(spread), 3))
      << n_degrees << " degrees of freedom";
}

/// Chi-squared of `counts`, where probability(i) is that of i; what lies beyond them may have come, too. Neighbours are
/// pooled until at least `least_expected` are expected.
template <class Probability>
void expect_frequencies(const std::vector<std::uint64_t>& counts, std::uint64_t n,
                        const Probability& probability, double least_expected = 20) {
  double chi_squared = 0;
  double n_cells = 0;
  double expected = 0;
  double found = 0;
  double expected_left = static_cast<double>(n);
  double found_left = static_cast<double>(n);
  const auto add_cell = [&](double cell_expected, double cell_found) {
    chi_squared += (cell_found - cell_expected) * (cell_found - cell_expected) / cell_expected;
    n_cells += 1;
  };
  for (std::size_t i = 0; i < counts.size(); ++i) {
    expected += static_cast<double>(n) * probability(i);
    found += static_cast<double>(counts[i]);
    if (expected >= least_expected && expected_left - expected >= least_expected) {
      add_cell(expected, found);
      expected_left -= expected;
      found_left -= found;
      expected = found = 0;
    }
  }
  add_cell(expected_left, found_left);
  ASSERT_GT(n_cells, 1);
  expect_chi_squared(chi_squared, n_cells - 1);
}

/// The same for `n` of what `next()` gives, from `first` to `last`, other values being one cell.
template <class Next, class Probability>
void expect_probabilities(std::uint64_t n, const Next& next, std::uint64_t first, std::uint64_t last,
                          const Probability& probability) {
  std::vector<std::uint64_t> counts(last - first + 1);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t value = next();
    if (value >= first && value <= last) {
      counts[value - first] += 1;
    }
  }
  expect_frequencies(counts, n, [&](std::size_t i) { return probability(first + i); });
}

[[nodiscard]] inline double normal_cumulative(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

/// Of all bits of what is added, in order.
class BitHash {
 public:
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(std::uint64_t value) { hash_ = hash_ * 0x9e3779b97f4a7c15 + value; }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0;
};

}  // namespace serried::random
