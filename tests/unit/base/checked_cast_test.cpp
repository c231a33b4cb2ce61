#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/checked_cast.hpp>

namespace serried {
namespace {

static_assert(checked_cast<int>(std::uint64_t{17}) == 17, "it can be used in constant expressions");

// The largest value of Narrow passes, one more throws; the same below.
template <class Narrow, class Wide>
void expect_exact_limits() {
  constexpr auto lowest = static_cast<Wide>(std::numeric_limits<Narrow>::min());
  constexpr auto highest = static_cast<Wide>(std::numeric_limits<Narrow>::max());
  EXPECT_EQ(checked_cast<Narrow>(lowest), std::numeric_limits<Narrow>::min());
  EXPECT_EQ(checked_cast<Narrow>(highest), std::numeric_limits<Narrow>::max());
  EXPECT_THROW((void)checked_cast<Narrow>(static_cast<Wide>(highest + 1)), std::logic_error);
  if constexpr (std::is_signed_v<Wide>) {
    EXPECT_THROW((void)checked_cast<Narrow>(static_cast<Wide>(lowest - 1)), std::logic_error);
  }
}

TEST(CheckedCast, KeepsTheLimitsOfTheNarrowerTypeAndNothingBeyond) {
  expect_exact_limits<int, std::int64_t>();
  expect_exact_limits<std::int8_t, int>();
  expect_exact_limits<std::uint8_t, int>();
  expect_exact_limits<std::uint16_t, std::uint64_t>();
  expect_exact_limits<std::uint32_t, std::int64_t>();
}

TEST(CheckedCast, ComparesValuesNotBits) {
  EXPECT_THROW((void)checked_cast<std::uint64_t>(-1), std::logic_error);
  EXPECT_THROW((void)checked_cast<std::int64_t>(std::numeric_limits<std::uint64_t>::max()), std::logic_error);
  EXPECT_THROW((void)checked_cast<int>(std::uint64_t{1} << 31), std::logic_error);
  EXPECT_EQ(checked_cast<int>((std::uint64_t{1} << 31) - 1), std::numeric_limits<int>::max());
  EXPECT_EQ(checked_cast<std::int8_t>(-128L), -128);
}

TEST(CheckedCast, SaysWhereItWasCalled) {
  try {
    (void)checked_cast<int>(std::uint64_t{1} << 40);
    FAIL() << "nothing was thrown";
  } catch (const std::logic_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("checked_cast_test.cpp:" + std::to_string(__LINE__ - 3)));
    EXPECT_THAT(error.what(), testing::HasSubstr("the number fits the narrower type"));
  }
}

}  // namespace
}  // namespace serried
