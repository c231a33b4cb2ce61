// Agreement on a condition, so that all ranks take the same way out of a test:
//
//   ASSERT_TRUE(serried::test::on_every_rank(file_is_open));   // no rank goes on into the next collective
//   alone
#pragma once

#include <mpi.h>

namespace serried::test {

// Collective over `comm`. True if `condition` holds on every rank.
[[nodiscard]] inline bool on_every_rank(bool condition, MPI_Comm comm = MPI_COMM_WORLD) {
  int all = condition ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_LAND, comm);
  return all != 0;
}

}  // namespace serried::test
