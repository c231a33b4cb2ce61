#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include <serried/random/stirling.hpp>

namespace serried::random::detail {
namespace {

double log_factorial(std::uint64_t n) { return std::lgamma(static_cast<double>(n) + 1); }

// With what it leaves out, Stirling's formula gives the logarithm of the factorial.
TEST(StirlingError, IsWhatTheFormulaLeavesOut) {
  for (std::uint64_t n = 1; n < 1000; ++n) {
    const auto x = static_cast<double>(n);
    const double found = (x + 0.5) * std::log(x) - x + 0.5 * std::log(two_pi) + stirling_error(n);
    EXPECT_NEAR(found, log_factorial(n), 1e-15 * (1 + 2 * x * std::log(x))) << n;
  }
}

// The table and the series meet.
TEST(StirlingError, IsExact) {
  EXPECT_NEAR(stirling_error(15), 5.55473355196280105250e-03, 1e-17);
  EXPECT_NEAR(stirling_error(16), 5.20765591960964044e-03, 2e-16);
  EXPECT_NEAR(stirling_error(1'000'000), 1.0 / 12e6, 1e-20);
  EXPECT_NEAR(stirling_error(std::uint64_t{1} << 62), 0x1p-62 / 12, 1e-35);
}

TEST(Deviance, IsItsFormula) {
  for (const double m : {0.1, 1.0, 10.0, 1e5}) {
    for (const double ratio : {1e-3, 0.5, 0.8, 0.82, 0.99, 1.0, 1.01, 1.22, 1.24, 3.0, 1e3}) {
      const double x = m * ratio;
      const double expected = x * std::log(ratio) - x + m;
      EXPECT_NEAR(deviance(x, x - m), expected, 1e-15 * (x + m) + 1e-13 * expected) << x << " of " << m;
    }
  }
}

// Where it is the square of the difference over twice the mean, and its formula would give noise.
TEST(Deviance, DoesNotCancel) {
  EXPECT_NEAR(deviance(1e15 + 3e7, 3e7), 0.45 * (1 - 1e-8), 1e-14);
  EXPECT_NEAR(deviance(1e15 - 3e7, -3e7), 0.45 * (1 + 1e-8), 1e-14);
  EXPECT_EQ(deviance(1e15, 0), 0.0);
}

TEST(LogOneMinus, IsTheLogarithm) {
  for (const double p : {0.0, 1e-300, 1e-17, 1e-16, 3e-16, 1e-10, 1e-5, 0.01, 0.3, 0.5, 0.999}) {
    EXPECT_NEAR(log_one_minus(p), std::log1p(-p), -1e-15 * std::log1p(-p)) << p;
  }
}

TEST(LogPoisson, IsTheLogarithmOfTheProbability) {
  for (const double mean : {10.0, 10.7, 123.456, 5000.0}) {
    // not far beyond, where it matters how x - mean was rounded
    for (double x = 0; x < 5 * mean + 50; x = std::floor(x * 1.25) + 1) {
      const auto k = static_cast<std::uint64_t>(x);
      const double expected = x * std::log(mean) - mean - log_factorial(k);
      EXPECT_NEAR(log_poisson(k, x - mean), expected, 1e-15 * (mean + 20 * x + 100)) << k << " of " << mean;
    }
  }
}

TEST(LogBinomial, IsTheLogarithmOfTheProbability) {
  for (const std::uint64_t n : {20, 100, 3000}) {
    for (const double p : {0.01, 0.3, 0.5, 0.9}) {
      const double mean = static_cast<double>(n) * p;
      for (std::uint64_t k = 0; k <= n; ++k) {
        const auto x = static_cast<double>(k);
        const auto rest = static_cast<double>(n - k);
        const double expected = log_factorial(n) - log_factorial(k) - log_factorial(n - k) + x * std::log(p) +
                                rest * std::log1p(-p);
        EXPECT_NEAR(log_binomial(k, n, p, x - mean), expected, 1e-14 * static_cast<double>(n) + 1e-13)
            << k << " of " << n << " at " << p;
      }
    }
  }
}

}  // namespace
}  // namespace serried::random::detail
