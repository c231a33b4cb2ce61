// All ranks, in a communicator of the tests' own, and its size and this rank as indices:
//
//   using test::world;
//   mpi::barrier(world());
#pragma once

#include <mpi.h>

#include <cstddef>

#include <serried/mpi/communicator.hpp>

namespace serried::test {

// Collective at its first call.
[[nodiscard]] inline const mpi::Communicator& world() {
  static const mpi::Communicator comm = mpi::Communicator::duplicate_of(MPI_COMM_WORLD);
  return comm;
}

[[nodiscard]] inline std::size_t n_ranks() { return static_cast<std::size_t>(world().size()); }
[[nodiscard]] inline std::size_t my_rank() { return static_cast<std::size_t>(world().rank()); }

}  // namespace serried::test
