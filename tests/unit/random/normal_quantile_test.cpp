#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include <serried/random/normal_quantile.hpp>
#include <serried/random/stream.hpp>

namespace serried::random {
namespace {

// How far the quantile of p is from the true one, relative to itself: one step of Newton's method in long double, on the side
// where nothing cancels.
double relative_error(double p) {
  const long double x = normal_quantile(p);
  const long double scaled = x / std::numbers::sqrt2_v<long double>;
  long double excess = 0;
  if (std::abs(p - 0.5) < 0.25) {
    excess = std::erf(scaled) / 2 - (static_cast<long double>(p) - 0.5L);
  } else if (p < 0.5) {
    excess = std::erfc(-scaled) / 2 - static_cast<long double>(p);
  } else {
    excess = (1.0L - static_cast<long double>(p)) - std::erfc(scaled) / 2;
  }
  const long double density = std::exp(-scaled * scaled) / std::sqrt(2 * std::numbers::pi_v<long double>);
  return static_cast<double>(std::abs(excess / density / x));
}

// Everywhere: dense in the middle, in both tails, close to a half and where one approximation follows another.
std::vector<double> probabilities() {
  std::vector<double> p = {1e-300, 1e-100, 1e-16, 0x1p-53, 1.0 - 0x1p-53, 0x1p-36, 0.075, 0.925};
  Stream stream(1, "probabilities", 0);
  for (int i = 0; i < 20'000; ++i) {
    p.push_back(stream.uniform() + 0x1p-54);
    p.push_back(std::exp(-690 * stream.uniform()) / 2);
    p.push_back(1.0 - std::exp2(-1 - 52 * stream.uniform()));
    p.push_back(0.5 + (stream.uniform() - 0.5) * std::exp2(-50 * stream.uniform()));
  }
  for (double border : {0.075, 0.925, std::exp(-25.0), 1.0 - std::exp(-25.0)}) {
    p.push_back(std::nextafter(border, 0.0));
    for (int i = 0; i < 10; ++i) {
      p.push_back(border);
      border = std::nextafter(border, 1.0);
    }
  }
  std::erase(p, 0.5);
  return p;
}

TEST(NormalQuantile, IsTheInverseOfTheDistributionFunction) {
  for (const double p : probabilities()) {
    ASSERT_LT(relative_error(p), 1e-15) << p;
  }
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-15);
  EXPECT_NEAR(normal_quantile(1e-300), -37.0471, 1e-4);
}

TEST(NormalQuantile, IsSymmetric) {
  for (const double p : probabilities()) {
    const double complement = 1.0 - p;
    if (1.0 - complement == p) {  // it was exact
      ASSERT_EQ(normal_quantile(complement), -normal_quantile(p)) << p;
    }
  }
}

TEST(NormalQuantile, HasEndsAndNothingBeyond) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(normal_quantile(0.0), -infinity);
  EXPECT_EQ(normal_quantile(-0.0), -infinity);
  EXPECT_EQ(normal_quantile(1.0), infinity);
  EXPECT_NEAR(normal_quantile(std::numeric_limits<double>::denorm_min()), -38.4674, 1e-4);
  for (const double p : {-std::numeric_limits<double>::denorm_min(), -1.0, 1.0 + 0x1p-52, 2.0, infinity,
                         -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(std::isnan(normal_quantile(p))) << p;
  }
}

// With and without far tails in a block, and blocks of all lengths.
TEST(NormalQuantiles, AreThoseOfOneByOne) {
  const std::vector<double> rare = {
      0.0, 1.0, 1e-300, 1e-11, 1.0 - 0x1p-53, -1.0, std::numeric_limits<double>::quiet_NaN()};
  for (const std::size_t n : {0, 1, 2, 7, 8, 9, 255, 256, 257, 1000, 5000}) {
    for (const std::size_t n_rare : {std::size_t{0}, rare.size()}) {
      std::vector<double> values(n);
      Stream(2, "quantiles", n).fill_uniform(values);
      std::copy_n(rare.begin(), std::min(n, n_rare), values.begin());
      std::vector<double> expected(n);
      std::ranges::transform(values, expected.begin(), [](double p) { return normal_quantile(p); });
      normal_quantiles(values);
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_TRUE(values[i] == expected[i] || (std::isnan(values[i]) && std::isnan(expected[i])))
            << i << " of " << n;
      }
    }
  }
}

// The same on every CPU and with every compiler, or results change.
TEST(NormalQuantiles, KeepTheirBits) {
  std::vector<double> values(20'000);
  Stream(3, "quantiles", 0).fill_uniform(values);
  double scale = 1.0;
  for (std::size_t i = 0; i < 4'000; i += 4) {  // into the tails, exactly
    values[i] *= scale;
    values[i + 1] = 1.0 - values[i];
    scale *= 0.5;
  }
  normal_quantiles(values);
  std::uint64_t hash = 0;
  for (const double x : values) {
    hash = hash * 0x9e3779b97f4a7c15 + std::bit_cast<std::uint64_t>(x);
  }
  EXPECT_EQ(hash, 7060526954419696403U);
}

}  // namespace
}  // namespace serried::random
