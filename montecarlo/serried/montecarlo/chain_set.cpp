#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/base/parallel.hpp>
#include <serried/base/partition.hpp>
#include <serried/job/run.hpp>
#include <serried/job/stop_checks.hpp>
#include <serried/montecarlo/chain_checkpoint.hpp>
#include <serried/montecarlo/chain_exchange.hpp>
#include <serried/montecarlo/chain_parts.hpp>
#include <serried/montecarlo/chain_set.hpp>
#include <serried/montecarlo/stopping.hpp>
#include <serried/montecarlo/stretches.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/report/progress_line.hpp>
#include <serried/report/timed_phase.hpp>

namespace serried::montecarlo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t most_samples = std::uint64_t{1} << 48;
constexpr std::uint64_t most_chains = std::uint64_t{1} << 20;

void check(const ChainOptions& options, const ChainPlan& plan) {
  expects(plan.n_observables > 0, "there is an observable");
  expects(plan.n_rungs > 0, "there is a rung");
  for (const std::size_t k : options.target_observables) {
    expects(k < plan.n_observables, "targets are those of observables that there are");
  }
  struct Number {
    const char* name;
    std::uint64_t value;
    std::uint64_t most;
  };
  for (const auto& [name, value, most] :
       {Number{"chains", options.chains, most_chains}, Number{"samples", options.samples, most_samples},
        Number{"steps of a sample", options.steps_per_sample, most_samples},
        Number{"samples of a stretch", options.samples_per_stretch, most_samples}}) {
    if (value == 0 || value > most) {
      throw usage_error(fmt::format("the number of {} is {}: it must be from 1 to {}", name, value, most));
    }
  }
  if (options.chains > most_chains / plan.n_rungs) {
    throw usage_error(
        fmt::format("{} chains on each of {} rungs: at most 2^20 in all", options.chains, plan.n_rungs));
  }
  if (options.has_target() && options.max_samples != 0 && options.max_samples < options.samples) {
    throw usage_error(
        fmt::format("at most {} samples of a chain, but {} at first", options.max_samples, options.samples));
  }
  if (options.warm_up > most_samples) {
    throw usage_error(fmt::format("a warm-up of {} samples: at most 2^48", options.warm_up));
  }
}

// No error of fewer bins ends an estimate.
constexpr double least_bins = 32;

class ChainRun {
 public:
  ChainRun(const mpi::Communicator& comm, const ChainOptions& options, const ChainPlan& plan,
           ChainSet& chains)
      : comm_(comm),
        options_(options),
        plan_(plan),
        chains_(chains),
        parts_(comm, options.chains, plan.n_rungs),
        is_exchanged_(plan.exchange_every > 0 && plan.n_rungs > 1),
        exchange_(comm, parts_, chains, options.seed, options.name + " exchanges"),
        checkpoint_(comm, options, plan, parts_, chains, exchange_),
        n_threads_(static_cast<int>(std::min<std::uint64_t>(
            static_cast<std::uint64_t>(job::n_threads_of(comm, options.job)), parts_.mine().size()))) {
    if (options.has_target()) {
      target_.emplace(
          Options{.absolute_error = options.absolute_error, .relative_error = options.relative_error});
    }
    target_observables_ = options.target_observables;
    if (target_observables_.empty()) {
      target_observables_.resize(plan.n_observables);
      std::iota(target_observables_.begin(), target_observables_.end(), 0);
    }
    progress_.bins = bins_of(options.samples);
    progress_.series.assign(parts_.mine().size(), Series(plan.n_observables, progress_.bins));
  }

  // Collective.
  LadderEstimate go() {
    const job::StopChecks signals(options_.job.checkpoint, "between two stretches");
    const report::TimedPhase phase(options_.job.record, comm_, options_.name);
    report::ProgressLine line(options_.job.app, comm_.is_root()
                                                    ? report::progress_style(options_.job.progress)
                                                    : report::ProgressStyle());
    chains_.resize(parts_.mine().size());
    make_chains();
    checkpoint_.begin(progress_);
    seconds_before_ = progress_.seconds;
    for (;;) {
      run_round(signals, line);
      LadderEstimate found = estimate();
      if (const auto stop = verdict(found)) {
        found.stop = *stop;
        phase.finish(n_threads_);
        return found;
      }
      for (Series& series : progress_.series) {
        series.double_bins();
      }
      progress_.bins = doubled(progress_.bins);
    }
  }

 private:
  // What rank 0's clock says.
  struct Next {
    std::uint64_t n_stretches = 1;
    bool must_save = false;
    double seconds = 0;
  };

