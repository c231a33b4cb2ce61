#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>

#include <gtest/gtest.h>

#include <serried/numeric/superaccumulator.hpp>

namespace serried::numeric {
namespace {

using Small = Superaccumulator<-100, 8>;
static_assert(std::is_trivially_copyable_v<Small>);
static_assert(std::has_unique_object_representations_v<Small>);

constexpr std::int64_t largest_mantissa = std::int64_t{1} << 53;

TEST(Superaccumulator, CountsInUnitsOfItsFirstBit) {
  Small sum;
  EXPECT_EQ(sum.value(), 0.0);
  sum.add(3, 100);
  sum.add(-1, 99);
  EXPECT_EQ(sum.value(), 2.5);
  sum.add(1, 0);
  sum.add(-5, 99);
  EXPECT_EQ(sum.value(), 0x1p-100);
}

// More than fit between two carries, and all at the places where they hurt most.
TEST(Superaccumulator, CarriesThroughManyAdditions) {
  for (const unsigned position : {0U, 1U, 31U, 32U, 100U, 210U}) {
    Small sum;
    constexpr int n = 10'000;
    for (int i = 0; i < n; ++i) {
      sum.add(-largest_mantissa, position);
    }
    EXPECT_EQ(sum.value(), -n * std::ldexp(1.0, 53 + static_cast<int>(position) - 100)) << position;
    for (int i = 0; i < n; ++i) {
      sum.add(largest_mantissa, position);
    }
    EXPECT_EQ(sum, Small()) << position;
  }
}

TEST(Superaccumulator, AddsLongNumbersInPieces) {
  Small sum;
  constexpr Int128 large = (Int128{1} << 126) + 1;
  sum.add_long(large, 100);
  sum.add_long(-(large - 1), 100);
  EXPECT_EQ(sum.value(), 1.0);
  sum.add_long(std::numeric_limits<std::int64_t>::min() * (Int128{1} << 64), 100);
  EXPECT_EQ(sum.value(), -0x1p127);
}

TEST(Superaccumulator, MergesFullOnes) {
  Small sum;
  for (int i = 0; i < 256; ++i) {  // as many as it may hold without a carry
    sum.add(largest_mantissa, 0);
  }
  const Small one = sum;
  for (int i = 1; i < 1000; ++i) {
    sum.merge(one);
  }
  EXPECT_EQ(sum.value(), 256'000 * 0x1p-47);
}

TEST(Superaccumulator, EqualSumsHaveEqualBytesWhenNormalized) {
  Small a;
  a.add(5, 40);
  a.add(-4, 40);
  Small b;
  b.add(std::int64_t{1} << 40, 0);
  EXPECT_EQ(a, b);
  a.normalize();
  b.normalize();
  EXPECT_EQ(std::memcmp(&a, &b, sizeof a), 0);
  b.add(1, 0);
  EXPECT_FALSE(a == b);
}

TEST(Superaccumulator, TakesAnyWords) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 2000; ++round) {
    Small::Words words;
    for (std::int64_t& word : words) {
      word = random() % 3 == 0   ? std::numeric_limits<std::int64_t>::min()
             : random() % 2 == 0 ? std::numeric_limits<std::int64_t>::max()
                                 : static_cast<std::int64_t>(random());
    }
    Small sum = Small::from_words(words);
    EXPECT_EQ(Small::from_words(sum.words()), sum);
    sum.merge(sum);
    sum.add(largest_mantissa, 223);
    sum.add_special(-std::numeric_limits<double>::infinity());
    sum.add_special(std::numeric_limits<double>::quiet_NaN());
    static_cast<void>(sum.value());
    words[Small::n_words - 1] = words[Small::n_words - 2] = words[Small::n_words - 3] = 0;
    EXPECT_FALSE(std::isnan(Small::from_words(words).value()));
  }
}

}  // namespace
}  // namespace serried::numeric
