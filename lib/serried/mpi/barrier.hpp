/// Waiting for everybody.
///
///     barrier(world);
#pragma once

#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/request.hpp>

namespace serried::mpi {

/// Collective. Returns when every rank of `comm` has called it. Messages and files are not covered: a barrier
/// orders ranks in time, no more.
inline void barrier(const Communicator& comm) { check(MPI_Barrier(comm.get()), "MPI_Barrier"); }

/// Collective, but returns at once: the request is complete when every rank of `comm` has called it.
[[nodiscard]] inline Request async_barrier(const Communicator& comm) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(comm.get(), &request), "MPI_Ibarrier");
  return {{request}, Request::Buffer::is_read};
}

}  // namespace serried::mpi