  // Collective: until the bins are full.
  void run_round(const job::StopChecks& signals, report::ProgressLine& line) {
    while (progress_.done < total()) {
      next_ = go_on(next_.n_stretches);
      line.update({.done = progress_.done,
                   .total = total(),
                   .unit = report::Moment::Unit::items,
                   .note = progress_.done < options_.warm_up ? "warming up" : note_});
      if (next_.must_save || progress_.done == total()) {
        save();
      }
      if (progress_.done < total()) {
        signals.check_together(comm_, [&] { save(); });
      }
    }
  }

  // Of each chain, those of the warm-up among them.
  [[nodiscard]] std::uint64_t total() const { return options_.warm_up + progress_.bins.samples(); }
  [[nodiscard]] Stretches stretches() const {
    return {.total = total(),
            .length = options_.samples_per_stretch,
            .exchange_every = is_exchanged_ ? plan_.exchange_every : 0};
  }

  // `work(chain)` for each of this thread's.
  template <class Work>
  void for_each_chain_of(int thread, const Work& work) const {
    const Range mine = parts_.mine();
    const Range part =
        block(mine.size(), static_cast<std::uint64_t>(n_threads_), static_cast<std::uint64_t>(thread));
    for (std::uint64_t i = part.begin; i < part.end; ++i) {
      work(mine.begin + i);
    }
  }
  // Collective: for each of this rank's, on all threads.
  template <class Work>
  void for_each_chain(const Work& work) const {
    mpi::together(comm_,
                  [&] { on_threads(n_threads_, [&](int thread) { for_each_chain_of(thread, work); }); });
  }

  void make_chains() {
    for_each_chain([&](std::uint64_t chain) {
      random::Stream start(options_.seed, options_.name + " start", chain);
      chains_.make(parts_.place_of(chain), parts_.rung_of(chain), start);
    });
  }

  // Collective: so many stretches.
  Next go_on(std::uint64_t n_stretches) {
    const Clock::time_point start = Clock::now();
    if (is_exchanged_) {
      go_on_with_exchanges(n_stretches);
    } else {
      const Stretches all = stretches();
      std::uint64_t end = progress_.done;
      for (std::uint64_t n = 0; n < n_stretches && end < all.total; ++n) {
        end = all.end(end);
      }
      for_each_chain([&](std::uint64_t chain) {
        for (std::uint64_t at = progress_.done; at < end; at = all.end(at)) {
          run_stretch(chain, at, all.end(at));
        }
      });
      progress_.done = end;
    }
    return look_at_the_clock(n_stretches, start);
  }
  void go_on_with_exchanges(std::uint64_t n_stretches) {
    const Stretches all = stretches();
    std::uint64_t n_gone = 0;
    on_threads_in_rounds(
        n_threads_,
        [&](int thread) {
          const std::uint64_t end = all.end(progress_.done);
          for_each_chain_of(thread, [&](std::uint64_t chain) {
            run_stretch(chain, progress_.done, end);
            if (const auto number = all.exchange_after(end)) {
              exchange_.weigh(chain, *number);
            }
          });
        },
        [&](const std::exception_ptr& failure) {
          mpi::together(comm_, [&] {
            if (failure) {
              std::rethrow_exception(failure);
            }
          });
          progress_.done = all.end(progress_.done);
          if (const auto number = all.exchange_after(progress_.done)) {
            exchange_.exchange(*number);
          }
          return ++n_gone < n_stretches && progress_.done < all.total;
        });
  }

  // The samples [begin, end) of all, those of the warm-up among them.
  void run_stretch(std::uint64_t chain, std::uint64_t begin, std::uint64_t end) {
    const std::size_t place = parts_.place_of(chain);
    Series& series = progress_.series[place];
    random::Stream stream(options_.seed, options_.name, begin * parts_.n_chains() + chain);
    const std::uint64_t n_before =
        options_.warm_up > begin ? std::min(options_.warm_up - begin, end - begin) : 0;
    chains_.go(
        place, stream,
        {.n_samples = end - begin, .n_unmeasured = n_before, .steps_per_sample = options_.steps_per_sample},
        series);
    for (std::size_t k = 0; k < plan_.n_observables; ++k) {
      for (const std::size_t which : {0, 1}) {
        const Series::Half half = series.half(which, k);
        if (!std::isfinite(half.mean) || !std::isfinite(half.deviations)) {
          throw Error(fmt::format("chain {}: among samples {} to {} of observable {} one is no finite "
                                  "number, or too large to be squared",
                                  chain, begin, end - 1, k))
              .hint(
                  "samples of the warm-up count; a mean of such values means nothing: what does `measure` do "
                  "then?");
        }
      }
    }
  }

