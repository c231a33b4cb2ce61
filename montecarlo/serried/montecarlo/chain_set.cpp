#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/base/parallel.hpp>
#include <serried/base/partition.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/hdf5/checkpoint.hpp>
#include <serried/job/run.hpp>
#include <serried/job/stop_checks.hpp>
#include <serried/montecarlo/chain_set.hpp>
#include <serried/montecarlo/goes_on.hpp>
#include <serried/montecarlo/stretches.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/alltoall.hpp>
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
  const std::pair<const char*, std::uint64_t> numbers[] = {
      {"chains", options.chains},
      {"samples", options.samples},
      {"steps of a sample", options.steps_per_sample},
      {"samples of a stretch", options.samples_per_stretch}};
  for (const auto& [name, number] : numbers) {
    if (number == 0 || number > most_samples) {
      throw usage_error(fmt::format("the number of {} is {}: it must be from 1 to 2^48", name, number));
    }
  }
  if (options.chains > most_chains / plan.n_rungs) {
    throw usage_error(
        fmt::format("{} chains on each of {} rungs: at most 2^20 in all", options.chains, plan.n_rungs));
  }
  if (options.warm_up > most_samples) {
    throw usage_error(fmt::format("a warm-up of {} samples: at most 2^48", options.warm_up));
  }
}

class ChainRun {
 public:
  ChainRun(const mpi::Communicator& comm, const ChainOptions& options, const ChainPlan& plan,
           ChainSet& chains)
      : comm_(comm),
        options_(options),
        plan_(plan),
        chains_(chains),
        bins_(bins_of(options.samples)),
        n_chains_(options.chains * plan.n_rungs),
        total_(options.warm_up + bins_.samples()),
        is_exchanged_(plan.exchange_every > 0 && plan.n_rungs > 1),
        stretches_{.total = total_,
                   .length = options.samples_per_stretch,
                   .exchange_every = is_exchanged_ ? plan.exchange_every : 0},
        mine_(part_of(comm.rank())),
        n_threads_(static_cast<int>(std::min<std::uint64_t>(
            static_cast<std::uint64_t>(job::n_threads_of(comm, options.job)), mine_.size()))),
        series_(mine_.size(), Series(plan.n_observables, bins_)),
        weights_of_mine_(mine_.size()),
        n_tried_(plan.n_rungs),
        n_exchanged_(plan.n_rungs) {
    for (int rank = 0; rank < comm.size(); ++rank) {
      n_chains_of_rank_.push_back(part_of(rank).size());
    }
    if (!options.job.checkpoint.empty()) {
      file_.emplace(comm, (std::filesystem::path(options.job.checkpoint) / (options.name + ".h5")).string(),
                    hdf5::CheckpointKey{.program = options.job.app,
                                        .format = 1,
                                        .configuration = configuration(),
                                        .seed = options.seed});
    }
  }

  // Collective.
  LadderEstimate go() {
    const job::StopChecks signals(options_.job.checkpoint, "between two stretches");
    const report::TimedPhase phase(options_.job.record, comm_, options_.name);
    report::ProgressLine line(options_.job.app, comm_.is_root()
                                                    ? report::progress_style(options_.job.progress)
                                                    : report::ProgressStyle());
    chains_.resize(mine_.size());
    make_chains();
    prepare_folder();
    resume();
    for (Next next{.n_stretches = 1}; done_ < total_;) {
      next = go_on(next.n_stretches);
      line.update({.done = done_, .total = total_, .unit = report::Moment::Unit::items, .note = note()});
      if (file_ && (next.must_save || done_ == total_)) {
        save();
      }
      if (done_ < total_) {
        signals.check_together(comm_, [&] { save(); });
      }
    }
    phase.finish(n_threads_);
    return estimate();
  }

 private:
  // What rank 0's clock says.
  struct Next {
    std::uint64_t n_stretches = 0;
    bool must_save = false;
    double seconds = 0;
  };

  [[nodiscard]] Range part_of(int rank) const {
    return block(n_chains_, static_cast<std::uint64_t>(comm_.size()), static_cast<std::uint64_t>(rank));
  }
  [[nodiscard]] std::size_t owner_of(std::uint64_t chain) const {
    return block_of(chain, n_chains_, static_cast<std::uint64_t>(comm_.size()));
  }
  [[nodiscard]] bool is_mine(std::uint64_t chain) const { return chain >= mine_.begin && chain < mine_.end; }
  [[nodiscard]] std::size_t place_of(std::uint64_t chain) const { return chain - mine_.begin; }
  [[nodiscard]] std::size_t rung_of(std::uint64_t chain) const { return chain % plan_.n_rungs; }

