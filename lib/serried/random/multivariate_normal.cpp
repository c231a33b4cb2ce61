#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/random/multivariate_normal.hpp>

namespace serried::random {
namespace {

[[nodiscard]] bool is_finite(double x) { return std::abs(x) <= std::numeric_limits<double>::max(); }

[[nodiscard]] std::string numbers(std::size_t i, std::size_t j) {
  return std::to_string(i) + " and " + std::to_string(j);
}

[[nodiscard]] Error not_semidefinite(std::size_t i) {
  return Error("the covariance is not positive semidefinite: coordinate " + std::to_string(i) +
               " covaries with the others in a way that no variable can")
      .hint("a small multiple of the identity added to it may help");
}

// What is left of rounding, in a correlation matrix of n rows.
[[nodiscard]] double tolerance(std::size_t n) { return static_cast<double>(n) * 0x1p-48; }

[[nodiscard]] std::vector<double> copy_of_mean(const Eigen::VectorXd& mean) {
  const auto n = static_cast<std::size_t>(mean.size());
  if (n == 0) {
    throw Error("the mean has no coordinates");
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (!is_finite(mean.data()[i])) {
      throw Error("coordinate " + std::to_string(i) + " of the mean is not finite");
    }
  }
  return {mean.data(), mean.data() + n};
}

[[nodiscard]] std::vector<double> standard_deviations(const Eigen::MatrixXd& covariance, std::size_t n) {
  if (static_cast<std::size_t>(covariance.rows()) != n || static_cast<std::size_t>(covariance.cols()) != n) {
    throw Error("the covariance has " + std::to_string(covariance.rows()) + " rows and " +
                std::to_string(covariance.cols()) + " columns, the mean " + std::to_string(n) +
                " coordinates");
  }
  std::vector<double> deviations(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double variance = covariance.data()[i * n + i];
    if (!(variance >= 0.0 && is_finite(variance))) {
      throw Error("the variance of coordinate " + std::to_string(i) + " is negative or not finite");
    }
    deviations[i] = std::sqrt(variance);
  }
  return deviations;
}

// Its square matrix, column by column.
class Correlations {
 public:
  Correlations(const Eigen::MatrixXd& covariance, const std::vector<double>& deviations)
      : n_(deviations.size()), values_(n_ * n_) {
    for (std::size_t j = 0; j < n_; ++j) {
      at(j, j) = deviations[j] > 0.0 ? 1.0 : 0.0;
      for (std::size_t i = 0; i < j; ++i) {
        const double upper = correlation(covariance.data()[j * n_ + i], deviations, i, j);
        const double lower = correlation(covariance.data()[i * n_ + j], deviations, i, j);
        if (!(std::abs(upper - lower) <= tolerance(n_))) {
          throw Error("the covariance is not symmetric: see its coordinates " + numbers(i, j));
        }
        at(i, j) = at(j, i) = 0.5 * (upper + lower);
      }
    }
  }

  [[nodiscard]] double& at(std::size_t row, std::size_t column) { return values_[column * n_ + row]; }

  void exchange(std::size_t i, std::size_t j) {
    for (std::size_t column = 0; column < n_; ++column) {
      std::swap(at(i, column), at(j, column));
    }
    for (std::size_t row = 0; row < n_; ++row) {
      std::swap(at(row, i), at(row, j));
    }
  }

  // Column k becomes that of the factor, and what it explains is taken from those behind it.
  void eliminate(std::size_t k) {
    double* pivot = &at(0, k);
    const double root = std::sqrt(pivot[k]);
    pivot[k] = root;
    for (std::size_t i = k + 1; i < n_; ++i) {
      pivot[i] /= root;
    }
    for (std::size_t j = k + 1; j < n_; ++j) {
      double* column = &at(0, j);
      const double factor = pivot[j];
      for (std::size_t i = k + 1; i < n_; ++i) {
        column[i] -= pivot[i] * factor;
      }
    }
  }

 private:
  static double correlation(double covariance, const std::vector<double>& deviations, std::size_t i,
                            std::size_t j) {
    if (covariance == 0.0) {
      return 0.0;  // also of coordinates without variance
    }
    const double value = covariance / deviations[i] / deviations[j];
    if (!(std::abs(value) <= 1.0 + tolerance(deviations.size()))) {
      throw Error("the covariance of coordinates " + numbers(i, j) +
                  " is not finite, or larger than their variances allow");
    }
    return value;
  }

  std::size_t n_;
  std::vector<double> values_;
};

}  // namespace

MultivariateNormal::MultivariateNormal(const Eigen::VectorXd& mean, const Eigen::MatrixXd& covariance)
    : mean_(copy_of_mean(mean)) {
  const std::size_t n = mean_.size();
  std::vector<double> deviations = standard_deviations(covariance, n);
  Correlations rest(covariance, deviations);
  std::vector<std::size_t> coordinates(n);
  for (std::size_t i = 0; i < n; ++i) {
    coordinates[i] = i;
  }
  for (; rank_ < n; ++rank_) {
    std::size_t pivot = rank_;
    for (std::size_t i = rank_ + 1; i < n; ++i) {
      pivot = rest.at(i, i) > rest.at(pivot, pivot) ? i : pivot;
    }
    if (rest.at(pivot, pivot) <= tolerance(n)) {
      break;
    }
    exchanged_.push_back(pivot);
    std::swap(coordinates[rank_], coordinates[pivot]);
    std::swap(deviations[rank_], deviations[pivot]);
    rest.exchange(rank_, pivot);
    rest.eliminate(rank_);
  }
  for (std::size_t j = rank_; j < n; ++j) {
    for (std::size_t i = rank_; i < n; ++i) {
      if (!(std::abs(rest.at(i, j)) <= tolerance(n))) {
        throw not_semidefinite(coordinates[j]);
      }
    }
  }
  for (std::size_t j = 0; j < rank_; ++j) {
    for (std::size_t i = j; i < n; ++i) {
      factor_.push_back(rest.at(i, j) * deviations[i]);
    }
  }
}

void MultivariateNormal::fill(Stream& stream, std::span<double> vector) const {
  expects(vector.size() == dimension(), "the vector has as many elements as the mean");
  stream.fill_normal(vector);
  vectorized([this, x = vector.data(), n = vector.size()] {
    for (std::size_t i = rank_; i < n; ++i) {
      x[i] = 0.0;
    }
    // In place: from the last column on, for a normal is no longer needed once its column is added.
    const double* end = factor_.data() + factor_.size();
    for (std::size_t j = rank_; j-- > 0;) {
      const double* column = end - (n - j);
      const double normal = x[j];
      x[j] = column[0] * normal;
      for (std::size_t i = j + 1; i < n; ++i) {
        x[i] += column[i - j] * normal;
      }
      end = column;
    }
  });
  for (std::size_t i = rank_; i-- > 0;) {
    std::swap(vector[i], vector[exchanged_[i]]);
  }
  for (std::size_t i = 0; i < vector.size(); ++i) {
    vector[i] += mean_[i];
  }
}

}  // namespace serried::random
