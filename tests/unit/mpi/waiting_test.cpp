#include <thread>

#include <gtest/gtest.h>

#include <serried/mpi/activity.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

Activity mine() { return Waiting::own_entry().read(); }

TEST(Waiting, MarksTheTimeOfItsLife) {
  {
    const Waiting waiting("first");
    EXPECT_TRUE(mine().is_waiting);
    EXPECT_EQ(mine().name, "first");
  }
  EXPECT_FALSE(mine().is_waiting);
  EXPECT_EQ(mine().name, "first");
}

TEST(Waiting, WithinAnotherChangesNothing) {
  const Waiting outer("outer");
  const Activity before = mine();
  {
    const Waiting inner("inner");
    EXPECT_EQ(mine().name, "outer");
  }
  EXPECT_TRUE(mine().is_waiting) << "the outer one is not over";
  EXPECT_EQ(mine().n_changes, before.n_changes);
  EXPECT_EQ(mine().since_ns, before.since_ns);
}

TEST(Waiting, EndsWithAnException) {
  try {
    const Waiting waiting("throwing");
    throw 1;
  } catch (int) {
    EXPECT_FALSE(mine().is_waiting);
  }
}

TEST(Waiting, IsCountedPerThread) {
  const Waiting waiting("first thread");
  std::thread([] { const Waiting also("second thread"); }).join();
  EXPECT_EQ(mine().name, "second thread");
}

TEST(Waiting, GoesOnInAnotherEntryAndBack) {
  ActivityEntry elsewhere;
  {
    const Waiting waiting("moving");
    Waiting::move_to(elsewhere);
    EXPECT_EQ(&Waiting::own_entry(), &elsewhere);
    EXPECT_TRUE(elsewhere.read().is_waiting);
    EXPECT_EQ(elsewhere.read().name, "moving");
  }
  EXPECT_FALSE(elsewhere.read().is_waiting);
  Waiting::move_to_own_memory();
  EXPECT_NE(&Waiting::own_entry(), &elsewhere);
  EXPECT_EQ(mine().name, "moving");
}

}  // namespace
}  // namespace serried::mpi
