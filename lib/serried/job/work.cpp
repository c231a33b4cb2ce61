#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/base/index_set.hpp>
#include <serried/job/stop_signals.hpp>
#include <serried/job/work.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/threads.hpp>
#include <serried/store/ledger.hpp>

namespace serried::job {
namespace {

using Clock = std::chrono::steady_clock;

// What the job knows of one thread, away from the others' cache lines.
struct alignas(64) ThreadState {
  IndexSet unsaved;  // done, and not in the ledger yet
  Clock::time_point saved_at = Clock::now();
  std::uint64_t n_bytes = 0;
  bool is_spoilt = false;  // what the thread has gathered holds a part of an index, and must not be saved
  std::vector<std::byte> bytes;  // what is saved, kept for its memory
};

std::unique_ptr<store::Ledger> open_ledger(const mpi::Communicator& comm, const Plan& plan,
                                           const Options& options) {
  if (options.checkpoint.empty()) {
    return nullptr;
  }
  // A ledger for each phase of the program.
  mpi::on_root(comm, [&] {
    std::error_code status;
    if (std::filesystem::create_directory(options.checkpoint, status); status) {
      throw system_error("make the folder for checkpoints", status.value(), options.checkpoint);
    }
  });
  store::LedgerOptions ledger;
  ledger.folder = (std::filesystem::path(options.checkpoint) / plan.name).string();
  const std::string seed = options.seed ? fmt::format("seed={}\n", *options.seed) : std::string();
  ledger.configuration =
      fmt::format("program={}\nphase={}\n{}{}", options.app, plan.name, seed, plan.configuration);
  ledger.n_indices = plan.n;
  ledger.resume = options.resume;
  ledger.origin = origin_of(comm, options.seed);
  return std::make_unique<store::Ledger>(comm, std::move(ledger));
}

// One job under way on this rank.
class Run {
 public:
  Run(const mpi::Communicator& comm, const Plan& plan, const Options& options, const Work& work)
      : comm_(comm),
        plan_(plan),
        options_(options),
        work_(work),
        threads_(static_cast<std::size_t>(options.threads)),
        ledger_(open_ledger(comm, plan, options)),
        line_(options.app,
              comm.is_root() ? report::progress_style(options.progress) : report::ProgressStyle()) {
    if (ledger_) {
      signals_.emplace();
      tell_remarks();
      ledger_->for_each_record(
          [&](const IndexSet&, std::span<const std::byte> bytes) { work_.restore(bytes); });
    }
  }

  // Collective.
  schedule::Summary go() {
    schedule::Options options;
    options.policy = plan_.policy;
    options.threads = options_.threads;
    options.cost = plan_.cost;
    options.on_progress = [&](const schedule::Status& status) { show(status); };
    if (ledger_) {
      options.done = ledger_->done();
      options.should_stop = [] { return StopSignals::received().has_value(); };
    }
    schedule::Summary summary;
    try {
      summary = schedule::for_each_index(
          comm_, plan_.n, options,
          [&](std::uint64_t index, schedule::Caller& caller) { do_index(index, caller); });
    } catch (const Error& error) {
      // If all ranks have agreed on it they are all here. What goes wrong now is not what went wrong first.
      if (error.rank() && !error.mpi_class()) {
        try {
          save_what_is_done();
        } catch (const Error&) {
        }
      }
      throw;
    }
    line_.finish();
    save_what_is_done();
    if (ledger_) {
      throw_if_stopped(summary);
    }
    return summary;
  }

  [[nodiscard]] std::uint64_t n_bytes() const {
    std::uint64_t sum = 0;
    for (const ThreadState& thread : threads_) {
      sum += thread.n_bytes;
    }
    return sum;
  }

 private:
  void do_index(std::uint64_t index, schedule::Caller& caller) {
    ThreadState& state = threads_[static_cast<std::size_t>(caller.thread())];
    Worker worker(caller, state.n_bytes);
    const bool was_spoilt = std::exchange(state.is_spoilt, true);
    work_.body(index, worker);
    if (worker.was_told_to_stop()) {
      return;
    }
    state.is_spoilt = was_spoilt;
    if (ledger_) {
      state.unsaved.insert(index);
      if (worker.wants_save() || Clock::now() - state.saved_at >= options_.checkpoint_every) {
        save(caller.thread());
      }
    }
  }

