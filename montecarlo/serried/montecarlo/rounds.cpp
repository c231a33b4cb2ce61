#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/base/quantity.hpp>
#include <serried/job/run.hpp>
#include <serried/job/stop_checks.hpp>
#include <serried/montecarlo/goes_on.hpp>
#include <serried/montecarlo/rounds.hpp>
#include <serried/montecarlo/rounds_file.hpp>
#include <serried/montecarlo/stopping.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>

namespace serried::montecarlo {
namespace {

using Clock = std::chrono::steady_clock;

// All that the result depends on, but for the seed and a time.
std::string configuration_of(const Options& options, const std::string& kind, std::size_t n_observables) {
  return fmt::format(
      "{}estimator={}\ntrials={}\nabsolute_error={}\nrelative_error={}\ntrials_per_block={}\nobservables={}\n"
      "errors={}\n",
      options.configuration, kind, options.trials, options.absolute_error, options.relative_error,
      options.trials_per_block, n_observables,
      options.errors == Errors::of_trials ? "of trials" : "of blocks");
}

void check_finite(const BlockMoments& moments, const Block& block) {
  for (std::size_t k = 0; k < moments.n_observables(); ++k) {
    if (!std::isfinite(moments.mean()[k]) || !std::isfinite(moments.deviation(k, k))) {
      throw Error(
          fmt::format(
              "of trials {} to {} one gave a value that is no finite number, or too large to be squared{}",
              block.first, block.first + block.n - 1,
              moments.n_observables() > 1 ? fmt::format(" (observable {})", k) : std::string()))
          .hint("a mean of such values means nothing: what does the trial do then?");
    }
  }
}

class Rounds {
 public:
  Rounds(const mpi::Communicator& comm, const Options& options, std::string configuration,
         detail::RoundsTotal& total)
      : comm_(comm),
        options_(options),
        rules_(options),
        configuration_(std::move(configuration)),
        total_(total) {
    if (!options.job.checkpoint.empty()) {
      file_.emplace(comm, (std::filesystem::path(options.job.checkpoint) / (options.name + ".h5")).string(),
                    hdf5::CheckpointKey{.program = options.job.app,
                                        .format = 1,
                                        .configuration = configuration_,
                                        .seed = options.seed});
    }
  }

  // Collective.
  Outcome go() {
    const job::StopChecks signals(options_.job.checkpoint, "between two rounds");
    resume();
    if (so_far_.blocks == 0) {
      next_end_ = rules_.blocks_after_next_round(so_far_, total_.means());
    }
    while (!stop_) {
      run_round();
      so_far_.seconds = agreed_seconds();
      const Means now = total_.means();
      stop_ = rules_.verdict(so_far_, now);
      next_end_ = rules_.blocks_after_next_round(so_far_, now);
      save();
      if (!stop_) {
        signals.check_together(comm_);
      }
    }
    return {.means = total_.means(),
            .trials = so_far_.trials,
            .rounds = n_rounds_,
            .seconds = so_far_.seconds,
            .stop = *stop_};
  }

 private:
  // Collective: of this run and those before it, as rank 0 sees it.
  [[nodiscard]] double agreed_seconds() const {
    const std::chrono::duration<double> here = Clock::now() - start_;
    return mpi::broadcast_value(comm_, seconds_before_ + here.count());
  }

  // Collective: the blocks up to next_end_.
  void run_round() {
    const std::uint64_t begin = so_far_.blocks;
    job::Options job = options_.job;
    job.seed = options_.seed;
    const job::Plan plan{
        .name = ledger_name(n_rounds_),
        .n = next_end_ - begin,
        .configuration = fmt::format("{}blocks={} to {}\n", configuration_, begin, next_end_),
        .policy = options_.policy,
        .note = note()};
    total_.add_round(plan, job, [&](std::uint64_t i) {
      const std::uint64_t index = begin + i;
      return Block{
          .index = index, .first = index * options_.trials_per_block, .n = rules_.trials_of_block(index)};
    });
    so_far_.blocks = next_end_;
    so_far_.trials = total_.n_trials();
    ++n_rounds_;
  }

