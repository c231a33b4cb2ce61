/// MPI's return codes as exceptions, on its own: what every collective needs of check.hpp, and quick to compile.
#pragma once

namespace serried::mpi {

/// Throws a serried::Error if `code` is not MPI_SUCCESS. Communicators of this library return codes instead
/// of aborting (MPI_ERRORS_RETURN), so this is called on each.
void check(int code, const char* call);

}  // namespace serried::mpi
