#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include <serried/base/portable_math.hpp>

namespace serried::portable {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// In units in the last place of the exact result, which is known to more digits.
double error_in_units(double found, long double exact) {
  const auto nearest = static_cast<double>(exact);
  const double unit = std::abs(std::nextafter(nearest, infinity) - nearest);
  return static_cast<double>(std::abs(static_cast<long double>(found) - exact)) / unit;
}

TEST(PortableMath, LogarithmIsRight) {
  std::mt19937_64 random(1);  // NOLINT(bugprone-random-generator-seed): the same every time
  for (int i = 0; i < 1'000'000; ++i) {
    const double x = std::bit_cast<double>(random() & 0x7fffffffffffffff);  // of every size, subnormal too
    if (std::isfinite(x) && x > 0) {
      ASSERT_LE(error_in_units(log(x), std::log(static_cast<long double>(x))), 1.0) << x;
    }
  }
  for (int i = 0; i < 1'000'000; ++i) {
    const double x = 0.5 + std::ldexp(static_cast<double>(random() >> 11), -53);  // around 1
    ASSERT_LE(error_in_units(log(x), std::log(static_cast<long double>(x))), 1.0) << x;
  }
  for (int i = 0; i < 1'000'000; ++i) {
    const double x = std::bit_cast<double>(random() & 0x7fffffffffffffff);
    if (std::isnormal(x)) {
      ASSERT_LE(error_in_units(log_of_normal(x), std::log(static_cast<long double>(x))), 1.0) << x;
    }
  }
  EXPECT_EQ(log(1.0), 0.0);
  EXPECT_EQ(log(0.0), -infinity);
  EXPECT_EQ(log(-0.0), -infinity);
  EXPECT_EQ(log(infinity), infinity);
  EXPECT_TRUE(std::isnan(log(-1.0)));
  EXPECT_TRUE(std::isnan(log(-infinity)));
  EXPECT_TRUE(std::isnan(log(nan)));
}

TEST(PortableMath, ExponentialIsRight) {
  std::mt19937_64 random(2);  // NOLINT(bugprone-random-generator-seed)
  std::uniform_real_distribution<double> all(-745, 709.7);
  for (int i = 0; i < 1'000'000; ++i) {
    const double x = i % 2 == 0 ? all(random) : all(random) / 700;
    ASSERT_LE(error_in_units(exp(x), std::exp(static_cast<long double>(x))), x < -708 ? 2.0 : 1.0) << x;
  }
  EXPECT_EQ(exp(0.0), 1.0);
  EXPECT_EQ(exp(-0.0), 1.0);
  EXPECT_EQ(exp(710.0), infinity);
  EXPECT_EQ(exp(infinity), infinity);
  EXPECT_EQ(exp(-746.0), 0.0);
  EXPECT_EQ(exp(-infinity), 0.0);
  EXPECT_TRUE(std::isnan(exp(nan)));
}

TEST(PortableMath, ExponentialNear0IsRight) {
  std::mt19937_64 random(6);  // NOLINT(bugprone-random-generator-seed)
  std::uniform_real_distribution<double> all(-0.25, 0.25);
  for (int i = 0; i < 1'000'000; ++i) {
    const double x = i % 2 == 0 ? all(random) : all(random) / 16;
    ASSERT_LE(error_in_units(exp_near_0(x), std::exp(static_cast<long double>(x))), 1.0) << x;
  }
  EXPECT_LE(error_in_units(exp_near_0(0.25), std::exp(0.25L)), 1.0);
  EXPECT_LE(error_in_units(exp_near_0(-0.25), std::exp(-0.25L)), 1.0);
  EXPECT_EQ(exp_near_0(0.0), 1.0);
}

TEST(PortableMath, SineAndCosineOfTurnsAreRight) {
  std::mt19937_64 random(3);  // NOLINT(bugprone-random-generator-seed)
  constexpr long double two_pi = 6.283185307179586476925286766559005768L;
  for (int i = 0; i < 1'000'000; ++i) {
    const double turns = std::ldexp(static_cast<double>(random() >> 11), -53);
    const SinCos found = sin_cos_of_turns(turns);
    ASSERT_NEAR(found.sin, static_cast<double>(std::sin(two_pi * turns)), 0x1p-52) << turns;
    ASSERT_NEAR(found.cos, static_cast<double>(std::cos(two_pi * turns)), 0x1p-52) << turns;
    const SinCos far = sin_cos_of_turns(turns - 5);
    ASSERT_NEAR(far.sin, found.sin, 0x1p-47) << turns;
  }
  for (int quarter = -8; quarter <= 8; ++quarter) {
    const SinCos found = sin_cos_of_turns(quarter / 4.0);
    const int of_turn = (quarter + 8) % 4;
    EXPECT_EQ(found.sin, of_turn == 1 ? 1.0 : of_turn == 3 ? -1.0 : 0.0);
    EXPECT_EQ(found.cos, of_turn == 0 ? 1.0 : of_turn == 2 ? -1.0 : 0.0);
  }
}

TEST(PortableMath, UnitIntervalIsTheUpper53Bits) {
  std::mt19937_64 random(4);  // NOLINT(bugprone-random-generator-seed)
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t word = random();
    ASSERT_EQ(unit_interval(word), std::ldexp(static_cast<double>(word >> 11), -53));
  }
  EXPECT_EQ(unit_interval(0), 0.0);
  EXPECT_EQ(unit_interval(~std::uint64_t{0}), 1.0 - 0x1p-53);
}

}  // namespace
}  // namespace serried::portable
