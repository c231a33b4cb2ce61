#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/random/shuffle.hpp>
#include <serried/random/stream.hpp>

#include "statistics.hpp"

namespace serried::random {
namespace {

// Chi-squared of how often each of the `n_kinds` sequences came that `next()` can give.
template <class Next>
void expect_all_equally_often(std::uint64_t n_kinds, const Next& next) {
  std::map<std::vector<std::uint64_t>, std::uint64_t> counts;
  const std::uint64_t n = 1000 * n_kinds;
  for (std::uint64_t i = 0; i < n; ++i) {
    counts[next()] += 1;
  }
  ASSERT_EQ(counts.size(), n_kinds);
  std::vector<std::uint64_t> numbers;
  for (const auto& [sequence, count] : counts) {
    numbers.push_back(count);
  }
  expect_frequencies(numbers, n, [&](std::size_t) { return 1.0 / static_cast<double>(n_kinds); });
}

TEST(Shuffle, GivesAllOrdersEquallyOften) {
  Stream stream(1, "shuffle", 0);
  expect_all_equally_often(120, [&] {
    std::vector<std::uint64_t> values = {0, 1, 2, 3, 4};
    shuffle(stream, values);
    return values;
  });
}

TEST(Shuffle, TakesEveryRange) {
  Stream stream(2, "shuffle", 0);
  std::vector<int> none;
  shuffle(stream, none);
  std::array one = {7};
  shuffle(stream, one);
  EXPECT_EQ(one[0], 7);
  std::string word = "serried";
  shuffle(stream, word);
  std::ranges::sort(word);
  EXPECT_EQ(word, "deeirrs");
  std::array numbers = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  shuffle(stream, std::span(numbers).first(4));
  EXPECT_TRUE(std::ranges::equal(std::span(numbers).subspan(4), std::array{5, 6, 7, 8, 9}));
  std::vector<std::unique_ptr<int>> movable;
  for (int i = 0; i < 10; ++i) {
    movable.push_back(std::make_unique<int>(i));
  }
  shuffle(stream, movable);
  int sum = 0;
  for (const auto& element : movable) {
    sum += *element;
  }
  EXPECT_EQ(sum, 45);
}

// Of an array if n is below 8 k, else of what has moved.
TEST(Sample, GivesAllSequencesEquallyOften) {
  Stream stream(3, "sample", 0);
  expect_all_equally_often(60, [&] { return sample(stream, 5, 3); });
  expect_all_equally_often(24, [&] { return sample(stream, 4, 4); });
  expect_all_equally_often(16 * 15, [&] { return sample(stream, 16, 2); });
  expect_all_equally_often(17 * 16, [&] { return sample(stream, 17, 2); });
  expect_all_equally_often(30, [&] { return sample(stream, 30, 1); });
}

// Both ways choose alike: k of n begin a sample of more of n.
TEST(Sample, BeginsALargerOne) {
  for (const std::uint64_t n : {100, 1000}) {
    const auto sample_of = [n](std::uint64_t k) {
      Stream stream(4, "sample", n);
      return sample(stream, n, k);
    };
    const std::vector<std::uint64_t> all = sample_of(n);
    for (const std::uint64_t k : {std::uint64_t{0}, std::uint64_t{1}, n / 9, n / 8, n / 8 + 1, n / 2}) {
      const std::vector<std::uint64_t> some = sample_of(k);
      ASSERT_EQ(some.size(), k);
      EXPECT_TRUE(std::ranges::equal(some, std::span(all).first(k))) << k << " of " << n;
    }
  }
}

TEST(Sample, IsOfDifferentNumbers) {
  Stream stream(5, "sample", 0);
  for (const std::uint64_t n : {std::uint64_t{3000}, std::uint64_t{40'000}, ~std::uint64_t{0}}) {
    const std::vector<std::uint64_t> values = sample(stream, n, 3000);
    EXPECT_EQ(std::set(values.begin(), values.end()).size(), 3000U);
    EXPECT_LT(std::ranges::max(values), n);
  }
}

// How often each is in it: the sum of the squares of the deviations, over the variance of one, is chi-squared of n - 1
// degrees.
TEST(Sample, HasEachEquallyOften) {
  for (const std::uint64_t k : {5, 60}) {
    constexpr std::uint64_t n = 100;
    constexpr std::uint64_t n_samples = 50'000;
    Stream stream(6, "sample", k);
    std::array<double, n> counts{};
    for (std::uint64_t i = 0; i < n_samples; ++i) {
      for (const std::uint64_t chosen : sample(stream, n, k)) {
        counts.at(chosen) += 1;
      }
    }
    const double share = static_cast<double>(k) / n;
    double squares = 0;
    for (const double count : counts) {
      squares += (count - n_samples * share) * (count - n_samples * share);
    }
    expect_chi_squared(squares / (n_samples * share * (1 - share)) * (n - 1) / n, n - 1);
  }
}

TEST(Sample, MayBeEmptyAndNotTooLarge) {
  Stream stream(7, "sample", 0);
  EXPECT_TRUE(sample(stream, 0, 0).empty());
  EXPECT_TRUE(sample(stream, 10, 0).empty());
  EXPECT_THROW(static_cast<void>(sample(stream, 10, 11)), std::logic_error);
  EXPECT_THROW(static_cast<void>(sample(stream, 0, 1)), std::logic_error);
}

TEST(Shuffle, KeepsItsBits) {
  BitHash hash;
  Stream stream(7, "shuffle", 3);
  std::vector<std::uint64_t> values(10'000);
  std::iota(values.begin(), values.end(), std::uint64_t{0});
  shuffle(stream, values);
  for (const std::uint64_t k : {1, 100, 3000}) {
    for (const std::uint64_t chosen : sample(stream, 10'000, k)) {
      values.push_back(chosen);
    }
  }
  for (const std::uint64_t value : values) {
    hash.add(value);
  }
  EXPECT_EQ(hash.value(), 6820978577678308203U);
}

}  // namespace
}  // namespace serried::random
