/// How many threads a rank may use without taking a core from another rank.
///
///     const int n_threads = default_threads(world);
#pragma once

#include <serried/mpi/communicator.hpp>

namespace serried::mpi {

/// Collective. OMP_NUM_THREADS if it is a positive number; else the cores that this rank may run on, divided
/// by the ranks of this node that may run on the same ones; at least 1. May differ from rank to rank.
[[nodiscard]] int default_threads(const Communicator& comm);

}  // namespace serried::mpi