  // By the thread itself, or when no thread is at work.
  void save(int thread) {
    ThreadState& state = threads_[static_cast<std::size_t>(thread)];
    if (!state.unsaved.empty() && !state.is_spoilt) {
      const IndexSet indices = std::exchange(state.unsaved, {});
      state.bytes.clear();
      work_.save(thread, state.bytes);
      ledger_->record(indices, state.bytes);
    }
    state.saved_at = Clock::now();
  }

  // Collective.
  void save_what_is_done() {
    if (!ledger_) {
      return;
    }
    mpi::together(comm_, [&] {
      for (int thread = 0; thread < options_.threads; ++thread) {
        save(thread);
      }
    });
    ledger_->commit();
  }

  void tell_remarks() const {
    if (comm_.is_root()) {
      for (const std::string& remark : ledger_->remarks()) {
        const std::string text = fmt::format("{}: {}\n", options_.app, remark);
        std::fputs(text.c_str(), stderr);
      }
    }
  }

  void show(const schedule::Status& status) {
    report::Moment moment{.done = status.n_done,
                          .total = status.n_total,
                          .unit = report::Moment::Unit::items,
                          .efficiency = status.efficiency,
                          .note = plan_.note};
    if (plan_.total_bytes > 0 && status.n_total > 0) {
      const double share = static_cast<double>(status.n_done) / static_cast<double>(status.n_total);
      moment.unit = report::Moment::Unit::bytes;
      // Of what an earlier run has left.
      const double bytes_left = static_cast<double>(plan_.total_bytes) * static_cast<double>(status.n_total) /
                                static_cast<double>(plan_.n);
      moment.total = static_cast<std::uint64_t>(bytes_left);
      moment.done = static_cast<std::uint64_t>(share * bytes_left);
    }
    line_.update(moment);
  }

  // Collective. Also if the signal came after the last index: what follows this job would not hear of it.
  void throw_if_stopped(const schedule::Summary& summary) const {
    const int signal = mpi::allreduce_value(comm_, StopSignals::received().value_or(0), mpi::max);
    if (signal == 0) {
      return;
    }
    const std::uint64_t n_done = ledger_->done().size() + summary.n_done_in_all;
    throw Error(fmt::format("stopped by {} when {} of {} were done", signal_name(signal), n_done, plan_.n))
        .at(options_.checkpoint)
        .hint("go on with --resume")
        .exit_code(ExitCode::resumable);
  }

  const mpi::Communicator& comm_;
  const Plan& plan_;
  const Options& options_;
  const Work& work_;
  std::vector<ThreadState> threads_;
  std::optional<StopSignals> signals_;  // none without a ledger: nothing could be saved
  std::unique_ptr<store::Ledger> ledger_;
  report::ProgressLine line_;
};

}  // namespace

Provenance origin_of(const mpi::Communicator& comm, std::optional<std::uint64_t> seed) {
  Provenance origin = provenance_here();
  origin.n_ranks = comm.size();
  origin.seed = seed;
  return origin;
}

int n_threads_of(const mpi::Communicator& comm, const Options& options) {
  const int n_default = mpi::default_threads(comm);
  return options.threads > 0 ? options.threads : n_default;
}

void run_work(const mpi::Communicator& comm, const Plan& plan, const Options& options, const Work& work) {
  Options resolved = options;
  resolved.threads = n_threads_of(comm, options);
  Run run(comm, plan, resolved, work);
  const schedule::Summary summary = run.go();
  if (mpi::allreduce_value(comm, options.record != nullptr, std::logical_and<>{})) {
    options.record->add_phase(comm, plan.name,
                              {.seconds = summary.seconds,
                               .busy_seconds = summary.busy_seconds,
                               .n_threads = summary.n_threads,
                               .n_indices = summary.n_done,
                               .n_bytes = run.n_bytes(),
                               .n_steals = summary.n_steals});
  }
}

}  // namespace serried::job
