/// Means and co-deviations of what the trials of one block gave, in doubles, always added up in the same order.
///
///     BlockMoments moments(n_observables);
///     moments.add_rows(values, n, stride);       // values[k * stride + i]: observable k of trial i
///     moments.mean()[k]; moments.deviation(j, k);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace serried::montecarlo {

/// Where element (j, k) of a symmetric matrix is, of which the upper triangle is kept row by row: (0,0) (0,1) … (1,1) ….
[[nodiscard]] constexpr std::size_t triangle_size(std::size_t n) noexcept { return n * (n + 1) / 2; }
[[nodiscard]] constexpr std::size_t triangle_index(std::size_t j, std::size_t k, std::size_t n) noexcept {
  const std::size_t low = j < k ? j : k;
  const std::size_t high = j < k ? k : j;
  return low * n - low * (low + 1) / 2 + high;
}

/// How many trials there were, the means, and the sums of (x_j - mean_j)(x_k - mean_k): merged by the formulas of T. Chan, G.
/// Golub and R. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979), which lose no
/// digits however large the means are. Merging rounds, and is to be done in one order: exact sums are in merged_moments.hpp.
class BlockMoments {
 public:
  explicit BlockMoments(std::size_t n_observables)
      : mean_(n_observables), deviations_(triangle_size(n_observables)) {}

  [[nodiscard]] std::size_t n_observables() const noexcept { return mean_.size(); }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::span<const double> mean() const noexcept { return mean_; }
  /// Upper triangle.
  [[nodiscard]] std::span<const double> deviations() const noexcept { return deviations_; }
  [[nodiscard]] double deviation(std::size_t j, std::size_t k) const {
    return deviations_[triangle_index(j, k, mean_.size())];
  }

  void clear();
  /// Adds `n` trials: values[k * stride + i] is observable k of trial i. For at most some thousands at a time, which stay in the
  /// cache: they are looked at twice.
  void add_rows(std::span<const double> values, std::size_t n, std::size_t stride);
  void merge(const BlockMoments& other);

  /// As they were saved.
  [[nodiscard]] static BlockMoments from(std::uint64_t count, std::span<const double> mean,
                                         std::span<const double> deviations);

 private:
  std::uint64_t count_ = 0;
  std::vector<double> mean_;
  std::vector<double> deviations_;  // upper triangle
};

}  // namespace serried::montecarlo