  // For whoever waits.
  [[nodiscard]] std::string note() const {
    if (so_far_.blocks == 0) {
      return {};
    }
    const Means now = total_.means();
    if (now.size() == 0) {
      return {};
    }
    std::string text = fmt::format("{:.8g} ± {:.2g}", now.value(0), now.standard_error(0));
    const std::optional<double> growth = rules_.wanted_growth(so_far_, now);
    if (growth && std::isfinite(*growth)) {
      text += fmt::format(", {} to the target", format_seconds(so_far_.seconds * std::max(*growth - 1, 0.0)));
    }
    return text;
  }

  // Collective.
  void resume() {
    if (!goes_on(file_, options_.job.resume)) {
      return;
    }
    const SavedRounds saved = file_->read([&](std::span<const std::byte> bytes) { total_.load(bytes); });
    so_far_ = {.blocks = saved.blocks, .trials = total_.n_trials(), .seconds = saved.seconds};
    n_rounds_ = saved.rounds;
    next_end_ = saved.end_of_next_round;
    seconds_before_ = saved.seconds;
    stop_ = saved.stop;
    if (stop_ == Stop::wall_time && rules_.verdict(so_far_, total_.means()) != Stop::wall_time) {
      stop_.reset();  // there is more time than there was then
    }
    remove_last_ledger();  // a job that was killed between the two may have left it
  }

  // Collective: what all rounds so far came to; then the ledger of the last one is not needed any more.
  void save() const {
    if (file_) {
      std::vector<std::byte> bytes;
      total_.save(bytes);
      file_->write({.blocks = so_far_.blocks,
                    .rounds = n_rounds_,
                    .stop = stop_,
                    .end_of_next_round = next_end_,
                    .seconds = so_far_.seconds},
                   bytes, total_.shown());
      remove_last_ledger();
    }
  }

  [[nodiscard]] std::string ledger_name(std::uint64_t round) const {
    return fmt::format("{}-{}", options_.name, round);
  }
  // Collective.
  void remove_last_ledger() const {
    mpi::on_root(comm_, [&] {
      const std::filesystem::path ledger =
          std::filesystem::path(options_.job.checkpoint) / ledger_name(n_rounds_ - 1);
      std::error_code status;
      std::filesystem::remove_all(ledger, status);
      if (status) {
        throw system_error("remove the ledger of a round that is over", status.value(), ledger.string());
      }
    });
  }

  const mpi::Communicator& comm_;
  const Options& options_;
  StoppingRules rules_;
  std::string configuration_;
  detail::RoundsTotal& total_;  // the same on all ranks, as all that follows
  SoFar so_far_;
  std::uint64_t n_rounds_ = 0;
  std::uint64_t next_end_ = 0;  // of the round to come, in blocks
  std::optional<Stop> stop_;
  std::optional<RoundsFile> file_;
  Clock::time_point start_ = Clock::now();
  double seconds_before_ = 0;
};

}  // namespace

const char* description_of(Stop stop) noexcept {
  switch (stop) {
    case Stop::trials:
      return "the number of trials";
    case Stop::error:
      return "the target error";
    case Stop::wall_time:
      return "the wall time";
    case Stop::no_variation:
      return "no variation among the trials";
  }
  return "";
}

Outcome detail::run_rounds(const mpi::Communicator& comm, const Options& options, const std::string& kind,
                           std::size_t n_observables, RoundsTotal& total) {
  return Rounds(comm, options, configuration_of(options, kind, n_observables), total).go();
}

Outcome run_rounds(const mpi::Communicator& comm, const Options& options, const Question& question,
                   const BlockBody& body) {
  MergedMoments all(question.n_observables, options.trials_per_block);
  return run_rounds(comm, options, question, all,
                    [&](const Block& block, job::Worker& worker, MergedMoments& merged) {
                      BlockMoments moments(question.n_observables);
                      body(block, worker, moments);
                      if (!worker.was_told_to_stop()) {
                        check_finite(moments, block);
                        merged.add(moments);
                      }
                    });
}

}  // namespace serried::montecarlo
