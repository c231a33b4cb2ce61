#include <chrono>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include <serried/mpi/waiting.hpp>
#include <serried/mpi/watchdog.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

using namespace std::chrono_literals;

class WatchdogLimit : public testing::Test {
 protected:
  void TearDown() override { ::unsetenv("SERRIED_WATCHDOG"); }
  static void set(const char* value) { ::setenv("SERRIED_WATCHDOG", value, 1); }
};

TEST_F(WatchdogLimit, IsWhatTheVariableSays) {
  EXPECT_FALSE(watchdog_limit().has_value());
  set("");
  EXPECT_FALSE(watchdog_limit().has_value());
  set("1min30s");
  EXPECT_EQ(watchdog_limit(), 90s);
}

TEST_F(WatchdogLimit, RefusesWhatIsNoLimit) {
  set("soon");
  const Error no_duration = error_of([] { (void)watchdog_limit(); });
  EXPECT_EQ(no_duration.exit_code(), ExitCode::usage);
  EXPECT_STREQ(no_duration.what(),
               "SERRIED_WATCHDOG: \"soon\" is not a duration such as 500ms, 90s, 2min, 1h30min or 1d");
  set("0s");
  EXPECT_STREQ(error_of([] { (void)watchdog_limit(); }).what(),
               "SERRIED_WATCHDOG: the watchdog's limit must be above zero");
}

TEST(Watchdog, LetsOwnCodeAloneAndEndsAtOnce) {
  // It ends the process, and the test with it, if it takes the time outside for a call.
  const Watchdog watchdog(200ms);
  { const Waiting waiting("a short call"); }
  std::this_thread::sleep_for(500ms);
}

}  // namespace
}  // namespace serried::mpi
