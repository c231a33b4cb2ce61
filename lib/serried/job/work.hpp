/// A job: an index range that is dealt to all ranks and threads, remembered, shown, stopped and resumed.
///
/// `run` (run.hpp) is what most code calls; this is the layer below it, where what a thread has gathered is bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <serried/base/provenance.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/report/progress_line.hpp>
#include <serried/report/run_record.hpp>
#include <serried/schedule/for_each_index.hpp>

namespace serried::job {

/// What whoever starts the program decides. None of it shows in the result. The same on all ranks, but for `threads`.
struct Options {
  std::string app = "job";  ///< said before progress and remarks: "serried-wordcount"
  int threads = 0;          ///< of this rank; 0: mpi::default_threads

  std::string checkpoint{};                            ///< folder of ledgers; empty: none
  std::chrono::milliseconds checkpoint_every{60'000};  ///< how much work may be lost when the job is killed
  bool resume = false;                                 ///< go on with the ledger that is there

  report::Progress progress = report::Progress::never;
  report::RunRecord* record = nullptr;  ///< gets a phase for the job
  std::optional<std::uint64_t> seed{};  ///< part of the configuration, and of provenance
};

/// What is to be done: it depends on the input alone. The same on all ranks.
struct Plan {
  std::string name =
      "work";           ///< of this phase, in the run record; its ledger's folder below options.checkpoint
  std::uint64_t n = 0;  ///< indices, at most 2^48
  /// Everything that the result depends on, as text, a line each: a ledger of another configuration is refused.
  std::string configuration{};
  std::uint64_t total_bytes = 0;                ///< of input: progress is shown in bytes. 0: in indices
  std::function<double(std::uint64_t)> cost{};  ///< a hint, in any unit: the longest are dealt first
  schedule::Policy policy = schedule::Policy::stealing;
  std::string note{};  ///< shown with the progress: what is known when the work begins
};

/// Handed to the body: who calls it, and what it may ask and tell.
class Worker {
 public:
  Worker(schedule::Caller& caller, std::uint64_t& n_bytes) : caller_(caller), n_bytes_(n_bytes) {}

  [[nodiscard]] int thread() const noexcept { return caller_.thread(); }
  /// True if the job has failed elsewhere: what the body still does is thrown away. To be asked every few milliseconds by
  /// a body that takes longer; that also keeps the other ranks served.
  [[nodiscard]] bool must_stop() {
    was_told_to_stop_ = was_told_to_stop_ || caller_.has_failed();
    return was_told_to_stop_;
  }
  [[nodiscard]] bool was_told_to_stop() const noexcept { return was_told_to_stop_; }
  /// What the thread has gathered is saved after this index, before its time.
  void save_soon() noexcept { wants_save_ = true; }
  [[nodiscard]] bool wants_save() const noexcept { return wants_save_; }
  /// Counts input for progress and the run record.
  void add_bytes(std::uint64_t n) noexcept { n_bytes_ += n; }

 private:
  schedule::Caller& caller_;
  std::uint64_t& n_bytes_;
  bool was_told_to_stop_ = false;
  bool wants_save_ = false;
};

/// What is done with each index, and how what came of it outlives the process.
struct Work {
  /// Called exactly once for each index that is not in the ledger, by several threads at once.
  std::function<void(std::uint64_t index, Worker& worker)> body;
  /// Appends what `thread` has gathered since the last call. Never called while that thread is in `body`, nor after a body
  /// that threw or was told to stop: what it has left half done is not saved.
  std::function<void(int thread, std::vector<std::byte>& bytes)> save;
  /// Takes in what a `save` of an earlier run has written. Every such piece comes to exactly one rank.
  std::function<void(std::span<const std::byte> bytes)> restore;
};

/// Collective. Returns when every index of [0, plan.n) is done, now or by an earlier run that the ledger remembers.
///
/// If a body throws anywhere, all ranks stop at their next index and throw the same serried::Error, which names the index
/// and the rank. With a checkpoint, SIGTERM, SIGINT and SIGUSR1 on any rank stop all ranks at their next index; then they
/// throw an Error with ExitCode::resumable, when all that is done is in the ledger. After a failure it is too, but for what
/// threads that were in the middle of an index have not saved, which is up to checkpoint_every. Without a checkpoint
/// signals do what they always do.
void run_work(const mpi::Communicator& comm, const Plan& plan, const Options& options, const Work& work);

/// Local: where a result of this process comes from.
[[nodiscard]] Provenance origin_of(const mpi::Communicator& comm, std::optional<std::uint64_t> seed);

/// Collective: options.threads, or the default.
[[nodiscard]] int n_threads_of(const mpi::Communicator& comm, const Options& options);

}  // namespace serried::job
