/// MPI's return codes as serried::Error, with the error class, MPI's own text, the rank and the host.
///
///     check(MPI_Barrier(comm), "MPI_Barrier");
#pragma once

#include <mpi.h>

#include <string>

#include <serried/base/error.hpp>
#include <serried/mpi/check_code.hpp>

namespace serried::mpi {

/// The name of this host, as MPI gives it; empty before MPI_Init.
[[nodiscard]] std::string host_name();

/// The rank of this process in MPI_COMM_WORLD; 0 where MPI does not run.
[[nodiscard]] int world_rank() noexcept;

/// True between MPI_Init and MPI_Finalize.
[[nodiscard]] bool is_running() noexcept;

/// `error` with this process's rank and host, unless it carries a rank already.
[[nodiscard]] Error found_here(Error error);

}  // namespace serried::mpi
