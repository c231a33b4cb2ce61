#include <algorithm>
#include <cmath>
#include <limits>

#include <serried/base/contract.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/random/normal_quantile.hpp>

namespace serried::montecarlo {

Interval Value::interval(double confidence) const {
  expects(confidence > 0 && confidence < 1, "a confidence is between 0 and 1");
  const double z = random::normal_quantile(0.5 + 0.5 * confidence);
  const double z2 = z * z;
  const double by = 1.0 / degrees_of_freedom;
  const double t =
      z * (1 + by * ((z2 + 1) / 4 +
                     by * (((5 * z2 + 16) * z2 + 3) / 96 +
                           by * ((((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384 +
                                 by * (((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160)))));
  return {value - t * standard_error, value + t * standard_error};
}

Means Means::of(std::uint64_t count, std::span<const double> means, std::span<const double> deviations) {
  expects(deviations.size() == triangle_size(means.size()), "there is a deviation for each pair");
  Means result;
  result.means_.assign(means.begin(), means.end());
  const auto n = static_cast<double>(count);
  result.degrees_of_freedom_ = n - 1.0;
  for (const double deviation : deviations) {
    result.covariances_.push_back(count < 2 ? std::numeric_limits<double>::quiet_NaN()
                                            : deviation / (n - 1.0) / n);
  }
  return result;
}

double Means::standard_error(std::size_t k) const { return std::sqrt(std::max(covariance(k, k), 0.0)); }

double Means::error_along(std::span<const double> gradient) const {
  double variance = 0;
  for (std::size_t j = 0; j < gradient.size(); ++j) {
    for (std::size_t k = 0; k < gradient.size(); ++k) {
      variance += gradient[j] * gradient[k] * covariance(j, k);
    }
  }
  return std::sqrt(std::max(variance, 0.0));
}

Value Means::ratio(std::size_t j, std::size_t k) const {
  std::vector<double> gradient(size(), 0.0);
  gradient.at(j) += 1.0 / value(k);
  gradient.at(k) -= value(j) / value(k) / value(k);
  return value_of(value(j) / value(k), error_along(gradient));
}

Value Means::function(const std::function<double(std::span<const double>)>& f) const {
  std::vector<double> at = means_;
  std::vector<double> gradient(size(), 0.0);
  for (std::size_t k = 0; k < size(); ++k) {
    const double step = standard_error(k);
    if (step > 0) {
      at[k] = means_[k] + step;
      const double above = f(at);
      at[k] = means_[k] - step;
      gradient[k] = (above - f(at)) / (2.0 * step);
      at[k] = means_[k];
    }
  }
  return value_of(f(means_), error_along(gradient));
}

Means Means::over_last() const {
  expects(size() > 0, "there is a mean to divide by");
  const std::size_t last = size() - 1;
  const double by = means_[last];
  Means result;
  result.degrees_of_freedom_ = degrees_of_freedom_;
  for (std::size_t j = 0; j < last; ++j) {
    result.means_.push_back(means_[j] / by);
  }
  for (std::size_t j = 0; j < last; ++j) {
    for (std::size_t k = j; k < last; ++k) {
      const double r_j = result.means_[j];
      const double r_k = result.means_[k];
      result.covariances_.push_back((covariance(j, k) - r_j * covariance(last, k) -
                                     r_k * covariance(j, last) + r_j * r_k * covariance(last, last)) /
                                    by / by);
    }
  }
  return result;
}

Means Means::only(std::span<const std::size_t> which) const {
  Means result;
  result.degrees_of_freedom_ = degrees_of_freedom_;
  for (std::size_t j = 0; j < which.size(); ++j) {
    result.means_.push_back(value(which[j]));
    for (std::size_t k = j; k < which.size(); ++k) {
      result.covariances_.push_back(covariance(which[j], which[k]));
    }
  }
  return result;
}

}  // namespace serried::montecarlo
