/// Mean, variance and standard error of a sample, and the covariance of two, from exact sums: the same bits in whatever
/// order, on however many threads and ranks the sample was gathered, and no cancellation, however large the mean.
///
///     ExactMoments moments;
///     moments.add(block_mean);                   // or a span
///     moments.merge(moments_of_another_thread);
///     moments.mean();                            // ± moments.standard_error()
///
/// Over ranks: mpi/allreduce_exact.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <serried/numeric/exact_dot.hpp>
#include <serried/numeric/exact_sum.hpp>

namespace serried::numeric {

/// The number of values, their sum and the sum of their squares, both exact. Trivially copyable, 1.7 KiB.
///
/// Each result is a quotient of whole numbers (or its square root) that is rounded once: it is the double nearest to the
/// true one, and depends on the set of values alone. It takes some microseconds. Where there is no result, it is NaN: the
/// mean of nothing; the variance of fewer than two values; the variance if an infinity or a NaN is among the values.
class ExactMoments {
 public:
  void add(double x) noexcept;
  void add(std::span<const double> values) noexcept;
  void merge(const ExactMoments& other) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] const ExactSum& sum() const noexcept { return sum_; }
  [[nodiscard]] const ExactDot& sum_of_squares() const noexcept { return squares_; }

  [[nodiscard]] double mean() const;
  /// Unbiased: the squared deviations from the mean, divided by count - 1.
  [[nodiscard]] double variance() const;
  /// Of the mean: sqrt(variance / count), not rounded in between.
  [[nodiscard]] double standard_error() const;

  /// Afterwards equal moments have equal bytes.
  void normalize() noexcept;

  /// The count in two words of 32 bits, the words of the sum, those of the squares; as ExactSum's.
  static constexpr std::size_t n_words = 2 + ExactSum::n_words + ExactDot::n_words;
  using Words = std::array<std::int64_t, n_words>;
  [[nodiscard]] Words words() const noexcept;
  [[nodiscard]] static ExactMoments from_words(std::span<const std::int64_t, n_words> words) noexcept;

  friend bool operator==(const ExactMoments&, const ExactMoments&) noexcept = default;

 private:
  std::uint64_t count_ = 0;
  ExactSum sum_;
  ExactDot squares_;
};

/// The same for pairs (x, y), and how x and y vary together. Trivially copyable, 4.4 KiB.
class ExactCovariance {
 public:
  void add(double x, double y) noexcept;
  /// Throws std::logic_error if the lengths differ.
  void add(std::span<const double> x, std::span<const double> y);
  void merge(const ExactCovariance& other) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return x_.count(); }
  [[nodiscard]] const ExactMoments& x() const noexcept { return x_; }
  [[nodiscard]] const ExactMoments& y() const noexcept { return y_; }

  /// Unbiased. NaN for fewer than two pairs.
  [[nodiscard]] double covariance() const;
  /// covariance / (standard deviation of x · that of y), in [-1, 1]. NaN if one of them is zero.
  [[nodiscard]] double correlation() const;
  /// covariance / variance of x: by how much y grows with x, and the best coefficient of x as a control variate for y. NaN
  /// if x does not vary.
  [[nodiscard]] double slope() const;

  /// Afterwards equal covariances have equal bytes.
  void normalize() noexcept;

  /// The words of x, of y, and of the products.
  static constexpr std::size_t n_words = 2 * ExactMoments::n_words + ExactDot::n_words;
  using Words = std::array<std::int64_t, n_words>;
  [[nodiscard]] Words words() const noexcept;
  [[nodiscard]] static ExactCovariance from_words(std::span<const std::int64_t, n_words> words) noexcept;

  friend bool operator==(const ExactCovariance&, const ExactCovariance&) noexcept = default;

 private:
  ExactMoments x_;
  ExactMoments y_;
  ExactDot products_;
};

/// The same from sums that are kept elsewhere, as those of a covariance matrix, which share most of them: the covariance of `n`
/// pairs (x, y) of which these are the sums of x · y, of x, and of y.
[[nodiscard]] double covariance_of_sums(std::uint64_t n, const ExactDot& xy, const ExactSum& x,
                                        const ExactSum& y);

}  // namespace serried::numeric
