#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include <serried/base/duration.hpp>
#include <serried/base/error.hpp>

namespace serried {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, OneNumberAndOneUnit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("60s"), 60s);
  EXPECT_EQ(parse_duration("2min"), 2min);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("3h"), 3h);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(ParseDuration, SeveralAreAddedUp) {
  EXPECT_EQ(parse_duration("1h30min"), 90min);
  EXPECT_EQ(parse_duration("1d1h1min1s1ms"), 24h + 1h + 1min + 1s + 1ms);
  EXPECT_EQ(parse_duration("1m30s"), 90s);
  EXPECT_EQ(parse_duration("90s90s"), 3min);
}

TEST(ParseDuration, UpToACentury) {
  EXPECT_EQ(parse_duration("36525d"), 36525 * 24h);
  EXPECT_EQ(parse_duration("4294967296ms"), 4'294'967'296ms) << "more than 32 bits";
  for (const std::string text : {"36526d", "36525d1ms", "99999999999999999h", "99999999999999999999h"}) {
    try {
      (void)parse_duration(text);
      ADD_FAILURE() << '"' << text << "\" was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::usage);
      EXPECT_EQ(error.problem(), "\"" + text + "\" is too long: more than a century");
    }
  }
}

TEST(ParseDuration, RefusesAnythingElseAsAUsageError) {
  for (const std::string text : {"", "60", "s", "60 s", " 60s", "60s ", "-60s", "+60s", "1.5h", "60sec",
                                 "60S", "1h30", "1h,30min", "0x10s", "1e3s"}) {
    try {
      (void)parse_duration(text);
      ADD_FAILURE() << '"' << text << "\" was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::usage);
      EXPECT_EQ(error.problem(),
                "\"" + text + "\" is not a duration such as 500ms, 90s, 2min, 1h30min or 1d");
    }
  }
}

}  // namespace
}  // namespace serried
