/// Waiting for everybody.
///
///     barrier(world);
#pragma once

#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mpi {

/// Collective. Returns when every rank of `comm` has called it. Messages and files are not covered: a barrier
/// orders ranks in time, no more.
inline void barrier(const Communicator& comm) { check(MPI_Barrier(comm.get()), "MPI_Barrier"); }

}  // namespace serried::mpi
