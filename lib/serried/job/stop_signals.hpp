/// Signals that ask a job to end early, as a flag that is looked at between two pieces of work.
///
///     const StopSignals signals;                     // from here on SIGTERM, SIGINT and SIGUSR1 do not kill
///     while (!StopSignals::received()) { … }
///
/// Slurm sends SIGUSR1 (--signal) or SIGTERM some time before it kills a job; a person types Ctrl-C. (The mpirun of Open
/// MPI passes SIGUSR1 on; after a SIGTERM or a Ctrl-C it kills what is left one second later.)
#pragma once

#include <array>
#include <csignal>
#include <optional>

namespace serried::job {

/// While one lives, the first of these signals sets the flag. Another one a second later or more does what it did before,
/// which is to stop the process at once; what comes sooner is an echo, for launchers pass on what ranks got directly. One that
/// is made while another lives, as of a job that is part of a larger one, changes nothing: what came to that one came to both.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// The signal that came since the first of the objects that live was made. Local, any thread.
  [[nodiscard]] static std::optional<int> received() noexcept;
};

/// "SIGTERM".
[[nodiscard]] const char* signal_name(int signal) noexcept;

}  // namespace serried::job
