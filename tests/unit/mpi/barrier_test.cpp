#include <gtest/gtest.h>

#include <serried/mpi/barrier.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/point_to_point.hpp>

#include "world.hpp"

namespace serried::mpi {
namespace {

TEST(Barrier, NobodyLeavesBeforeAllHaveCome) {
  // Shared between the ranks of this node: how many have come to each round's barrier.
  constexpr int n_rounds = 50;
  const Communicator node = world().node();
  int* arrived = nullptr;
  MPI_Win window = MPI_WIN_NULL;
  const MPI_Aint own_bytes = node.is_root() ? n_rounds * static_cast<MPI_Aint>(sizeof(int)) : 0;
  ASSERT_EQ(MPI_Win_allocate_shared(own_bytes, sizeof(int), MPI_INFO_NULL, node.get(), &arrived, &window),
            MPI_SUCCESS);
  MPI_Aint n_bytes = 0;
  int unit = 0;
  MPI_Win_shared_query(window, 0, &n_bytes, &unit, &arrived);
  if (node.is_root()) {
    for (int round = 0; round < n_rounds; ++round) {
      __atomic_store_n(&arrived[round], 0, __ATOMIC_SEQ_CST);
    }
  }
  MPI_Barrier(node.get());
  int n_early = 0;
  for (int round = 0; round < n_rounds; ++round) {
    __atomic_fetch_add(&arrived[round], 1, __ATOMIC_SEQ_CST);
    barrier(node);
    n_early += __atomic_load_n(&arrived[round], __ATOMIC_SEQ_CST) == node.size() ? 0 : 1;
  }
  EXPECT_EQ(n_early, 0);
  MPI_Win_free(&window);
}

}  // namespace
}  // namespace serried::mpi
