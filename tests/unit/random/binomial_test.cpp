#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include <gtest/gtest.h>

#include <serried/random/binomial.hpp>
#include <serried/random/stream.hpp>

#include "statistics.hpp"

namespace serried::random {
namespace {

static_assert(std::is_nothrow_invocable_r_v<std::uint64_t, const Binomial&, Stream&>);

struct Parameters {
  std::uint64_t n = 0;
  double p = 0;
};

constexpr std::uint64_t n_1e15 = 1'000'000'000'000'000;

TEST(Binomial, HasItsProbabilities) {
  // n p is 10 at the switch from inversion to rejection
  for (const auto& [n, p] : {Parameters{1, 0.3},
                             {5, 0.5},
                             {19, 0.5},
                             {20, 0.5},
                             {21, 0.5},
                             {30, 0.9},
                             {100, 0.0999},
                             {100, 0.1},
                             {100, 0.9},
                             {100, 0.901},
                             {1000, 0.3},
                             {1000, 0.009},
                             {1'000'000, 2e-6},
                             {1'000'000, 1.1e-5},
                             {1'000'000, 0.75},
                             {n_1e15, 3e-15},
                             {n_1e15, 2e-14}}) {
    SCOPED_TRACE(testing::Message() << n << ", " << p);
    const Binomial binomial(n, p);
    Stream stream(1, "binomial", 0);
    const auto trials = static_cast<double>(n);
    const double reach = 7 * std::sqrt(trials * p * (1 - p)) + 20;
    const auto first = static_cast<std::uint64_t>(std::max(0.0, trials * p - reach));
    const auto last = static_cast<std::uint64_t>(std::min(trials, trials * p + reach));
    const auto probability = [trials, p = p](std::uint64_t k) {
      const auto x = static_cast<double>(k);
      // n! / (n - k)! is the product of its factors where n is too large for the difference of their logarithms
      double ways = -std::lgamma(x + 1);
      if (trials > 1e9) {
        for (double i = 0; i < x; ++i) {
          ways += std::log(trials - i);
        }
      } else {
        ways += std::lgamma(trials + 1) - std::lgamma(trials - x + 1);
      }
      return std::exp(ways + x * std::log(p) + (trials - x) * std::log1p(-p));
    };
    expect_probabilities(
        1'000'000, [&] { return binomial(stream); }, first, last, probability);
  }
}

TEST(Binomial, HasItsMoments) {
  for (const auto& [n, p] : {Parameters{7, 0.4},
                             {100, 0.0999},
                             {100, 0.1001},
                             {100, 0.8999},
                             {100, 0.9001},
                             {50'000, 0.25},
                             {1'000'000'000, 0.5},
                             {n_1e15, 0.001},
                             {n_1e15, 1e-13}}) {
    SCOPED_TRACE(testing::Message() << n << ", " << p);
    const Binomial binomial(n, p);
    Stream stream(2, "binomial", 0);
    const double mean = static_cast<double>(n) * p;
    const double variance = mean * (1 - p);
    expect_moments(draw(500'000, [&] { return binomial(stream); }), mean, variance,
                   3 + (1 - 6 * p * (1 - p)) / variance);
  }
}

// Where it is normal to within far less than the test can see.
TEST(Binomial, IsNormalWithManyTrials) {
  for (const auto& [n, p] :
       {Parameters{n_1e15, 0.5}, {n_1e15, 0.01}, {n_1e15, 0.875}, {std::uint64_t{1} << 62, 0.5}}) {
    SCOPED_TRACE(testing::Message() << n << ", " << p);
    const Binomial binomial(n, p);
    Stream stream(3, "binomial", 0);
    const double mean = static_cast<double>(n) * p;
    const double deviation = std::sqrt(mean * (1 - p));
    const auto z = draw(500'000, [&] {
      const auto from = static_cast<std::uint64_t>(mean);
      const double distance = static_cast<double>(static_cast<std::int64_t>(binomial(stream) - from));
      return (distance - (mean - static_cast<double>(from))) / deviation;
    });
    expect_distribution(z, normal_cumulative);
  }
}

TEST(Binomial, IsCertainWhereNothingIsLeftToChance) {
  Stream stream(4, "binomial", 0);
  for (int i = 0; i < 100; ++i) {
    for (const std::uint64_t n :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{1} << 62}) {
      ASSERT_EQ(Binomial(n, 0.0)(stream), 0U);
      ASSERT_EQ(Binomial(n, 1.0)(stream), n);
      ASSERT_EQ(Binomial(n, 1e-300)(stream), 0U);
    }
    for (const double p : {0.0, 0.3, 0.5, 1.0}) {
      ASSERT_EQ(Binomial(0, p)(stream), 0U);
    }
  }
}

TEST(Binomial, StaysWithinItsTrials) {
  Stream stream(5, "binomial", 0);
  for (const std::uint64_t n : {1, 2, 19, 20, 21, 25}) {
    for (const double p : {0.1, 0.45, 0.5, 0.55, 0.9, 1 - 0x1p-53}) {
      const Binomial binomial(n, p);
      for (int i = 0; i < 10'000; ++i) {
        ASSERT_LE(binomial(stream), n);
      }
    }
  }
}

TEST(Binomial, RefusesWhatIsNoParameter) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double wrong : {-1e-300, 1 + 0x1p-52, infinity, -infinity, std::nan("")}) {
    EXPECT_THROW(Binomial(10, wrong), std::logic_error);
    EXPECT_THROW(Binomial(0, wrong), std::logic_error);
  }
  EXPECT_THROW(Binomial((std::uint64_t{1} << 62) + 1, 0.5), std::logic_error);
}

TEST(Binomial, KeepsItsBits) {
  BitHash hash;
  Stream stream(7, "binomial", 3);
  for (const auto& [n, p] :
       {Parameters{5, 0.3}, {19, 0.5}, {20, 0.5}, {1000, 0.95}, {n_1e15, 0.3}, {n_1e15, 3e-15}}) {
    const Binomial binomial(n, p);
    for (int i = 0; i < 5000; ++i) {
      hash.add(binomial(stream));
    }
  }
  EXPECT_EQ(hash.value(), 7825357585219590088U);
}

}  // namespace
}  // namespace serried::random
