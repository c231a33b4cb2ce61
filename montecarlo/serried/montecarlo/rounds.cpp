#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/base/quantity.hpp>
#include <serried/hdf5/checkpoint.hpp>
#include <serried/job/run.hpp>
#include <serried/montecarlo/rounds.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>

namespace serried::montecarlo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t n_blocks_at_first = 16;
constexpr std::uint64_t trials_without_variation = std::uint64_t{1} << 24;

// Where a thread gathers: the moments of its blocks, and of the one at hand.
struct Gathered {
  MergedMoments merged;
  BlockMoments block;

  void merge(Gathered&& other) { merged.merge(std::move(other.merged)); }
  void save(std::vector<std::byte>& bytes) const { merged.save(bytes); }
  void load(std::span<const std::byte> bytes) { merged.load(bytes); }
};

void check(const Options& options) {
  const bool has_error = options.absolute_error > 0 || options.relative_error > 0;
  if (!(options.absolute_error >= 0) || !(options.relative_error >= 0) || !(options.wall_time.count() >= 0)) {
    throw usage_error("a target error, or a time, that is negative or no number");
  }
  if (options.trials == 0 && !has_error && options.wall_time.count() == 0) {
    throw usage_error(
        "nothing would end the estimate: it needs a number of trials, a target error or a time");
  }
  if (options.trials_per_block == 0 || options.trials_per_block > std::uint64_t{1} << 40) {
    throw usage_error("a block has 1 to 2^40 trials");
  }
}

// All that the result depends on.
std::string configuration_of(const Options& options, std::size_t n_observables) {
  return fmt::format(
      "trials={}\nabsolute_error={}\nrelative_error={}\ntrials_per_block={}\nobservables={}\nerrors={}\n{}",
      options.trials, options.absolute_error, options.relative_error, options.trials_per_block, n_observables,
      options.errors == Errors::of_trials ? "of trials" : "of blocks", options.configuration);
}

class Rounds {
 public:
  Rounds(const mpi::Communicator& comm, const Options& options, std::size_t n_observables,
         const std::function<Means(const MergedMoments&)>& means_of, const BlockBody& body)
      : comm_(comm),
        options_(options),
        means_of_(means_of),
        body_(body),
        configuration_(configuration_of(options, n_observables)),
        n_limit_(options.trials == 0 ? std::numeric_limits<std::uint64_t>::max()
                                     : (options.trials - 1) / options.trials_per_block + 1),
        all_(n_observables, options.trials_per_block) {
    // What is spread evenly over a block needs all of it.
    n_trials_limit_ = options.errors == Errors::of_blocks && options.trials > 0
                          ? n_limit_ * options.trials_per_block
                          : options.trials;
    if (!options.job.checkpoint.empty()) {
      checkpoint_.emplace(comm,
                          (std::filesystem::path(options.job.checkpoint) / (options.name + ".h5")).string(),
                          hdf5::CheckpointKey{.program = options.job.app,
                                              .format = 1,
                                              .configuration = configuration_,
                                              .seed = options.seed});
    }
  }

  // Collective.
  Outcome go() {
    resume();
    if (n_blocks_ == 0) {
      end_of_round_ = next_end();
    }
    while (!stop_) {
      run_round(end_of_round_);
      ++n_rounds_;
      look();
      end_of_round_ = next_end();
      write_checkpoint();
    }
    return {.means = means_of_(all_),
            .trials = all_.n_trials(),
            .rounds = n_rounds_,
            .seconds = agreed_seconds(),
            .stop = *stop_};
  }

 private:
  [[nodiscard]] double seconds() const {
    return seconds_before_ + std::chrono::duration<double>(Clock::now() - start_).count();
  }

  // Collective: as rank 0 sees it.
  [[nodiscard]] double agreed_seconds() const { return mpi::broadcast_value(comm_, seconds()); }

