#include <sysexits.h>

#include <gtest/gtest.h>

#include <serried/base/exit_code.hpp>

namespace serried {
namespace {

// Batch scripts hold these numbers: changing one breaks them.
TEST(ExitCode, NumbersAreAPromise) {
  EXPECT_EQ(static_cast<int>(ExitCode::done), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::failed), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::usage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::some_tasks_failed), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::resumable), EX_TEMPFAIL);
}

}  // namespace
}  // namespace serried
