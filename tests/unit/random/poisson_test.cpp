#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include <gtest/gtest.h>

#include <serried/random/poisson.hpp>
#include <serried/random/stream.hpp>

#include "statistics.hpp"

namespace serried::random {
namespace {

static_assert(std::is_nothrow_invocable_r_v<std::uint64_t, const Poisson&, Stream&>);

constexpr double below_10 = 10 - 0x1p-40;  // the last mean by inversion

TEST(Poisson, HasItsProbabilities) {
  for (const double mean : {1e-3, 0.3, 1.0, 4.5, below_10, 10.0, 10.5, 17.3, 100.0, 2345.6, 1e6}) {
    SCOPED_TRACE(mean);
    const Poisson poisson(mean);
    Stream stream(1, "poisson", 0);
    const double reach = 7 * std::sqrt(mean) + 20;
    const auto first = static_cast<std::uint64_t>(std::max(0.0, mean - reach));
    expect_probabilities(
        1'000'000, [&] { return poisson(stream); }, first, static_cast<std::uint64_t>(mean + reach),
        [&](std::uint64_t k) {
          const auto x = static_cast<double>(k);
          return std::exp(x * std::log(mean) - mean - std::lgamma(x + 1));
        });
  }
}

TEST(Poisson, HasItsMoments) {
  for (const double mean : {0.5, below_10, 10.0, 37.9, 1e4, 1e9, 1e15}) {
    SCOPED_TRACE(mean);
    const Poisson poisson(mean);
    Stream stream(2, "poisson", 0);
    expect_moments(draw(500'000, [&] { return poisson(stream); }), mean, mean, 3 + 1 / mean);
  }
}

// Where it is normal to within far less than the test can see. Distances are of integers: a double of 1e18 knows only
// each 128th.
TEST(Poisson, IsNormalWithALargeMean) {
  for (const double mean : {1e12, 1e15, 1e18, 0x1p62}) {
    SCOPED_TRACE(mean);
    const Poisson poisson(mean);
    Stream stream(3, "poisson", 0);
    bool is_odd = false;
    const auto z = draw(500'000, [&] {
      const std::uint64_t k = poisson(stream);
      is_odd = is_odd || k % 2 == 1;
      return static_cast<double>(static_cast<std::int64_t>(k - static_cast<std::uint64_t>(mean))) /
             std::sqrt(mean);
    });
    EXPECT_TRUE(is_odd);
    expect_distribution(z, normal_cumulative);
  }
}

TEST(Poisson, IsZeroWhereNothingIsExpected) {
  for (const double mean : {0.0, -0.0, 5e-324, 1e-300}) {
    const Poisson poisson(mean);
    Stream stream(4, "poisson", 0);
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(poisson(stream), 0U);
    }
  }
}

TEST(Poisson, TakesAWordWithASmallMean) {
  Stream stream(5, "poisson", 0);
  Stream same = stream;
  for (const double mean : {0.0, 0.1, below_10}) {
    static_cast<void>(Poisson(mean)(stream));
    static_cast<void>(same());
    EXPECT_EQ(Stream(stream)(), Stream(same)());
  }
}

TEST(Poisson, RefusesWhatIsNoMean) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double wrong : {-1.0, -1e-300, 0x1.0000000000001p62, infinity, -infinity, std::nan("")}) {
    EXPECT_THROW(Poisson{wrong}, std::logic_error);
  }
}

TEST(Poisson, KeepsItsBits) {
  BitHash hash;
  Stream stream(7, "poisson", 3);
  for (const double mean : {0.1, 5.0, below_10, 10.0, 300.5, 1e9, 1e15, 1e18}) {
    const Poisson poisson(mean);
    for (int i = 0; i < 5000; ++i) {
      hash.add(poisson(stream));
    }
  }
  EXPECT_EQ(hash.value(), 15410214221651982922U);
}

}  // namespace
}  // namespace serried::random
