#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/random/multivariate_normal.hpp>
#include <serried/random/stream.hpp>

#include "statistics.hpp"

namespace serried::random {
namespace {

Eigen::MatrixXd matrix(std::initializer_list<std::initializer_list<double>> rows) {
  return Eigen::MatrixXd(rows);
}

// Of `n_factors` random factors; singular if they are fewer than the dimensions. Summed in one order on every CPU.
Eigen::MatrixXd random_covariance(Stream& stream, Eigen::Index dimension, Eigen::Index n_factors) {
  Eigen::MatrixXd factors(dimension, n_factors);
  stream.fill_normal(std::span(factors.data(), static_cast<std::size_t>(factors.size())));
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(dimension, dimension);
  for (Eigen::Index i = 0; i < dimension; ++i) {
    for (Eigen::Index j = 0; j < dimension; ++j) {
      for (Eigen::Index k = 0; k < n_factors; ++k) {
        covariance(i, j) += factors(i, k) * factors(j, k);
      }
    }
  }
  return covariance;
}

// All means and covariances as z-scores, each beyond 5.5 once in 26 million: once in a million for 26 of them.
void expect_covariance(const Eigen::VectorXd& mean, const Eigen::MatrixXd& covariance) {
  const MultivariateNormal normal(mean, covariance);
  const Eigen::Index dimension = mean.size();
  ASSERT_EQ(normal.dimension(), static_cast<std::size_t>(dimension));
  constexpr int n = 200'000;
  Stream stream(1, "multivariate", 0);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(dimension);
  Eigen::MatrixXd products = Eigen::MatrixXd::Zero(dimension, dimension);
  for (int i = 0; i < n; ++i) {
    const Eigen::VectorXd x = normal(stream) - mean;
    sum += x;
    products += x * x.transpose();
  }
  for (Eigen::Index i = 0; i < dimension; ++i) {
    const double tiny = 1e-12 * covariance(i, i) + std::numeric_limits<double>::min();
    EXPECT_LE(std::abs(sum(i) / n), 5.5 * std::sqrt(covariance(i, i) / n) + tiny) << i;
    for (Eigen::Index j = 0; j <= i; ++j) {
      const double variance =
          covariance(i, i) * covariance(j, j) + covariance(i, j) * covariance(i, j);  // of x_i x_j (Isserlis)
      EXPECT_LE(std::abs(products(i, j) / n - covariance(i, j)), 5.5 * std::sqrt(variance / n))
          << i << ", " << j;
    }
  }
}

TEST(MultivariateNormal, HasItsMeanAndCovariance) {
  expect_covariance(Eigen::VectorXd::Constant(1, -3), matrix({{4}}));
  expect_covariance(Eigen::Vector2d(1, 2), matrix({{1, 0.9}, {0.9, 1}}));
  expect_covariance(Eigen::Vector3d(1, 2, 3), matrix({{4, -1, 0}, {-1, 9, 2}, {0, 2, 1}}));
  Stream stream(2, "multivariate", 0);
  expect_covariance(Eigen::VectorXd::Constant(6, 0.1), random_covariance(stream, 6, 8));
}

TEST(MultivariateNormal, HasCoordinatesThatAreNormal) {
  const MultivariateNormal normal(Eigen::Vector2d(5, -1), matrix({{4, 3}, {3, 9}}));
  Stream stream(3, "multivariate", 0);
  Eigen::Vector2d x;
  const auto next = [&] {
    normal.fill(stream, {x.data(), 2});
    return (x(0) + x(1) - 4) / std::sqrt(19.0);
  };
  const std::vector<double> z = draw(200'000, next);
  expect_distribution(z, normal_cumulative);
  expect_moments(z, 0, 1, 3);
}

// Units do not matter: a variance of 1e-40 beside one of 1e40 is not taken for 0.
TEST(MultivariateNormal, KnowsUnits) {
  expect_covariance(Eigen::Vector3d(0, 0, 0), matrix({{1e40, 0.5, 0}, {0.5, 1e-40, 1e-41}, {0, 1e-41, 1}}));
  EXPECT_EQ(MultivariateNormal(Eigen::Vector2d(0, 0), matrix({{1e300, 0}, {0, 1e-300}})).rank(), 2U);
}

TEST(MultivariateNormal, MayBeSingular) {
  const MultivariateNormal none(Eigen::Vector2d(1, 2), Eigen::MatrixXd::Zero(2, 2));
  Stream stream(4, "multivariate", 0);
  EXPECT_EQ(none.rank(), 0U);
  EXPECT_EQ(none(stream), Eigen::Vector2d(1, 2));

  const MultivariateNormal opposite(Eigen::Vector3d(0, 7, 0), matrix({{1, 0, -2}, {0, 0, 0}, {-2, 0, 4}}));
  EXPECT_EQ(opposite.rank(), 1U);
  for (int i = 0; i < 100; ++i) {
    const Eigen::VectorXd x = opposite(stream);
    ASSERT_EQ(x(1), 7.0);
    ASSERT_NEAR(x(2), -2 * x(0), 1e-14);
  }
  for (const Eigen::Index n_factors : {1, 2, 4}) {
    const Eigen::MatrixXd covariance = random_covariance(stream, 5, n_factors);
    EXPECT_EQ(MultivariateNormal(Eigen::VectorXd::Zero(5), covariance).rank(),
              static_cast<std::size_t>(n_factors));
    expect_covariance(Eigen::VectorXd::Zero(5), covariance);
  }
  const Eigen::MatrixXd large = random_covariance(stream, 200, 120);
  EXPECT_EQ(MultivariateNormal(Eigen::VectorXd::Zero(200), large).rank(), 120U);
}

TEST(MultivariateNormal, TakesAsManyNormalsAsItHasDimensions) {
  const MultivariateNormal singular(Eigen::Vector3d(0, 0, 0), matrix({{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}));
  Stream stream(5, "multivariate", 0);
  Stream same = stream;
  static_cast<void>(singular(stream));
  static_cast<void>(same.normal());
  static_cast<void>(same.normal());
  static_cast<void>(same.normal());
  EXPECT_EQ(stream.normal(), same.normal());
}

TEST(MultivariateNormal, RefusesWhatIsNoCovariance) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Eigen::Vector2d mean(0, 0);
  const auto expect_refused = [](const Eigen::VectorXd& of_mean, const Eigen::MatrixXd& covariance) {
    EXPECT_THROW(MultivariateNormal(of_mean, covariance), Error) << covariance;
  };
  expect_refused(Eigen::VectorXd(0), Eigen::MatrixXd(0, 0));
  expect_refused(mean, Eigen::MatrixXd::Identity(3, 3));
  expect_refused(mean, Eigen::MatrixXd::Zero(2, 3));
  expect_refused(mean, Eigen::MatrixXd::Zero(3, 2));
  expect_refused(Eigen::Vector2d(0, infinity), Eigen::MatrixXd::Identity(2, 2));
  expect_refused(Eigen::Vector2d(std::nan(""), 0), Eigen::MatrixXd::Identity(2, 2));
  expect_refused(mean, matrix({{1, 0.5}, {0.4, 1}}));  // not symmetric
  expect_refused(mean, matrix({{1, 0.5}, {0.5 + 1e-9, 1}}));
  expect_refused(mean, matrix({{-1, 0}, {0, 1}}));  // a variance is negative
  expect_refused(mean, matrix({{1, 2}, {2, 1}}));   // too large a covariance
  expect_refused(mean, matrix({{0, 1}, {1, 1}}));   // a constant covaries
  expect_refused(mean, matrix({{0, 1}, {1, 0}}));
  expect_refused(mean, matrix({{std::nan(""), 0}, {0, 1}}));
  expect_refused(mean, matrix({{1, std::nan("")}, {std::nan(""), 1}}));
  expect_refused(mean, matrix({{1, infinity}, {infinity, 1}}));
  expect_refused(mean, matrix({{infinity, 0}, {0, 1}}));
  // Each pair could be, all three cannot.
  expect_refused(Eigen::Vector3d(0, 0, 0), matrix({{1, -0.9, -0.9}, {-0.9, 1, -0.9}, {-0.9, -0.9, 1}}));
  expect_refused(Eigen::Vector3d(0, 0, 0), matrix({{1, 1, 0.5}, {1, 1, 0.4}, {0.5, 0.4, 1}}));
}

TEST(MultivariateNormal, RefusesAVectorOfAnotherSize) {
  const MultivariateNormal normal(Eigen::Vector2d(0, 0), Eigen::MatrixXd::Identity(2, 2));
  Stream stream(6, "multivariate", 0);
  std::vector<double> vector(3);
  EXPECT_THROW(normal.fill(stream, vector), std::logic_error);
}

TEST(MultivariateNormal, KeepsItsBits) {
  BitHash hash;
  Stream stream(7, "multivariate", 3);
  for (const Eigen::Index dimension : {1, 2, 3, 7, 40}) {
    for (const Eigen::Index n_factors : {dimension, (dimension + 1) / 2}) {
      const MultivariateNormal normal(Eigen::VectorXd::Constant(dimension, 0.3),
                                      random_covariance(stream, dimension, n_factors));
      std::vector<double> vector(normal.dimension());
      for (int i = 0; i < 300; ++i) {
        normal.fill(stream, vector);
        for (const double x : vector) {
          hash.add(x);
        }
      }
    }
  }
  EXPECT_EQ(hash.value(), 7976650926497652021U);
}

}  // namespace
}  // namespace serried::random