  // Collective: how long to go on before looking again, so that signals are seen soon and looking costs nothing.
  Next look_at_the_clock(std::uint64_t n_stretches, Clock::time_point start) {
    const auto now = Clock::now();
    const double took = std::chrono::duration<double>(now - start).count();
    const double wanted = std::min(0.1, std::chrono::duration<double>(options_.job.checkpoint_every).count());
    const double factor = std::clamp(wanted / std::max(took, 1e-9), 0.25, 4.0);
    Next next{.n_stretches = std::max<std::uint64_t>(
                  1, static_cast<std::uint64_t>(static_cast<double>(n_stretches) * factor)),
              .must_save = now - last_save_ >= options_.job.checkpoint_every,
              .seconds = seconds_before_ + std::chrono::duration<double>(now - start_).count()};
    next = mpi::broadcast_value(comm_, next);
    progress_.seconds = next.seconds;
    return next;
  }

  // Collective.
  void save() {
    checkpoint_.save(progress_);
    last_save_ = Clock::now();
  }

  // Collective.
  [[nodiscard]] LadderEstimate estimate() const {
    const std::vector<double> words = mpi::allgather_ragged(comm_, words_of(progress_.series));
    const std::size_t n_words = Series::n_words(plan_.n_observables, progress_.bins);
    LadderEstimate result{.rungs = {}, .acceptance = exchange_.acceptance(), .seconds = progress_.seconds};
    for (std::size_t rung = 0; rung < plan_.n_rungs; ++rung) {
      std::vector<Series> copies(options_.chains, Series(plan_.n_observables, progress_.bins));
      std::vector<const Series*> all;
      for (std::uint64_t copy = 0; copy < copies.size(); ++copy) {
        const std::uint64_t chain = copy * plan_.n_rungs + rung;
        copies[copy].restore(std::span(words).subspan(chain * n_words, n_words), progress_.bins.samples());
        all.push_back(&copies[copy]);
      }
      result.rungs.push_back(estimate_of(all));
    }
    return result;
  }

  // Why it is enough, if it is: the same on all ranks. Else notes how far it is.
  [[nodiscard]] std::optional<Stop> verdict(const LadderEstimate& found) {
    if (!target_) {
      return Stop::trials;
    }
    bool is_met = true;
    bool are_long_enough = true;
    double growth = 0;
    Stop stop = Stop::no_variation;
    for (const ChainEstimate& rung : found.rungs) {
      const SoFar so_far = {.trials = rung.samples};
      const Means means = rung.means.only(target_observables_);
      const std::optional<Stop> of_rung = target_->verdict(so_far, means);
      is_met = is_met && of_rung;
      are_long_enough =
          are_long_enough && means[0].degrees_of_freedom + 1 >= least_bins &&
          std::ranges::all_of(target_observables_, [&](std::size_t k) { return rung.is_long_enough_for(k); });
      growth = std::max(growth, target_->wanted_growth(so_far, means).value_or(0));
      if (of_rung == Stop::error) {
        stop = Stop::error;
      }
    }
    if (is_met && are_long_enough) {
      return stop;
    }
    const std::uint64_t most = options_.max_samples == 0 ? most_samples : options_.max_samples;
    if (doubled(progress_.bins).samples() > most) {
      return Stop::trials;
    }
    note_ =
        is_met ? "too short for its errors" : fmt::format("error {:.1f} times the target", std::sqrt(growth));
    return std::nullopt;
  }

  const mpi::Communicator& comm_;
  const ChainOptions& options_;
  const ChainPlan& plan_;
  ChainSet& chains_;
  ChainParts parts_;
  bool is_exchanged_;
  ChainExchange exchange_;
  ChainCheckpoint checkpoint_;
  int n_threads_;
  std::optional<StoppingRules> target_;
  std::vector<std::size_t> target_observables_;
  ChainProgress progress_;
  std::string note_;
  Next next_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_save_ = start_;
  double seconds_before_ = 0;
};

}  // namespace

LadderEstimate run_chains(const mpi::Communicator& comm, const ChainOptions& options, const ChainPlan& plan,
                          ChainSet& chains) {
  check(options, plan);
  return ChainRun(comm, options, plan, chains).go();
}

}  // namespace serried::montecarlo
