#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mpi/check.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

using testing::HasSubstr;

TEST(Check, SuccessIsQuiet) { EXPECT_NO_THROW(check(MPI_SUCCESS, "MPI_Send")); }

TEST(Check, AnErrorSaysCallTextClassRankAndHost) {
  const int code = MPI_Send(nullptr, 0, MPI_INT, world().size() + 5, 0, world().get());
  ASSERT_NE(code, MPI_SUCCESS) << "the communicator returns errors";
  const Error error = error_of([&] { check(code, "MPI_Send"); });
  EXPECT_EQ(error.mpi_class(), MPI_ERR_RANK);
  EXPECT_EQ(error.rank(), world().rank());
  EXPECT_EQ(error.host(), host_name());
  EXPECT_THAT(error.what(), HasSubstr("MPI_Send failed on host " + host_name() + ": "));
  EXPECT_THAT(error.what(), HasSubstr("invalid rank")) << "MPI's own text";
  EXPECT_EQ(error.exit_code(), ExitCode::failed);
}

TEST(Check, KnowsThisProcess) {
  EXPECT_TRUE(is_running());
  EXPECT_EQ(world_rank(), world().rank());
  EXPECT_FALSE(host_name().empty());
}

TEST(FoundHere, AddsRankAndHostOnce) {
  const Error mine = found_here(Error("x").at("p", 3));
  EXPECT_EQ(mine.rank(), world().rank());
  EXPECT_EQ(mine.host(), host_name());
  EXPECT_STREQ(mine.what(), "p, byte 3: x");
  const Error theirs = found_here(Error("x").on_rank(77, "far"));
  EXPECT_EQ(theirs.rank(), 77);
  EXPECT_EQ(theirs.host(), "far");
}

}  // namespace
}  // namespace serried::mpi