  // All that the result depends on, but for the seed.
  [[nodiscard]] std::string configuration() const {
    return fmt::format(
        "{}chains={}\nrungs={}\nexchange_every={}\nwarm_up={}\nsamples={}\nsteps_per_sample={}\n"
        "samples_per_stretch={}\nobservables={}\n",
        options_.configuration, options_.chains, plan_.n_rungs, plan_.exchange_every, options_.warm_up,
        options_.samples, options_.steps_per_sample, options_.samples_per_stretch, plan_.n_observables);
  }

  // `work(chain)` for each of this thread's.
  template <class Work>
  void for_each_chain_of(int thread, const Work& work) const {
    const Range part =
        block(mine_.size(), static_cast<std::uint64_t>(n_threads_), static_cast<std::uint64_t>(thread));
    for (std::uint64_t i = part.begin; i < part.end; ++i) {
      work(mine_.begin + i);
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
      chains_.make(place_of(chain), rung_of(chain), start);
    });
  }

  // Collective: so many stretches.
  Next go_on(std::uint64_t n_stretches) {
    const Clock::time_point start = Clock::now();
    if (is_exchanged_) {
      std::uint64_t n_gone = 0;
      on_threads_in_rounds(
          n_threads_,
          [&](int thread) {
            for_each_chain_of(thread, [&](std::uint64_t chain) {
              const std::uint64_t end = stretches_.end(done_);
              run_stretch(chain, done_, end);
              if (const auto number = stretches_.exchange_after(end)) {
                weights_of_mine_[place_of(chain)] = weights_of(chain, *number);
              }
            });
          },
          [&](const std::exception_ptr& failure) {
            mpi::together(comm_, [&] {
              if (failure) {
                std::rethrow_exception(failure);
              }
            });
            done_ = stretches_.end(done_);
            if (const auto number = stretches_.exchange_after(done_)) {
              exchange(*number);
            }
            return ++n_gone < n_stretches && done_ < total_;
          });
    } else {
      const std::uint64_t n_left = (total_ - done_ - 1) / options_.samples_per_stretch + 1;
      const std::uint64_t end =
          n_stretches < n_left ? done_ + n_stretches * options_.samples_per_stretch : total_;
      for_each_chain([&](std::uint64_t chain) {
        for (std::uint64_t at = done_; at < end; at = stretches_.end(at)) {
          run_stretch(chain, at, stretches_.end(at));
        }
      });
      done_ = end;
    }
    return look_at_the_clock(n_stretches, start);
  }

  // The samples [begin, end) of all, those of the warm-up among them.
  void run_stretch(std::uint64_t chain, std::uint64_t begin, std::uint64_t end) {
    Series& series = series_[place_of(chain)];
    random::Stream stream(options_.seed, options_.name, stretches_.number(begin) * n_chains_ + chain);
    const std::uint64_t n_before =
        options_.warm_up > begin ? std::min(options_.warm_up - begin, end - begin) : 0;
    chains_.go(
        place_of(chain), stream,
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
    seconds_ = next.seconds;
    return next;
  }

  // Logarithms: of a chain's configuration on its own rung, and on the one with which it is paired by exchange `number`.
  struct Weights {
    double here = 0;
    double there = 0;
  };
  [[nodiscard]] Weights weights_of(std::uint64_t chain, std::uint64_t number) const {
    const std::size_t rung = rung_of(chain);
    const bool is_lower = rung % 2 == number % 2;
    if (is_lower ? rung + 1 == plan_.n_rungs : rung == 0) {
      return {};
    }
    return {chains_.log_weight(place_of(chain), rung),
            chains_.log_weight(place_of(chain), is_lower ? rung + 1 : rung - 1)};
  }

  // Collective. All ranks decide the same.
  void exchange(std::uint64_t number) {
    mpi::allgather_ragged(comm_, weights_of_mine_, weights_, n_chains_of_rank_);
    random::Stream dice(options_.seed, options_.name + " exchanges", number);
    std::vector<std::uint64_t> exchanged;  // the lower chains of the pairs
    for (std::uint64_t chain = 0; chain < n_chains_; ++chain) {
      const std::size_t rung = rung_of(chain);
      if (rung % 2 != number % 2 || rung + 1 == plan_.n_rungs) {
        continue;
      }
      const Weights& a = weights_[chain];
      const Weights& b = weights_[chain + 1];
      const double change = (a.there - a.here) + (b.there - b.here);
      if (std::isnan(change)) {
        throw Error(fmt::format("chains {} and {}: a logarithm of a weight is no number", chain, chain + 1))
            .hint("is log_weight that of the configuration, for any rung?");
      }
      ++n_tried_[rung];
      if (dice.uniform() < portable::exp(change)) {
        ++n_exchanged_[rung];
        exchanged.push_back(chain);
      }
    }
    move_configurations(exchanged);
  }

  // Collective: chain and chain + 1 exchange theirs.
  void move_configurations(const std::vector<std::uint64_t>& exchanged) {
    std::vector<std::vector<std::byte>> outgoing(static_cast<std::size_t>(comm_.size()));
    mpi::together(comm_, [&] {
      for (const std::uint64_t chain : exchanged) {
        const std::uint64_t next = chain + 1;
        if (is_mine(chain) && is_mine(next)) {
          const std::vector<std::byte> a = configuration_of(chain);
          const std::vector<std::byte> b = configuration_of(next);
          chains_.load(place_of(chain), b);
          chains_.load(place_of(next), a);
        } else if (is_mine(chain)) {
          outgoing[owner_of(next)] = configuration_of(chain);
        } else if (is_mine(next)) {
          outgoing[owner_of(chain)] = configuration_of(next);
        }
      }
    });
    const bool is_between_ranks = std::ranges::any_of(
        exchanged, [&](std::uint64_t chain) { return owner_of(chain) != owner_of(chain + 1); });
    if (!is_between_ranks) {
      return;
    }
    const std::vector<std::span<const std::byte>> parts(outgoing.begin(), outgoing.end());
    const auto received = mpi::alltoall_ragged<std::byte>(comm_, parts);
    mpi::together(comm_, [&] {
      for (const std::uint64_t chain : exchanged) {
        const std::uint64_t next = chain + 1;
        if (is_mine(chain) && !is_mine(next)) {
          chains_.load(place_of(chain), received[owner_of(next)]);
        } else if (is_mine(next) && !is_mine(chain)) {
          chains_.load(place_of(next), received[owner_of(chain)]);
        }
      }
    });
  }
  [[nodiscard]] std::vector<std::byte> configuration_of(std::uint64_t chain) const {
    std::vector<std::byte> bytes;
    chains_.save(place_of(chain), bytes);
    return bytes;
  }

  // Collective.
  void save() {
    std::vector<std::uint64_t> sizes_of_mine;
    std::vector<std::uint8_t> states;
    mpi::together(comm_, [&] {
      for (std::size_t i = 0; i < mine_.size(); ++i) {
        const std::vector<std::byte> bytes = configuration_of(mine_.begin + i);
        const auto* const first = reinterpret_cast<const std::uint8_t*>(bytes.data());
        states.insert(states.end(), first, first + bytes.size());
        sizes_of_mine.push_back(bytes.size());
      }
    });
    const std::vector<double> words = words_of_mine();
    const std::vector<std::uint64_t> sizes = mpi::allgather_ragged(comm_, sizes_of_mine);
    const std::vector<std::uint64_t> offsets = offsets_of(sizes);
    const std::uint64_t n_words = Series::n_words(plan_.n_observables, bins_);
    std::vector<std::uint64_t> exchanges = n_tried_;
    exchanges.insert(exchanges.end(), n_exchanged_.begin(), n_exchanged_.end());
    file_->write([&](const hdf5::Group& state) {
      state.create_dataset<std::uint64_t>("samples", {1}).write(std::span<const std::uint64_t>(&done_, 1));
      state.create_dataset<double>("seconds", {1}).write(std::span<const double>(&seconds_, 1));
      state.create_dataset<std::uint64_t>("exchanges", {2, plan_.n_rungs}).write(exchanges);
      state.create_dataset<double>("series", {n_chains_, n_words})
          .write_slab({mine_.begin, 0}, {mine_.size(), n_words}, words, hdf5::Transfer::collective);
      state.create_dataset<std::uint64_t>("configuration_sizes", {n_chains_}).write(sizes);
      state.create_dataset<std::uint8_t>("configurations", {std::max<std::uint64_t>(offsets.back(), 1)})
          .write_slab({offsets[mine_.begin]}, {states.size()}, states, hdf5::Transfer::collective);
    });
    last_save_ = Clock::now();
  }

  // Collective.
  void prepare_folder() const {
    if (!file_) {
      return;
    }
    mpi::on_root(comm_, [&] {
      std::error_code status;
      std::filesystem::create_directories(options_.job.checkpoint, status);
      if (status) {
        throw system_error("make the folder of the checkpoint", status.value(), options_.job.checkpoint);
      }
    });
  }

  // Collective.
  void resume() {
    if (!goes_on(file_, options_.job.resume)) {
      return;
    }
    file_->read([&](const hdf5::Group& state) {
      const std::uint64_t n_words = Series::n_words(plan_.n_observables, bins_);
      const auto samples = state.dataset<std::uint64_t>("samples").read();
      const auto seconds = state.dataset<double>("seconds").read();
      const auto exchanges = state.dataset<std::uint64_t>("exchanges").read();
      const auto sizes = state.dataset<std::uint64_t>("configuration_sizes").read();
      const auto series = state.dataset<double>("series");
      const auto configurations = state.dataset<std::uint8_t>("configurations");
      series.expect_shape({static_cast<std::int64_t>(n_chains_), static_cast<std::int64_t>(n_words)});
      if (samples.size() != 1 || samples[0] > total_ || seconds.size() != 1 ||
          exchanges.size() != 2 * plan_.n_rungs || sizes.size() != n_chains_) {
        throw Error("the checkpoint's counts are no such").at(file_->path());
      }
      done_ = samples[0];
      seconds_ = seconds_before_ = seconds[0];
      const auto middle = exchanges.begin() + static_cast<std::ptrdiff_t>(plan_.n_rungs);
      n_tried_.assign(exchanges.begin(), middle);
      n_exchanged_.assign(middle, exchanges.end());

      const std::uint64_t n_measured = done_ - std::min(done_, options_.warm_up);
      const std::vector<std::uint64_t> offsets = offsets_of(sizes);
      std::vector<double> words(n_words);
      for (std::size_t i = 0; i < mine_.size(); ++i) {
        const std::uint64_t chain = mine_.begin + i;
        series.read_slab({chain, 0}, {1, n_words}, words, hdf5::Transfer::independent);
        series_[i].restore(words, n_measured);
        std::vector<std::uint8_t> bytes(sizes[chain]);
        configurations.read_slab({offsets[chain]}, {bytes.size()}, bytes, hdf5::Transfer::independent);
        chains_.load(i, std::as_bytes(std::span(bytes)));
      }
    });
  }

  // Where each of these sizes begins, and where the last one ends.
  [[nodiscard]] static std::vector<std::uint64_t> offsets_of(const std::vector<std::uint64_t>& sizes) {
    std::vector<std::uint64_t> offsets(1, 0);
    for (const std::uint64_t size : sizes) {
      offsets.push_back(offsets.back() + size);
    }
    return offsets;
  }

  [[nodiscard]] std::string note() const { return done_ < options_.warm_up ? "warming up" : ""; }

  [[nodiscard]] std::vector<double> words_of_mine() const {
    std::vector<double> words;
    for (const Series& series : series_) {
      words.insert(words.end(), series.words().begin(), series.words().end());
    }
    return words;
  }

  // Collective.
  [[nodiscard]] LadderEstimate estimate() const {
    const std::vector<double> words = mpi::allgather_ragged(comm_, words_of_mine());
    const std::size_t n_words = Series::n_words(plan_.n_observables, bins_);
    LadderEstimate result{.rungs = {}, .acceptance = {}, .seconds = seconds_};
    for (std::size_t rung = 0; rung < plan_.n_rungs; ++rung) {
      std::vector<Series> copies(options_.chains, Series(plan_.n_observables, bins_));
      std::vector<const Series*> all;
      for (std::uint64_t copy = 0; copy < copies.size(); ++copy) {
        const std::uint64_t chain = copy * plan_.n_rungs + rung;
        copies[copy].restore(std::span(words).subspan(chain * n_words, n_words), bins_.samples());
        all.push_back(&copies[copy]);
      }
      result.rungs.push_back(estimate_of(all));
      if (rung + 1 < plan_.n_rungs) {
        result.acceptance.push_back(n_tried_[rung] == 0 ? std::numeric_limits<double>::quiet_NaN()
                                                        : static_cast<double>(n_exchanged_[rung]) /
                                                              static_cast<double>(n_tried_[rung]));
      }
    }
    return result;
  }

  const mpi::Communicator& comm_;
  const ChainOptions& options_;
  const ChainPlan& plan_;
  ChainSet& chains_;
  Bins bins_;
  std::uint64_t n_chains_;  // chain `copy * n_rungs + rung`
  std::uint64_t total_;     // samples of each, those of the warm-up among them
  bool is_exchanged_;
  Stretches stretches_;
  Range mine_;
  int n_threads_;
  std::vector<Series> series_;  // of this rank's chains
  std::vector<Weights> weights_of_mine_;
  std::vector<Weights> weights_;  // of all chains
  std::vector<std::size_t> n_chains_of_rank_;
  std::vector<std::uint64_t> n_tried_;  // exchanges of each rung with the next one
  std::vector<std::uint64_t> n_exchanged_;
  std::uint64_t done_ = 0;
  std::optional<hdf5::Checkpoint> file_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_save_ = start_;
  double seconds_before_ = 0;
  double seconds_ = 0;
};

}  // namespace

LadderEstimate run_chains(const mpi::Communicator& comm, const ChainOptions& options, const ChainPlan& plan,
                          ChainSet& chains) {
  check(options, plan);
  return ChainRun(comm, options, plan, chains).go();
}

}  // namespace serried::montecarlo
