#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <serried/random/points.hpp>
#include <serried/random/stream.hpp>

#include "statistics.hpp"

namespace serried::random {
namespace {

constexpr std::size_t n = 200'000;

double length(const std::vector<double>& point) {
  double sum = 0;
  for (const double x : point) {
    sum += x * x;
  }
  return std::sqrt(sum);
}

TEST(PointOnSphere, HasLengthOne) {
  Stream stream(1, "sphere", 0);
  for (const std::size_t dimension : {1, 2, 3, 10, 1000}) {
    std::vector<double> point(dimension);
    for (int i = 0; i < 1000; ++i) {
      point_on_sphere(stream, point);
      ASSERT_NEAR(length(point), 1.0, 1e-15 * std::sqrt(static_cast<double>(dimension)));
    }
  }
}

TEST(PointOnSphere, IsEitherEndOfALine) {
  Stream stream(2, "sphere", 0);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::array<double, 1> point;
    point_on_sphere(stream, point);
    ASSERT_EQ(std::abs(point[0]), 1.0);
    sum += point[0];
  }
  EXPECT_LT(std::abs(sum), 4.9 * std::sqrt(n));
}

// On the circle the angle is uniform; on the sphere each coordinate is (Archimedes), and so is that along any other axis.
TEST(PointOnSphere, IsUniform) {
  Stream stream(3, "sphere", 0);
  std::array<double, 2> on_circle;
  expect_distribution(draw(n,
                           [&] {
                             point_on_sphere(stream, on_circle);
                             return std::atan2(on_circle[1], on_circle[0]);
                           }),
                      [](double angle) { return 0.5 + angle / (2 * std::acos(-1.0)); });
  const std::array axes = {std::array{1.0, 0.0, 0.0}, std::array{0.0, 1.0, 0.0}, std::array{0.0, 0.0, 1.0},
                           std::array{2.0 / 3, -2.0 / 3, 1.0 / 3}};
  for (const auto& axis : axes) {
    std::array<double, 3> on_sphere;
    expect_distribution(draw(n,
                             [&] {
                               point_on_sphere(stream, on_sphere);
                               return axis[0] * on_sphere[0] + axis[1] * on_sphere[1] +
                                      axis[2] * on_sphere[2];
                             }),
                        [](double x) { return 0.5 + 0.5 * x; });
  }
}

TEST(PointOnSphere, HasCoordinatesOfVarianceOneInN) {
  Stream stream(4, "sphere", 0);
  std::array<double, 7> point;
  for (const std::size_t i : {0, 3, 6}) {
    // fourth moment: 3 / (d (d + 2))
    expect_moments(draw(n,
                        [&] {
                          point_on_sphere(stream, point);
                          return point.at(i);
                        }),
                   0, 1.0 / 7, 3.0 * 7 / 9);
  }
}

TEST(PointInSimplex, SumsToOne) {
  Stream stream(5, "simplex", 0);
  for (const std::size_t dimension : {1, 2, 3, 10, 1000}) {
    std::vector<double> shares(dimension);
    for (int i = 0; i < 1000; ++i) {
      point_in_simplex(stream, shares);
      double sum = 0;
      for (const double x : shares) {
        ASSERT_GE(x, 0.0);
        sum += x;
      }
      ASSERT_NEAR(sum, 1.0, 1e-15 * std::sqrt(static_cast<double>(dimension)));
    }
  }
}

// Each share is above x with probability (1 - x)^(n - 1).
TEST(PointInSimplex, IsUniform) {
  Stream stream(6, "simplex", 0);
  for (const std::size_t dimension : {2, 3, 6}) {
    std::vector<double> shares(dimension);
    for (const std::size_t i : {std::size_t{0}, dimension - 1}) {
      expect_distribution(draw(n,
                               [&] {
                                 point_in_simplex(stream, shares);
                                 return shares.at(i);
                               }),
                          [&](double x) { return 1 - std::pow(1 - x, static_cast<double>(dimension - 1)); });
    }
    // Two together are what lies between a cut and the next but one: Beta(2, n - 2)
    if (dimension == 6) {
      expect_distribution(draw(n,
                               [&] {
                                 point_in_simplex(stream, shares);
                                 return shares[1] + shares[4];
                               }),
                          [](double x) { return 1 - std::pow(1 - x, 4) * (1 + 4 * x); });
    }
  }
}

TEST(Points, RefuseToHaveNoCoordinates) {
  Stream stream(7, "points", 0);
  EXPECT_THROW(point_on_sphere(stream, {}), std::logic_error);
  EXPECT_THROW(point_in_simplex(stream, {}), std::logic_error);
}

TEST(Points, KeepTheirBits) {
  BitHash hash;
  Stream stream(7, "points", 3);
  for (const std::size_t dimension : {1, 2, 3, 17, 300}) {
    std::vector<double> point(dimension);
    for (int i = 0; i < 500; ++i) {
      for (const auto& fill : {point_on_sphere, point_in_simplex}) {
        fill(stream, point);
        for (const double x : point) {
          hash.add(x);
        }
      }
    }
  }
  EXPECT_EQ(hash.value(), 15566889709800067112U);
}

}  // namespace
}  // namespace serried::random
