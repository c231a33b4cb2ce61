/// Means that were estimated together, their standard errors, and what follows from them.
///
///     const Value ratio = means.ratio(0, 1);                       // of two means, with the error of it
///     const Value x = means.function([](std::span<const double> m) { return m[0] * m[1] - m[2]; });
///     ratio.interval(0.95);
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include <serried/montecarlo/block_moments.hpp>

namespace serried::montecarlo {

struct Interval {
  double low = 0;
  double high = 0;
};

/// A number and how far it may be from the true one.
struct Value {
  double value = 0;
  double standard_error = 0;
  double degrees_of_freedom =
      std::numeric_limits<double>::infinity();  ///< of the error: observations less one

  /// In which the true value is with this probability, by Student's distribution: 0.95 makes value ± 1.96 standard errors, if
  /// there are many degrees of freedom, and ± 2.04 for 30. (Its quantile is that of M. Abramowitz and I. Stegun, 26.7.5: from
  /// five degrees on, 0.95 is right to a percent.) Throws std::logic_error unless 0 < confidence < 1.
  [[nodiscard]] Interval interval(double confidence) const;
};

/// Local. All of it is a function of the count, the means and their covariances alone.
class Means {
 public:
  /// `deviations` (upper triangle) are those of `count` independent observations with these means. For fewer than two, all
  /// errors are NaN.
  static Means of(std::uint64_t count, std::span<const double> means, std::span<const double> deviations);
  static Means of(const BlockMoments& moments) {
    return of(moments.count(), moments.mean(), moments.deviations());
  }

  [[nodiscard]] std::size_t size() const noexcept { return means_.size(); }
  [[nodiscard]] std::span<const double> values() const noexcept { return means_; }
  [[nodiscard]] double value(std::size_t k) const { return means_.at(k); }
  /// Of two means, not of two observations: those have `trials` times as much.
  [[nodiscard]] double covariance(std::size_t j, std::size_t k) const {
    return covariances_.at(triangle_index(j, k, means_.size()));
  }
  [[nodiscard]] double standard_error(std::size_t k) const;
  [[nodiscard]] Value operator[](std::size_t k) const { return value_of(value(k), standard_error(k)); }

  /// mean j / mean k. To first order in the errors, as all that follows: right where they are small beside the means.
  [[nodiscard]] Value ratio(std::size_t j, std::size_t k) const;
  /// f(means), which must be smooth: the error follows from the covariances and from how f changes when each mean does by its
  /// standard error (the delta method).
  [[nodiscard]] Value function(const std::function<double(std::span<const double>)>& f) const;
  /// The means 0 … size() - 2 divided by the last one, with their covariances.
  [[nodiscard]] Means over_last() const;
  /// These of the means, with their covariances. Throws std::out_of_range if there is no such one.
  [[nodiscard]] Means only(std::span<const std::size_t> which) const;

 private:
  [[nodiscard]] Value value_of(double value, double error) const {
    return {value, error, degrees_of_freedom_};
  }
  // The error of a function with this gradient.
  [[nodiscard]] double error_along(std::span<const double> gradient) const;

  double degrees_of_freedom_ = std::numeric_limits<double>::infinity();
  std::vector<double> means_;
  std::vector<double> covariances_;  // upper triangle
};

}  // namespace serried::montecarlo
