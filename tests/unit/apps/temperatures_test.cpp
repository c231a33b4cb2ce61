#include <cstddef>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ising/temperatures.hpp>

#include <serried/base/error.hpp>

#include "error_of.hpp"

namespace serried::ising {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(Temperatures, AreNumbersAndRanges) {
  EXPECT_THAT(temperatures_of("2"), ElementsAre(2));
  EXPECT_THAT(temperatures_of("3,1.5,2e0"), ElementsAre(3, 1.5, 2));
  EXPECT_THAT(temperatures_of("2:2.5:3"), ElementsAre(2, 2.25, 2.5));
  EXPECT_THAT(temperatures_of("1,2:3:2,0.5"), ElementsAre(1, 2, 3, 0.5));
  EXPECT_THAT(temperatures_of("2:2.6:13"), SizeIs(13));
}

TEST(Temperatures, OfWhatIsNoneAreRefused) {
  for (const std::string text : {"",          ",",
                                 "2,",        ",2",
                                 "2,,3",      "x",
                                 "2x",        "0",
                                 "-1",        "nan",
                                 "inf",       "1e7",
                                 "2:3",       "2:3:1",
                                 "2:3:0",     "2:3:-2",
                                 "2:3:4:5",   "2::3",
                                 ":",         "::",
                                 "2:3:10001", "2:3:99999999999999999999",
                                 "0:3:4"}) {
    const Error error = test::error_of([&] { static_cast<void>(temperatures_of(text)); });
    EXPECT_EQ(error.exit_code(), ExitCode::usage) << text;
    EXPECT_THAT(error.what(), HasSubstr("--temperature " + text)) << text;
  }
}

}  // namespace
}  // namespace serried::ising
