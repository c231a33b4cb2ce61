#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <serried/random/discrete.hpp>
#include <serried/random/stream.hpp>

#include "statistics.hpp"

namespace serried::random {
namespace {

static_assert(std::is_nothrow_invocable_r_v<std::size_t, const Discrete&, Stream&>);

void expect_weights(const std::vector<double>& weights) {
  const Discrete discrete(weights);
  ASSERT_EQ(discrete.size(), weights.size());
  double sum = 0;
  for (const double weight : weights) {
    sum += weight;
  }
  Stream stream(1, "discrete", 0);
  std::vector<std::uint64_t> counts(weights.size());
  constexpr std::uint64_t n = 1'000'000;
  for (std::uint64_t i = 0; i < n; ++i) {
    counts.at(discrete(stream)) += 1;
  }
  expect_frequencies(counts, n, [&](std::size_t i) { return weights[i] / sum; });
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) {
      EXPECT_EQ(counts[i], 0U) << i;
    }
  }
}

TEST(Discrete, HasItsProbabilities) {
  expect_weights({1, 3});
  expect_weights({0, 1, 0, 2, 0});
  expect_weights({1, 1, 1, 1, 1, 2});
  expect_weights({1e-300, 2e-300, 3e-300});
  expect_weights({1, 10, 100, 1000, 1e4, 1e5});
  std::vector<double> equal(777, 0.1);
  expect_weights(equal);
  std::vector<double> zipf(1000);
  for (std::size_t i = 0; i < zipf.size(); ++i) {
    zipf[i] = i % 10 == 3 ? 0.0 : 1.0 / static_cast<double>(i + 1);
  }
  expect_weights(zipf);
}

// Whatever rounding leaves over would go to one of the zeros.
TEST(Discrete, NeverGivesWhatHasNoWeight) {
  Stream stream(2, "discrete", 0);
  for (std::size_t round = 0; round < 200; ++round) {
    std::vector<double> weights(1 + stream.below(30));
    for (double& weight : weights) {
      weight = stream.below(2) == 0 ? 0.0 : stream.uniform() / 3;
    }
    weights[stream.below(weights.size())] = 0.1;
    const Discrete discrete(weights);
    for (int i = 0; i < 1000; ++i) {
      ASSERT_GT(weights.at(discrete(stream)), 0.0);
    }
  }
}

TEST(Discrete, TakesTheLargestAndTheSmallest) {
  constexpr double largest = std::numeric_limits<double>::max();
  Stream stream(3, "discrete", 0);
  const Discrete one(std::array{5e-324});
  const Discrete huge(std::array{largest, largest, largest, largest});
  const Discrete far_apart(std::array{1e-300, 1.0, 5e-324});
  std::array<std::uint64_t, 4> counts{};
  for (int i = 0; i < 40'000; ++i) {
    ASSERT_EQ(one(stream), 0U);
    ASSERT_EQ(far_apart(stream), 1U);
    counts.at(huge(stream)) += 1;
  }
  expect_frequencies({counts.begin(), counts.end()}, 40'000, [](std::size_t) { return 0.25; });
}

TEST(Discrete, TakesAWord) {
  Stream stream(4, "discrete", 0);
  Stream same = stream;
  const Discrete discrete(std::array{1.0, 2.0, 4.0});
  static_cast<void>(discrete(stream));
  static_cast<void>(same());
  EXPECT_EQ(stream(), same());
}

TEST(Discrete, RefusesWhatAreNoWeights) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THROW(Discrete({}), std::logic_error);
  EXPECT_THROW(Discrete(std::array{0.0, 0.0}), std::logic_error);
  for (const double wrong : {-1.0, -1e-300, infinity, -infinity, std::nan("")}) {
    EXPECT_THROW(Discrete(std::array{1.0, wrong}), std::logic_error);
  }
}

TEST(Discrete, KeepsItsBits) {
  BitHash hash;
  Stream stream(7, "discrete", 3);
  for (const std::size_t n : {1, 2, 17, 1000}) {
    std::vector<double> weights(n);
    stream.fill_exponential(weights);
    const Discrete discrete(weights);
    for (int i = 0; i < 10'000; ++i) {
      hash.add(std::uint64_t{discrete(stream)});
    }
  }
  EXPECT_EQ(hash.value(), 7841807335993314298U);
}

}  // namespace
}  // namespace serried::random
