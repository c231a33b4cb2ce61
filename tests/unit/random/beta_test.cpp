#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include <gtest/gtest.h>

#include <serried/random/beta.hpp>
#include <serried/random/stream.hpp>

#include "statistics.hpp"

namespace serried::random {
namespace {

static_assert(std::is_nothrow_invocable_r_v<double, const Beta&, Stream&>);

struct Parameters {
  double a = 0;
  double b = 0;
};

// The regularised incomplete beta function: x^a (1 - x)^b / (a B(a, b)) times the hypergeometric series of (1, a + b; a +
// 1), on the side where x is below a half.
double cumulative(double a, double b, double x) {
  if (x > 0.5) {
    return 1 - cumulative(b, a, 1 - x);
  }
  if (x <= 0) {
    return 0;
  }
  double term = std::exp(a * std::log(x) + b * std::log1p(-x) + std::lgamma(a + b) - std::lgamma(a + 1) -
                         std::lgamma(b));
  double sum = 0;
  for (double n = 0; n < 2000; ++n) {
    sum += term;
    term *= x * (a + b + n) / (a + 1 + n);
  }
  return sum;
}

TEST(Beta, HasItsDistribution) {
  for (const auto& [a, b] : {Parameters{0.5, 0.5},
                             {0.1, 0.9},
                             {0.999, 0.999},
                             {0.2, 1.0},
                             {3.0, 0.4},
                             {1.0, 1.0},
                             {2.0, 5.0},
                             {40.0, 30.0}}) {
    SCOPED_TRACE(testing::Message() << a << ", " << b);
    const Beta beta(a, b);
    Stream stream(1, "beta", 0);
    expect_distribution(draw(50'000, [&] { return beta(stream); }),
                        [a = a, b = b](double x) { return cumulative(a, b, x); });
  }
}

TEST(Beta, HasItsMoments) {
  for (const auto& [a, b] : {Parameters{0.05, 0.05},
                             {0.3, 0.7},
                             {0.5, 2.0},
                             {1.0, 1.0},
                             {7.0, 3.0},
                             {1000.0, 2000.0},
                             {1e7, 3e7},
                             {1e12, 1e12}}) {
    SCOPED_TRACE(testing::Message() << a << ", " << b);
    const Beta beta(a, b);
    Stream stream(2, "beta", 0);
    const double sum = a + b;
    const double kurtosis =
        3 + 6 * ((a - b) * (a - b) * (sum + 1) - a * b * (sum + 2)) / (a * b * (sum + 2) * (sum + 3));
    expect_moments(draw(500'000, [&] { return beta(stream); }), a / sum, a * b / (sum * sum * (sum + 1)),
                   kurtosis);
  }
}

// With tiny parameters it is 0 or 1, and 1 in a / (a + b) of all cases.
TEST(Beta, IsZeroOrOneWithTinyParameters) {
  constexpr std::size_t n = 100'000;
  for (const double scale : {1e-5, 1e-20, 1e-300, 1e-320}) {
    SCOPED_TRACE(scale);
    const Beta beta(scale, 3 * scale);
    Stream stream(3, "beta", 0);
    double n_ones = 0;
    std::size_t n_between = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double x = beta(stream);
      ASSERT_TRUE(x >= 0 && x <= 1) << x;
      n_ones += x > 0.5 ? 1 : 0;
      n_between += x > 1e-300 && x < 1 ? 1 : 0;
    }
    EXPECT_LT(std::abs(n_ones - n * 0.25), 4.9 * std::sqrt(n * 0.25 * 0.75));
    EXPECT_LT(n_between, n / 50);
  }
}

TEST(Beta, IsNeverNaN) {
  constexpr std::array parameters = {5e-324, 1e-300, 0.01, 1.0, 1e300, std::numeric_limits<double>::max()};
  for (const double a : parameters) {
    for (const double b : parameters) {
      const Beta beta(a, b);
      Stream stream(4, "beta", 0);
      for (int i = 0; i < 300; ++i) {
        const double x = beta(stream);
        ASSERT_TRUE(x >= 0 && x <= 1) << a << ", " << b << ": " << x;
      }
    }
  }
  Stream stream(4, "beta", 1);
  EXPECT_EQ(Beta(1e-300, 2.0)(stream), 0.0);
  EXPECT_EQ(Beta(2.0, 1e-300)(stream), 1.0);
  EXPECT_EQ(Beta(std::numeric_limits<double>::max(), std::numeric_limits<double>::max())(stream), 0.5);
}

TEST(Beta, RefusesWhatIsNoParameter) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double wrong : {0.0, -1.0, infinity, -infinity, std::nan("")}) {
    EXPECT_THROW(Beta(wrong, 1.0), std::logic_error);
    EXPECT_THROW(Beta(1.0, wrong), std::logic_error);
  }
}

TEST(Beta, KeepsItsBits) {
  BitHash hash;
  Stream stream(7, "beta", 3);
  for (const auto& [a, b] :
       {Parameters{1e-3, 2e-3}, {0.5, 0.5}, {0.5, 3.0}, {1.0, 1.0}, {20.0, 0.7}, {1e6, 1e5}}) {
    const Beta beta(a, b);
    for (int i = 0; i < 5000; ++i) {
      hash.add(beta(stream));
    }
  }
  EXPECT_EQ(hash.value(), 452995386101091584U);
}

}  // namespace
}  // namespace serried::random
