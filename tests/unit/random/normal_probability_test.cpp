#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/vectorized.hpp>
#include <serried/random/normal_probability.hpp>
#include <serried/random/normal_quantile.hpp>
#include <serried/random/stream.hpp>

namespace serried::random {
namespace {

TEST(NormalProbability, IsTheDistributionFunction) {
  Stream stream(1, "arguments", 0);
  for (int i = 0; i < 100'000; ++i) {
    for (const double x :
         {stream.uniform(-37.5, 9.0), stream.uniform(-6.0, 6.0), stream.uniform(-0.7, 0.7)}) {
      const long double expected = std::erfc(-x / std::numbers::sqrt2_v<long double>) / 2;
      ASSERT_LT(std::abs((normal_probability(x) - expected) / expected), 1e-15L) << x;
    }
  }
  for (const double border : {0.67448975, 5.656854249492380581}) {
    for (const double x : {border, std::nextafter(border, 100.0), -border, -std::nextafter(border, 100.0)}) {
      const long double expected = std::erfc(-x / std::numbers::sqrt2_v<long double>) / 2;
      ASSERT_LT(std::abs((normal_probability(x) - expected) / expected), 1e-15L) << x;
    }
  }
}

TEST(NormalProbability, HasEnds) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(normal_probability(0.0), 0.5);
  EXPECT_EQ(normal_probability(-infinity), 0.0);
  EXPECT_EQ(normal_probability(-1e300), 0.0);
  EXPECT_EQ(normal_probability(-39.0), 0.0);
  EXPECT_EQ(normal_probability(8.3), 1.0);
  EXPECT_EQ(normal_probability(infinity), 1.0);
  EXPECT_TRUE(std::isnan(normal_probability(std::numeric_limits<double>::quiet_NaN())));
  // subnormal results, to within a unit of theirs
  EXPECT_NEAR(normal_probability(-38.0),
              static_cast<double>(std::erfc(38 / std::numbers::sqrt2_v<long double>) / 2),
              2 * std::numeric_limits<double>::denorm_min());
}

TEST(NormalProbability, UndoesTheQuantile) {
  Stream stream(2, "probabilities", 0);
  for (int i = 0; i < 10'000; ++i) {
    const double p = stream.uniform();
    const double x = normal_quantile(p);
    // an error of x is one of x² times as many units of the probability
    ASSERT_NEAR(normal_probability(x), p, 1e-15 * (2 + x * x) * p);
  }
}

// The same on every CPU and with every compiler, or results change.
TEST(NormalProbability, KeepsItsBits) {
  std::vector<double> values(20'000);
  Stream(3, "arguments", 0).fill_uniform(values);
  vectorized([&] {
    for (double& x : values) {
      x = normal_probability((x - 0.8) * 40.0);
    }
  });
  std::uint64_t hash = 0;
  for (const double x : values) {
    hash = hash * 0x9e3779b97f4a7c15 + std::bit_cast<std::uint64_t>(x);
  }
  EXPECT_EQ(hash, 14019058481877819807U);
}

}  // namespace
}  // namespace serried::random
