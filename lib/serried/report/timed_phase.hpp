/// A piece of code as a phase of the run record.
///
///     const TimedPhase phase(record, world, "sort");      // record may be null
///     sort();
///     phase.finish(n_threads);                            // collective
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <serried/mpi/communicator.hpp>
#include <serried/report/run_record.hpp>

namespace serried::report {

/// Busy time is the processor time that the whole process has used meanwhile. A phase that is not finished (an exception)
/// is not recorded.
class TimedPhase {
 public:
  /// Local. `record` is null on all ranks or on none.
  TimedPhase(RunRecord* record, const mpi::Communicator& comm, std::string name)
      : record_(record), comm_(comm), name_(std::move(name)), cpu_seconds_(process_cpu_seconds()) {}

  /// Collective.
  void finish(int n_threads) const {
    if (record_ != nullptr) {
      record_->add_phase(comm_, name_,
                         {.seconds = std::chrono::duration<double>(Clock::now() - start_).count(),
                          .busy_seconds = process_cpu_seconds() - cpu_seconds_,
                          .n_threads = n_threads});
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  RunRecord* record_;
  const mpi::Communicator& comm_;
  std::string name_;
  Clock::time_point start_ = Clock::now();
  double cpu_seconds_;
};

}  // namespace serried::report
