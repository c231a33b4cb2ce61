#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/contract.hpp>

namespace serried {
namespace {

constexpr int checked_in_constant_expression() {
  expects(true, "a kept contract costs nothing");
  return 1;
}
static_assert(checked_in_constant_expression() == 1);

TEST(Expects, IsQuietWhileTheContractIsKept) { EXPECT_NO_THROW(expects(1 + 1 == 2, "sums are sums")); }

TEST(Expects, ThrowsWhereItStandsAndWhatWasExpected) {
  try {
    expects(false, "the root is a rank");
    FAIL() << "nothing was thrown";
  } catch (const std::logic_error& error) {
    EXPECT_THAT(error.what(), testing::EndsWith("contract_test.cpp:" + std::to_string(__LINE__ - 3) +
                                                ": expected that the root is a rank"));
  }
}

unsigned line_of_caller(Place where = Place::here()) { return where.line; }

TEST(Place, AsADefaultArgumentIsThePlaceOfTheCall) { EXPECT_EQ(line_of_caller(), unsigned{__LINE__}); }

TEST(Expects, BlamesThePlaceItIsGiven) {
  try {
    expects(false, "x", Place{.file = "theirs.cpp", .line = 12});
    FAIL() << "nothing was thrown";
  } catch (const std::logic_error& error) {
    EXPECT_STREQ(error.what(), "theirs.cpp:12: expected that x");
  }
}

}  // namespace
}  // namespace serried
