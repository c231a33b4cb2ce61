#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/job/stop_checks.hpp>

#include "error_of.hpp"
#include "world.hpp"

namespace serried::job {
namespace {

using test::error_of;
using test::world;
using testing::HasSubstr;

void expect_stopped(const Error& error) {
  EXPECT_THAT(error.what(), HasSubstr("stopped by SIGUSR1 while sorting what was read"));
  EXPECT_EQ(error.exit_code(), ExitCode::resumable);
}

TEST(StopChecks, AreSilentWithoutASignal) {
  const StopChecks stop("ledger", "while sorting what was read");
  EXPECT_NO_THROW(stop.check());
  EXPECT_NO_THROW(stop.check_together(world()));
}

TEST(StopChecks, ThrowWhereASignalCame) {
  const StopChecks stop("ledger", "while sorting what was read");
  std::raise(SIGUSR1);
  expect_stopped(error_of([&] { stop.check(); }));
}

TEST(StopChecks, ThrowOnAllRanksTogether) {
  const StopChecks stop("ledger", "while sorting what was read");
  if (world().rank() == world().size() - 1) {
    std::raise(SIGUSR1);
  }
  expect_stopped(error_of([&] { stop.check_together(world()); }));
}

}  // namespace
}  // namespace serried::job
