// Tests that fail on purpose; listener_test runs them one by one.
#include <mpi.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "on_every_rank.hpp"
#include "temporary_directory.hpp"

namespace {

int world_rank() {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

TEST(Listener, Passes) { SUCCEED(); }
TEST(Listener, FailsOnRank1) { EXPECT_NE(world_rank(), 1) << "the reason"; }
TEST(Listener, SkipsOnAll) { GTEST_SKIP() << "not here"; }
TEST(Listener, SkipsOnRank1) {
  if (world_rank() == 1) GTEST_SKIP();
}
TEST(Listener, LeavesEarly) { _exit(0); }
TEST(Listener, FailsThenHangs) {
  ASSERT_NE(world_rank(), 1) << "seen before the deadline";
  MPI_Barrier(MPI_COMM_WORLD);
}
TEST(Listener, AgreesBeforeItLeaves) {
  ASSERT_TRUE(serried::test::on_every_rank(world_rank() != 1));
  MPI_Barrier(MPI_COMM_WORLD);
}

std::filesystem::path last_directory;

TEST(Listener, TemporaryDirectoryIsShared) {
  const serried::test::TemporaryDirectory here(MPI_COMM_WORLD);
  EXPECT_TRUE(std::filesystem::is_directory(here.path()));
  last_directory = here.path();
}
TEST(Listener, TemporaryDirectoryIsRemovedAfterwards) {
  MPI_Barrier(MPI_COMM_WORLD);  // rank 0 removed it before it entered
  EXPECT_FALSE(last_directory.empty());
  EXPECT_FALSE(std::filesystem::exists(last_directory));
}

}  // namespace