  // By how much the largest error is above what is wanted: 0 without a variation, 1 or less: it is small enough.
  [[nodiscard]] double excess(const Means& means) const {
    double largest = 0;
    for (std::size_t k = 0; k < means.size(); ++k) {
      const double error = means.standard_error(k);
      double least = std::numeric_limits<double>::infinity();  // of the rules, one is enough
      if (options_.absolute_error > 0) {
        least = error / options_.absolute_error;
      }
      if (options_.relative_error > 0 && error > 0) {
        least = std::min(least, error / (options_.relative_error * std::abs(means.value(k))));
      }
      largest = std::max(largest, least);
    }
    return largest;
  }
  [[nodiscard]] bool wants_error() const {
    return options_.absolute_error > 0 || options_.relative_error > 0;
  }
  [[nodiscard]] static bool has_variation(const Means& means) {
    for (std::size_t k = 0; k < means.size(); ++k) {
      if (!(means.standard_error(k) > 0)) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] double wall_time_or_forever() const {
    return options_.wall_time.count() > 0 ? options_.wall_time.count()
                                          : std::numeric_limits<double>::infinity();
  }

  // How many blocks there are to be after the next round: a function of the results alone, unless there is a wall time.
  [[nodiscard]] std::uint64_t next_end() const {
    if (!wants_error() && options_.wall_time.count() == 0) {
      return n_limit_;
    }
    if (n_blocks_ == 0) {
      return std::min(n_blocks_at_first, n_limit_);
    }
    // A fifth more at least, for rounds cost time; eight times as many at most, for the first errors are rough.
    double factor = 8;
    if (wants_error()) {
      const double wanted = excess(means_of_(all_));
      factor = std::min(factor, 1.02 * wanted * wanted);
    }
    if (options_.wall_time.count() > 0) {
      factor = std::min(factor, options_.wall_time.count() / std::max(agreed_seconds(), 1e-3));
    }
    factor = std::max(factor, 1.2);
    const double blocks = std::ceil(factor * static_cast<double>(n_blocks_));
    return blocks >= static_cast<double>(n_limit_) ? n_limit_ : static_cast<std::uint64_t>(blocks);
  }

  // Collective.
  void run_round(std::uint64_t end) {
    const std::uint64_t begin = n_blocks_;
    job::Options job = options_.job;
    job.seed = options_.seed;
    const job::Plan plan{.name = ledger_name(n_rounds_),
                         .n = end - begin,
                         .configuration = fmt::format("{}blocks={} to {}\n", configuration_, begin, end),
                         .policy = options_.policy,
                         .note = note()};
    auto parts = job::run(
        comm_, plan, job,
        [&] {
          return Gathered{MergedMoments(all_.n_observables(), options_.trials_per_block),
                          BlockMoments(all_.n_observables())};
        },
        [&](std::uint64_t i, Gathered& gathered, job::Worker& worker) {
          const std::uint64_t index = begin + i;
          const std::uint64_t first = index * options_.trials_per_block;
          const std::uint64_t n = n_trials_limit_ == 0
                                      ? options_.trials_per_block
                                      : std::min(options_.trials_per_block, n_trials_limit_ - first);
          gathered.block.clear();
          body_({.index = index, .first = first, .n = n}, worker, gathered.block);
          if (worker.was_told_to_stop()) {
            return;
          }
          check_finite(gathered.block, first, n);
          gathered.merged.add(gathered.block);
        });
    MergedMoments round(all_.n_observables(), options_.trials_per_block);
    for (Gathered& part : parts) {
      round.merge(std::move(part.merged));
    }
    round.allreduce(comm_);
    all_.merge(std::move(round));
    n_blocks_ = end;
  }

  static void check_finite(const BlockMoments& moments, std::uint64_t first, std::uint64_t n) {
    for (std::size_t k = 0; k < moments.n_observables(); ++k) {
      if (!std::isfinite(moments.mean()[k]) || !std::isfinite(moments.deviation(k, k))) {
        throw Error(
            fmt::format(
                "of trials {} to {} one gave a value that is no finite number, or too large to be squared{}",
                first, first + n - 1,
                moments.n_observables() > 1 ? fmt::format(" (observable {})", k) : std::string()))
            .hint("a mean of such values means nothing: what does the trial do then?");
      }
    }
  }

  // Whether it is enough. The same on all ranks.
  void look() {
    const Means means = means_of_(all_);
    const double time = agreed_seconds();
    const bool is_out_of_blocks = n_blocks_ >= n_limit_;
    if (wants_error() && has_variation(means) && excess(means) <= 1) {
      stop_ = Stop::error;
    } else if (is_out_of_blocks) {
      stop_ = Stop::trials;
    } else if (wants_error() && !has_variation(means) && all_.n_trials() >= trials_without_variation) {
      stop_ = Stop::no_variation;
    } else if (options_.wall_time.count() > 0 && time >= options_.wall_time.count()) {
      stop_ = Stop::wall_time;
    }
  }

  // For whoever waits.
  [[nodiscard]] std::string note() const {
    if (n_blocks_ == 0) {
      return {};
    }
    const Means means = means_of_(all_);
    std::string text = fmt::format("{:.8g} ± {:.2g}", means.value(0), means.standard_error(0));
    if (wants_error() && has_variation(means)) {
      const double wanted = excess(means);
      text +=
          fmt::format(", {} to the target", format_seconds(seconds() * std::max(wanted * wanted - 1, 0.0)));
    }
    return text;
  }

  // Collective.
  void resume() {
    if (!checkpoint_ || !checkpoint_->exists()) {
      return;
    }
    if (!options_.job.resume) {
      throw usage_error(checkpoint_->path() + " is a checkpoint already")
          .hint("go on with it with --resume, or remove it");
    }
    checkpoint_->read([&](const hdf5::Group& state) {
      const std::vector<std::uint64_t> counts = state.dataset<std::uint64_t>("counts").read();
      const std::vector<double> time = state.dataset<double>("seconds").read();
      const std::vector<std::int64_t> words = state.dataset<std::int64_t>("exact_sums").read();
      if (counts.size() != 4 || time.size() != 1 || counts[0] == 0 ||
          counts[2] > static_cast<std::uint64_t>(Stop::no_variation) + 1) {
        throw Error("the checkpoint's counts are no such").at(checkpoint_->path());
      }
      n_blocks_ = counts[0];
      n_rounds_ = counts[1];
      if (counts[2] > 0) {
        stop_ = static_cast<Stop>(counts[2] - 1);
      }
      end_of_round_ = counts[3];
      seconds_before_ = time[0];
      if (stop_ == Stop::wall_time && seconds_before_ < wall_time_or_forever()) {
        stop_.reset();  // more time than it was given then
      }
      all_.load(std::as_bytes(std::span(words)));
    });
    if (n_rounds_ > 0) {
      remove_ledger_of_last_round();  // a job that was killed between the two may have left it
    }
  }

  // Collective: what all rounds so far came to; then the ledger of the last one is not needed any more.
  void write_checkpoint() {
    if (!checkpoint_) {
      return;
    }
    const Means means = means_of_(all_);
    std::vector<std::byte> bytes;
    all_.save(bytes);
    std::vector<std::int64_t> words(bytes.size() / sizeof(std::int64_t));
    std::ranges::copy(bytes, reinterpret_cast<std::byte*>(words.data()));
    std::vector<double> errors;
    for (std::size_t k = 0; k < means.size(); ++k) {
      errors.push_back(means.standard_error(k));
    }
    const double time = agreed_seconds();
    checkpoint_->write([&](const hdf5::Group& state) {
      const std::uint64_t counts[] = {n_blocks_, n_rounds_,
                                      stop_ ? static_cast<std::uint64_t>(*stop_) + 1 : 0, end_of_round_};
      state.create_dataset<std::uint64_t>("counts", {4}).write(counts);
      state.create_dataset<double>("seconds", {1}).write(std::span<const double>(&time, 1));
      state.create_dataset<double>("mean", {means.size()}).write(means.values());
      state.create_dataset<double>("standard_error", {errors.size()}).write(errors);
      state.create_dataset<std::int64_t>("exact_sums", {words.size()}).write(words);
    });
    remove_ledger_of_last_round();
  }

  [[nodiscard]] std::string ledger_name(std::uint64_t round) const {
    return fmt::format("{}-{}", options_.name, round);
  }
  // Collective.
  void remove_ledger_of_last_round() const {
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
  const std::function<Means(const MergedMoments&)>& means_of_;
  const BlockBody& body_;
  std::string configuration_;
  std::uint64_t n_limit_;             // of blocks
  std::uint64_t n_trials_limit_ = 0;  // 0: none
  MergedMoments all_;                 // the same on all ranks
  std::uint64_t n_blocks_ = 0;
  std::uint64_t n_rounds_ = 0;
  // How many blocks there are to be after the round at hand. It may depend on the time: what goes on must know it, for the round's
  // ledger is of these blocks.
  std::uint64_t end_of_round_ = 0;
  std::optional<Stop> stop_;
  std::optional<hdf5::Checkpoint> checkpoint_;
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

Outcome run_rounds(const mpi::Communicator& comm, const Options& options, std::size_t n_observables,
                   const std::function<Means(const MergedMoments&)>& means_of, const BlockBody& body) {
  check(options);
  return Rounds(comm, options, n_observables, means_of, body).go();
}

}  // namespace serried::montecarlo
