#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <serried/random/gamma.hpp>
#include <serried/random/stream.hpp>

#include "statistics.hpp"

namespace serried::random {
namespace {

static_assert(std::is_nothrow_invocable_r_v<double, const Gamma&, Stream&>);

// The regularised incomplete gamma function, by its power series.
double cumulative(double shape, double x) {
  if (x <= 0) {
    return 0;
  }
  double term = std::exp(shape * std::log(x) - x - std::lgamma(shape + 1));
  double sum = 0;
  for (double n = 1; term > 1e-17 || n < x - shape; ++n) {
    sum += term;
    term *= x / (shape + n);
  }
  return sum;
}

TEST(Gamma, HasItsDistribution) {
  for (const double shape : {0.01, 0.1, 0.5, 0.999, 1.0, 1.001, 1.5, 3.0, 20.0, 500.0}) {
    SCOPED_TRACE(shape);
    const Gamma gamma(shape, 0.25);
    Stream stream(1, "gamma", 0);
    expect_distribution(draw(200'000, [&] { return gamma(stream); }),
                        [&](double x) { return cumulative(shape, x / 0.25); });
  }
}

TEST(Gamma, HasItsMoments) {
  for (const double shape : {0.3, 0.999, 1.0, 2.5, 40.0, 99'999.0, 100'001.0, 1e7, 1e12}) {
    SCOPED_TRACE(shape);
    const Gamma gamma(shape, 3.0);
    Stream stream(2, "gamma", 0);
    expect_moments(draw(500'000, [&] { return gamma(stream); }), shape * 3, shape * 9, 3 + 6 / shape);
  }
}

// Its skewness is 2 / sqrt(shape), far less than the test can see.
TEST(Gamma, IsNormalWithALargeShape) {
  for (const double shape : {1e10, 1e15, 1e18}) {
    SCOPED_TRACE(shape);
    const Gamma gamma(shape);
    Stream stream(3, "gamma", 0);
    const auto z = draw(500'000, [&] { return (gamma(stream) - shape) / std::sqrt(shape); });
    expect_distribution(z, normal_cumulative);
    expect_moments(z, 0, 1, 3);
  }
}

// -shape log x is exponential as the shape goes to 0.
TEST(Gamma, IsRightWithASmallShape) {
  constexpr double shape = 0.003;
  const Gamma gamma(shape);
  Stream stream(4, "gamma", 0);
  std::size_t n_zero = 0;
  constexpr std::size_t n = 200'000;
  for (std::size_t i = 0; i < n; ++i) {
    n_zero += gamma(stream) < 1e-300 ? 1 : 0;
  }
  const double p = std::exp(shape * std::log(1e-300) - std::lgamma(shape + 1));
  EXPECT_LT(std::abs(static_cast<double>(n_zero) - n * p), 4.9 * std::sqrt(n * p * (1 - p)));
}

TEST(Gamma, IsNeverNegativeOrNaN) {
  for (const double shape : {5e-324, 1e-300, 1e-10, 1e-3, 1e300, std::numeric_limits<double>::max()}) {
    SCOPED_TRACE(shape);
    const Gamma gamma(shape);
    Stream stream(5, "gamma", 0);
    for (int i = 0; i < 1000; ++i) {
      const double x = gamma(stream);
      ASSERT_GE(x, 0.0);
      ASSERT_LE(x, std::numeric_limits<double>::max());
    }
  }
  Stream stream(5, "gamma", 1);
  EXPECT_EQ(Gamma(1e-300)(stream), 0.0);
  EXPECT_NEAR(Gamma(1e300)(stream) / 1e300, 1.0, 1e-15);
}

TEST(Gamma, RefusesWhatIsNoParameter) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double wrong : {0.0, -1.0, infinity, -infinity, std::nan("")}) {
    EXPECT_THROW(Gamma(wrong, 1.0), std::logic_error);
    EXPECT_THROW(Gamma(1.0, wrong), std::logic_error);
  }
}

TEST(Gamma, KeepsItsBits) {
  BitHash hash;
  Stream stream(7, "gamma", 3);
  for (const double shape : {1e-3, 0.5, 1.0, 7.3, 1e4, 1e8}) {
    const Gamma gamma(shape, 1.7);
    for (int i = 0; i < 5000; ++i) {
      hash.add(gamma(stream));
    }
  }
  EXPECT_EQ(hash.value(), 14048265674652121725U);
}

}  // namespace
}  // namespace serried::random
