/// What a signal does to a job with a checkpoint after its input was read: it ends it between two pieces of work.
///
///     const StopChecks stop(options.job.checkpoint, "while writing what was read");
///     mpi::together(comm, [&] {
///       for (…) { stop.check(); … }
///     });
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <serried/base/error.hpp>
#include <serried/job/stop_signals.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/reduction.hpp>

namespace serried::job {

/// May be one of several, as StopSignals.
class StopChecks {
 public:
  /// Without a checkpoint signals do what they did before. `when` completes "stopped by SIGTERM".
  StopChecks(std::string checkpoint, std::string when)
      : checkpoint_(std::move(checkpoint)), when_(std::move(when)) {
    if (!checkpoint_.empty()) {
      signals_.emplace();
    }
  }

  /// Local: throws if a signal came meanwhile, an error whose exit code says that the job can go on. For any thread, where the
  /// error will be that of all ranks.
  void check() const {
    if (const int received = signal(); received != 0) [[unlikely]] {
      throw error_of(received);
    }
  }
  /// Collective: on all ranks, if one came to any. Without a checkpoint nothing is asked. `save()`, which may be collective,
  /// is called before.
  template <class Save>
  void check_together(const mpi::Communicator& comm, const Save& save) const {
    if (!signals_) {
      return;
    }
    if (const int received = mpi::allreduce_value(comm, signal(), mpi::max); received != 0) {
      save();
      throw error_of(received);
    }
  }
  void check_together(const mpi::Communicator& comm) const {
    check_together(comm, [] {});
  }

 private:
  [[nodiscard]] int signal() const noexcept { return signals_ ? StopSignals::received().value_or(0) : 0; }
  [[nodiscard]] Error error_of(int signal) const {
    return Error(std::string("stopped by ") + signal_name(signal) + " " + when_)
        .at(checkpoint_)
        .hint("go on with --resume")
        .exit_code(ExitCode::resumable);
  }

  std::string checkpoint_;
  std::string when_;
  std::optional<StopSignals> signals_;
};

}  // namespace serried::job
