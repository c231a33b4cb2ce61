/// Ends a job that hangs, and says what each rank was doing.
///
///     SERRIED_WATCHDOG=60s mpirun -n 4 myapp
///
///     serried: watchdog: rank 0 (host a, pid 122) has waited in receive for 60.1 s, longer than SERRIED_WATCHDOG allows
///     serried: watchdog: rank 0 (host a, pid 122): waiting in receive for 60.1 s
///     serried: watchdog: rank 1 (host a, pid 123): in its own code for 63.0 s, after barrier, asleep
///     serried: watchdog: ends the job
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace serried::mpi {

/// What the environment variable SERRIED_WATCHDOG asks for; nothing if it is not set, or empty. Throws a usage error if it
/// is no duration above zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_limit();

/// A thread that looks now and then, at most a second late or a tenth of `limit`, at what its process does. Has one call
/// of the library lasted longer than `limit`, it prints what the ranks of its node do (one rank of the node prints, all
/// lines at once) and ends the process with exit code 1, upon which mpirun or srun ends the others. A rank in its own code
/// is let alone, however long it takes; time in which the whole process stood still does not count. It never calls MPI,
/// and takes no signals.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::milliseconds limit);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  /// Joins the thread, at once.
  ~Watchdog();

 private:
  void watch();

  std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
  std::jthread thread_;
};

}  // namespace serried::mpi
