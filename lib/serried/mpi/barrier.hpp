/// Waiting for everybody, with or without a deadline.
///
///     barrier(world);
///     barrier_for(world, 30s);
///
///     1 of 4 ranks has not come to the barrier within 30 s: rank 2 (host b, pid 124): in its own code for 31.2 s,
///     after receive, running
#pragma once

#include <chrono>

#include <serried/mpi/check.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

/// Collective. Returns when every rank of `comm` has called it. What a rank wrote before the call into memory
/// that the ranks of a node share, the others of the node may read after it. Messages and files are not
/// covered.
inline void barrier(const Communicator& comm) {
  const Waiting waiting("barrier");
  check_collective(comm, {.name = "barrier"});
  check(MPI_Barrier(comm.get()), "MPI_Barrier");
}

/// Collective. As `barrier`, but throws a serried::Error if not every rank of `comm` has come within
/// `deadline` from this rank's call. The error comes at most 0.2 s later, and names the ranks that have not
/// come, by their rank in the world, with what each is doing and for how long. Other hosts are asked, and
/// have 0.1 s: each process answers for its host by UDP, whatever its rank is doing (status_service.hpp).
/// Where datagrams are filtered, only those ranks answer that wait in the same barrier_for; if none of a host
/// does, the error says so. May take up to half as long again as `barrier`.
///
/// If it returns on one rank, all have come. The first rank to give up tells the others: those who wait and
/// those who come later throw the same error, at once. A rank that hears of it too late may still return, as
/// may one that got through at the moment of the deadline. From then on every barrier_for of `comm` throws at
/// once, for the ranks no longer agree on how many there were; whatever else `comm` does is not affected.
void barrier_for(const Communicator& comm, std::chrono::duration<double> deadline);

/// Collective, but returns at once: the request is complete when every rank of `comm` has called it.
[[nodiscard]] inline Request async_barrier(const Communicator& comm) {
  check_collective(comm, {.name = "async_barrier"});
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(comm.get(), &request), "MPI_Ibarrier");
  return {{request}, Request::Buffer::is_read};
}

}  // namespace serried::mpi
