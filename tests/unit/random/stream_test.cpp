#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/random/counter_based.hpp>
#include <serried/random/stream.hpp>

namespace serried::random {
namespace {

static_assert(std::uniform_random_bit_generator<Stream>);

// The definition: 16 generators xoshiro256++ of which each gives every 16th word.
std::vector<std::uint64_t> words_by_definition(std::uint64_t seed, Purpose purpose, std::uint64_t index,
                                               std::size_t n) {
  std::array<std::array<std::uint64_t, 4>, 16> lanes;
  for (std::uint64_t lane = 0; lane < lanes.size(); ++lane) {
    lanes[lane] = philox4x64_10({index, lane, 0, 0}, {seed, purpose.id()});
  }
  std::vector<std::uint64_t> words;
  for (std::size_t i = 0; i < n; ++i) {
    auto& s = lanes[i % 16];
    words.push_back(std::rotl(s[0] + s[3], 23) + s[0]);
    const std::uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = std::rotl(s[3], 45);
  }
  return words;
}

TEST(Stream, IsTheGeneratorThatItSays) {
  for (const std::uint64_t index : {0, 1, 77}) {
    Stream stream(42, "trials", index);
    for (const std::uint64_t word : words_by_definition(42, "trials", index, 1000)) {
      ASSERT_EQ(stream(), word);
    }
  }
}

// However it is asked, in spans of any length or one by one.
TEST(Stream, GivesTheSameNumbersInEveryWay) {
  constexpr std::size_t n = 5000;
  for (const std::size_t piece : {1, 3, 15, 16, 63, 64, 65, 200, 256, 1000}) {
    Stream one(1, "a", 2);
    Stream many(1, "a", 2);
    std::vector<double> expected(n);
    std::vector<double> found(n);
    const auto compare = [&](const auto& next, const auto& fill) {
      std::ranges::generate(expected, next);
      for (std::size_t i = 0; i < n; i += piece) {
        fill(std::span(found).subspan(i, std::min(piece, n - i)));
      }
      EXPECT_EQ(found, expected) << "in pieces of " << piece;
    };
    compare([&] { return one.uniform(); }, [&](std::span<double> to) { many.fill_uniform(to); });
    compare([&] { return one.normal(); }, [&](std::span<double> to) { many.fill_normal(to); });
    compare([&] { return one.exponential(); }, [&](std::span<double> to) { many.fill_exponential(to); });
    compare([&] { return one.normal(); }, [&](std::span<double> to) { many.fill_normal(to); });
    std::vector<std::uint64_t> words(n);
    many.fill(words);
    for (const std::uint64_t word : words) {
      ASSERT_EQ(one(), word);
    }
  }
}

// The same on every CPU and with every compiler, or results change.
TEST(Stream, KeepsItsBits) {
  Stream stream(7, "bits", 3);
  std::uint64_t hash = 0;
  std::vector<double> values(10'000);
  const auto add = [&] {
    for (const double x : values) {
      hash = hash * 0x9e3779b97f4a7c15 + std::bit_cast<std::uint64_t>(x);
    }
  };
  stream.fill_uniform(values);
  add();
  stream.fill_normal(values);
  add();
  stream.fill_exponential(values);
  add();
  EXPECT_EQ(hash, 14691652499122235831U);
}

TEST(Stream, DiffersInSeedPurposeAndIndex) {
  std::set<std::uint64_t> first_words;
  for (const std::uint64_t seed : {0, 1, 2}) {
    for (const Purpose purpose : {Purpose("a"), Purpose("b"), Purpose(0), Purpose(1)}) {
      for (const std::uint64_t index : {0, 1, 2}) {
        first_words.insert(Stream(seed, purpose, index)());
      }
    }
  }
  EXPECT_EQ(first_words.size(), 36U);
}

TEST(Stream, CopiesGoOnFromTheSamePlace) {
  Stream stream(1, "a", 0);
  static_cast<void>(stream.normal());
  Stream copy = stream;
  EXPECT_EQ(copy.normal(), stream.normal());
  EXPECT_EQ(copy(), stream());
}

TEST(Stream, BelowIsBelowAndEven) {
  Stream stream(3, "below", 0);
  EXPECT_THROW(static_cast<void>(stream.below(0)), std::logic_error);
  EXPECT_EQ(stream.below(1), 0U);
  // chi-squared of 9 degrees: beyond 39.3 once in 100,000
  constexpr std::size_t n = 100'000;
  std::array<double, 10> counts{};
  for (std::size_t i = 0; i < n; ++i) {
    counts.at(stream.below(10)) += 1;
  }
  double chi_squared = 0;
  for (const double count : counts) {
    chi_squared += (count - 10'000) * (count - 10'000) / 10'000;
  }
  EXPECT_LT(chi_squared, 39.3);
  // Where a word modulo n would be biased by a half: the upper third of 3 · 2^62 must get a third.
  constexpr std::uint64_t wide = std::uint64_t{3} << 62;
  std::size_t n_upper = 0;
  for (std::size_t i = 0; i < 30'000; ++i) {
    n_upper += stream.below(wide) >= std::uint64_t{1} << 63 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(n_upper), 10'000, 4.5 * 81.6);  // 7 in a million
}

// Moments as z-scores; each is beyond 4.9 once in a million.
void expect_moments(const std::vector<double>& values, std::span<const double> moments,
                    std::span<const double> variances) {
  for (std::size_t power = 1; power <= moments.size(); ++power) {
    double sum = 0;
    for (const double x : values) {
      sum += std::pow(x, static_cast<double>(power));
    }
    const auto n = static_cast<double>(values.size());
    const double z = (sum / n - moments[power - 1]) / std::sqrt(variances[power - 1] / n);
    EXPECT_LT(std::abs(z), 4.9) << "moment " << power << " is " << sum / n;
  }
}

TEST(Stream, NormalsAreNormal) {
  std::vector<double> values(1'000'000);
  Stream(5, "normal", 0).fill_normal(values);
  expect_moments(values, std::array{0.0, 1.0, 0.0, 3.0}, std::array{1.0, 2.0, 15.0, 96.0});
  std::ranges::sort(values);
  // Kolmogorov-Smirnov: beyond 2.7 / sqrt(n) once in a million
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = 0.5 * std::erfc(-values[i] / std::sqrt(2.0));
    worst = std::max(worst, std::abs(expected - (static_cast<double>(i) + 0.5) / 1e6));
  }
  EXPECT_LT(worst, 2.7e-3);
}

TEST(Stream, UniformsAreUniform) {
  std::vector<double> values(1'000'000);
  Stream(5, "uniform", 0).fill_uniform(values);
  EXPECT_GE(std::ranges::min(values), 0.0);
  EXPECT_LT(std::ranges::max(values), 1.0);
  expect_moments(values, std::array{1.0 / 2, 1.0 / 3, 1.0 / 4},
                 std::array{1.0 / 12, 1.0 / 5 - 1.0 / 9, 1.0 / 7 - 1.0 / 16});
  for (const double x : values) {
    ASSERT_EQ(std::ldexp(x, 53), std::floor(std::ldexp(x, 53)));
  }
}

TEST(Stream, ExponentialsAreExponential) {
  std::vector<double> values(1'000'000);
  Stream(5, "exponential", 0).fill_exponential(values);
  EXPECT_GE(std::ranges::min(values), 0.0);
  expect_moments(values, std::array{1.0, 2.0}, std::array{1.0, 20.0});
}

TEST(Purpose, IsANameOrANumber) {
  constexpr Purpose of_literal("trials");
  EXPECT_EQ(of_literal.id(), Purpose(std::string("trials")).id());
  EXPECT_NE(of_literal.id(), Purpose("trial").id());
  EXPECT_EQ(Purpose(5).id(), 5U);
}

}  // namespace
}  // namespace serried::random
