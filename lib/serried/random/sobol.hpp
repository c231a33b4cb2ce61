/// Sobol points by index, plain or scrambled: they cover the unit cube far more evenly than random ones, so that means over
/// them converge nearly like 1/n for smooth integrands.
///
///     const Sobol sobol(n_assets, seed);              // scrambled
///     std::vector<double> rows(n_assets * n);
///     sobol.points(first, rows);                      // n points; row d has their coordinates in dimension d
///     normal_quantiles(rows);
///
/// The points are those of I. Sobol (1967) in the order of I. Antonov and V. Saleev (1979), with the direction numbers of S. Joe
/// and F. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), as
/// Boost.Random has them.
///
/// Scrambling is J. Matoušek's, "On the L2-discrepancy for anchored boxes", J. Complexity 14 (1998): in every dimension a random
/// lower triangular matrix of bits, then a random digital shift. Every single point is uniform, so a mean over any of them is
/// unbiased, and what makes them a net stays: of each aligned 2^k points each of the 2^k strata of a dimension has one. The
/// variance of a mean is that of A. Owen's nested uniform scrambling (A. Owen, "Variance with alternative scramblings of digital
/// nets", ACM TOMACS 13 (2003)); it cannot be seen from one set of points: take the spread of the means of several seeds. A point
/// costs the same as without.
///
/// All numbers are the same bits on every CPU and with every compiler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace serried::random {

/// Nothing of it changes once it is made: threads may share it. It has 424 bytes for each dimension.
class Sobol {
 public:
  static constexpr std::size_t max_dimensions = 3667;
  static constexpr std::uint64_t max_points = std::uint64_t{1} << 52;

  /// Coordinates are multiples of 2^-52 in [0, 1); point 0 is the origin, which estimators that cannot bear zeros leave out.
  ///
  /// With a seed they are centres of intervals 2^-52 wide, all equally likely: from 2^-53 to 1 - 2^-53, never 0 or 1, so
  /// that a normal quantile of them is finite. The scrambling of a dimension is a function of (seed, dimension), keys of
  /// Philox4x64-10: the first dimensions are the same however many there are.
  ///
  /// Throws std::logic_error unless 1 <= dimensions <= max_dimensions.
  explicit Sobol(std::size_t dimensions, std::optional<std::uint64_t> scramble_seed = std::nullopt);

  [[nodiscard]] std::size_t dimensions() const noexcept { return shifts_.size(); }

  /// Point number `index`. `coordinates` has as many elements as there are dimensions and `index` is below max_points, or it
  /// throws std::logic_error. Takes some 50 operations a dimension, whatever the index.
  void point(std::uint64_t index, std::span<double> coordinates) const;

  /// Points first … first + n - 1, dimension by dimension: coordinate d of point first + i goes to rows[d * n + i]. The number
  /// of elements, n times the dimensions, says n. The same bits as from `point`, and several times faster from some ten points
  /// on. Throws std::logic_error if the elements are no whole number of points, or first + n is beyond max_points.
  void points(std::uint64_t first, std::span<double> rows) const;

  /// One such row: the coordinates in one dimension of points first, first + 1, … Throws std::logic_error as points() does, and
  /// if there is no such dimension.
  void coordinates(std::size_t dimension, std::uint64_t first, std::span<double> row) const;

 private:
  static constexpr std::size_t n_bits = 52;

  void fill_row(std::size_t dimension, std::uint64_t first, std::span<double> row) const noexcept;

  // For dimension d and bit k of the index columns_[d * n_bits + k] is its point 2^k, in the upper 52 bits of the word. As Gray
  // codes are linear over bits, the point of any index is the exclusive or of those of its bits.
  std::vector<std::uint64_t> columns_;
  std::vector<std::uint64_t> shifts_;  // one for each dimension
  double origin_ = 1.0;                // what the coordinates, made as doubles from 1 to 2, are too large by
};

}  // namespace serried::random
