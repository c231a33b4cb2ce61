/// MPI from start to end, as an object.
///
///     int main(int argc, char** argv) {
///       serried::Environment mpi(argc, argv);
///       mpi.world();                                     // all ranks
///     }
///
/// A program that should end well when something goes wrong uses `run_main` (run_main.hpp) instead, which
/// makes one of these.
#pragma once

#include <optional>

#include <serried/mpi/communicator.hpp>

namespace serried {

/// How many threads may call MPI, as MPI_Init_thread defines it.
enum class ThreadLevel {
  funneled,    ///< only the thread that made the Environment
  serialized,  ///< any, one at a time
  multiple,    ///< any, at any time (with RMA over TCP, Open MPI 4.1 aborts)
};

/// Collective over all processes that were launched together. Without mpirun the job has one rank. Before MPI
/// starts, sound Open MPI defaults are set where the user set none (open_mpi_defaults.hpp). It holds the
/// status board (status_board.hpp), and a watchdog if the environment variable SERRIED_WATCHDOG asks for one
/// (watchdog.hpp). Only where not all ranks share one status board, as on several hosts, each process has a
/// thread and a UDP socket (IPv4, any port) that answer what other hosts' ranks ask about this one's
/// (status_service.hpp). Standard streams that are closed stay so: nothing that is opened later gets their
/// numbers. SIGXFSZ is ignored from then on, unless the program handles it: writing beyond the limit on the
/// size of files is an error like any other.
///
/// Destroying it finalizes MPI, so all ranks must do so. If an exception is leaving its scope instead, the
/// other ranks may wait for this one for ever: then it ends the whole job (MPI_Abort, exit code 1).
class Environment {
 public:
  /// Throws serried::Error, on all ranks the same, if MPI cannot start or lacks the thread level, if the
  /// launcher started several processes that do not see each other, or if SERRIED_WATCHDOG is no duration.
  Environment(int& argc, char**& argv, ThreadLevel level = ThreadLevel::funneled);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

  /// All ranks, in a communicator of our own.
  [[nodiscard]] const mpi::Communicator& world() const { return *world_; }

 private:
  int n_exceptions_at_start_;
  std::optional<mpi::Communicator> world_;
  struct Services;
  Services* services_ = nullptr;  // owned. <memory> would double what a user compiles
};

}  // namespace serried
