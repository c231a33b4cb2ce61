#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <serried/numeric/rounding.hpp>

#include "reference.hpp"
#include "special_doubles.hpp"

namespace serried::numeric {
namespace {

constexpr std::uint64_t top_bit = std::uint64_t{1} << 63;

TEST(RoundToDouble, WhatFitsIsExact) {
  EXPECT_EQ(round_to_double(false, 3, -1, false), 1.5);
  EXPECT_EQ(round_to_double(true, 1, 10, false), -1024.0);
  EXPECT_EQ(round_to_double(false, top_bit, -63, false), 1.0);
  EXPECT_EQ(round_to_double(false, 1, -1074, false), smallest);
  EXPECT_EQ(round_to_double(false, (std::uint64_t{1} << 53) - 1, 971, false), largest);
  EXPECT_EQ(bits_of(round_to_double(false, 0, 5, false)), bits_of(0.0));
}

TEST(RoundToDouble, TiesGoToEven) {
  constexpr std::uint64_t one = std::uint64_t{1} << 53;  // 1.0 with one bit more than a double has
  EXPECT_EQ(round_to_double(false, one + 1, -53, false), 1.0);
  EXPECT_EQ(round_to_double(false, one + 3, -53, false), 1.0 + 0x1p-51);
  EXPECT_EQ(round_to_double(true, one + 3, -53, false), -1.0 - 0x1p-51);
  EXPECT_EQ(round_to_double(false, 2 * one - 1, -53, false), 2.0);  // the carry runs through
}

TEST(RoundToDouble, WhatIsMoreDecidesATie) {
  EXPECT_EQ(round_to_double(false, top_bit + (1 << 10), -63, false), 1.0);
  EXPECT_EQ(round_to_double(false, top_bit + (1 << 10), -63, true), 1.0 + 0x1p-52);
  EXPECT_EQ(round_to_double(false, top_bit, -63, true), 1.0);
}

TEST(RoundToDouble, SubnormalsLoseTheirPlaces) {
  EXPECT_EQ(round_to_double(false, 3, -1075, false), 2 * smallest);
  EXPECT_EQ(round_to_double(false, 5, -1075, false), 2 * smallest);
  EXPECT_EQ(bits_of(round_to_double(false, 1, -1075, false)), bits_of(0.0));
  EXPECT_EQ(bits_of(round_to_double(true, 1, -1075, false)), bits_of(-0.0));
  EXPECT_EQ(round_to_double(false, top_bit, -1075 - 63, true), smallest);
  EXPECT_EQ(bits_of(round_to_double(true, top_bit, -1076 - 63, true)), bits_of(-0.0));
  EXPECT_EQ(bits_of(round_to_double(false, top_bit, -3000, true)), bits_of(0.0));
  EXPECT_EQ(round_to_double(false, (std::uint64_t{1} << 53) - 1, -1075, false), 0x1p-1022);
}

TEST(RoundToDouble, OverflowsAtHalfAUnitBeyondTheLargest) {
  constexpr std::uint64_t half_beyond = (std::uint64_t{1} << 54) - 1;
  EXPECT_EQ(round_to_double(false, half_beyond, 970, false), infinity);
  EXPECT_EQ(round_to_double(false, 2 * half_beyond - 1, 969, false), largest);
  EXPECT_EQ(round_to_double(true, half_beyond, 970, false), -infinity);
  EXPECT_EQ(round_to_double(false, 1, 1024, false), infinity);
  EXPECT_EQ(round_to_double(true, top_bit, 5000, true), -infinity);
}

TEST(RoundToDouble, DigitsHaveTheSignOfTheLast) {
  EXPECT_EQ(round_to_double(std::array<std::int64_t, 2>{1, 0}, 0), 1.0);
  EXPECT_EQ(round_to_double(std::array<std::int64_t, 2>{0xffffffff, -1}, 0), -1.0);
  EXPECT_EQ(round_to_double(std::array<std::int64_t, 3>{0, 0, -1}, 0), -0x1p64);
  EXPECT_EQ(round_to_double(std::array<std::int64_t, 3>{0, 0, std::numeric_limits<std::int64_t>::min()}, -64),
            -0x1p63);
  EXPECT_EQ(bits_of(round_to_double(std::array<std::int64_t, 3>{}, 7)), bits_of(0.0));
}

TEST(RoundToDouble, OfRandomDigitsIsTheNearest) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::int64_t> digits(1 + random() % 9);
    Big exact = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      // Many zeros and ones, which make ties and carries.
      const std::uint64_t digit = random() % 3 == 0 ? 0 : random() % 2 == 0 ? ~std::uint64_t{0} : random();
      const bool is_last = i + 1 == digits.size();
      digits[i] =
          static_cast<std::int64_t>(is_last ? digit : digit & 0xffffffff) >> (is_last ? random() % 64 : 0);
      exact += Big(digits[i]) << 32 * i;
    }
    const int exponent = -1400 + static_cast<int>(random() % 2400);
    const double rounded = round_to_double(digits, exponent);
    ASSERT_TRUE(is_nearest(rounded, exact << (exponent - unit_exponent))) << "round " << round;
  }
}

}  // namespace
}  // namespace serried::numeric
