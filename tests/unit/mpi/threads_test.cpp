#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include <serried/base/scope_guard.hpp>
#include <serried/mpi/threads.hpp>

#include "mpi_test.hpp"
#include "on_every_rank.hpp"

namespace serried::mpi {
namespace {

class DefaultThreads : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("OMP_NUM_THREADS");
    ASSERT_EQ(sched_getaffinity(0, sizeof before_, &before_), 0);
  }
  void TearDown() override {
    ::unsetenv("OMP_NUM_THREADS");
    sched_setaffinity(0, sizeof before_, &before_);
  }
  [[nodiscard]] int n_cores() const { return CPU_COUNT(&before_); }
  // This rank may run on its n-th core alone, counted around.
  [[nodiscard]] bool bind_to(int n) const {
    n %= n_cores();
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &before_) && n-- == 0) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        return sched_setaffinity(0, sizeof one, &one) == 0;
      }
    }
    return false;
  }

 private:
  cpu_set_t before_{};
};

TEST_F(DefaultThreads, ShareTheCoresOfTheNode) {
  // tests/support/mpirun binds no rank, so that all may run on the same cores.
  EXPECT_EQ(default_threads(world()), std::max(1, n_cores() / world().size()));
}

TEST_F(DefaultThreads, OfABoundRankAreItsOwnCores) {
  ASSERT_TRUE(test::on_every_rank(bind_to(world().rank())));
  EXPECT_EQ(default_threads(world()), 1);
}

TEST_F(DefaultThreads, CountOnlyRanksOnTheSameCores) {
  // Rank 0 alone is bound: the others share what is left of the node without it.
  ASSERT_TRUE(test::on_every_rank(n_cores() < 2 || !world().is_root() || bind_to(0)));
  const int n_threads = default_threads(world());
  if (n_cores() >= 2) {
    EXPECT_EQ(n_threads, world().is_root() ? 1 : std::max(1, n_cores() / (world().size() - 1)));
  } else {
    EXPECT_EQ(n_threads, 1);
  }
}

TEST_F(DefaultThreads, TheUsersNumberWins) {
  // Also where it differs from rank to rank: the call is collective whatever the variable says.
  const int mine = 3 + world().rank();
  ::setenv("OMP_NUM_THREADS", std::to_string(mine).c_str(), 1);
  EXPECT_EQ(default_threads(world()), mine);
  if (world().is_root()) {
    ::unsetenv("OMP_NUM_THREADS");
  }
  const int expected = world().is_root() ? std::max(1, n_cores() / world().size()) : mine;
  EXPECT_EQ(default_threads(world()), expected);
}

TEST_F(DefaultThreads, ANumberThatIsNoneIsIgnored) {
  const int expected = std::max(1, n_cores() / world().size());
  for (const char* text : {"", "0", "-4", "many"}) {
    ::setenv("OMP_NUM_THREADS", text, 1);
    EXPECT_EQ(default_threads(world()), expected) << text;
  }
}

}  // namespace
}  // namespace serried::mpi
