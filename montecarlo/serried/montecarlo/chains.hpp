/// Markov chains on all ranks and threads: means of what they measure, with errors that know of the correlations between
/// samples, the same bits from any number of ranks and threads, and after any restart.
///
///     struct Walk {                                       // of the distribution exp(-x²/2)
///       double x = 0;
///       void step(random::Stream& stream) {
///         const double to = x + stream.uniform(-2, 2);
///         if (stream.uniform() < portable::exp((x * x - to * to) / 2)) x = to;
///       }
///       void measure(std::span<double> values) const { values[0] = x * x; }
///       void save(std::vector<std::byte>& bytes) const { job::append_bytes(bytes, x); }
///       void load(std::span<const std::byte> bytes) { x = job::value_of_bytes<double>(bytes); }
///     };
///     const auto x2 = estimate_by_chains(world, {.chains = 8, .samples = 100'000, .seed = 42}, 1,
///                                        [](random::Stream&) { return Walk(); });
///     x2.means[0], x2.autocorrelation_times[0], x2.effective_samples[0], x2.split_r_hats[0]
///
/// With `.absolute_error = 1e-3`, too, samples are doubled until the errors are that small.
///
/// `estimate_by_tempering` has a ladder of distributions instead of one, between whose neighbours configurations are exchanged.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/montecarlo/chain_set.hpp>
#include <serried/montecarlo/series.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

/// One chain. `step` must draw from the stream alone; `measure` fills in all observables; `save` appends the configuration, from
/// which `load`, of any chain of the same job, goes on to the same bits; it throws where bytes do not fit.
template <class C>
concept Chain = std::movable<C> &&
    requires(C& chain, const C& configuration, random::Stream& stream, std::span<double> values,
             std::vector<std::byte>& bytes, std::span<const std::byte> saved) {
  chain.step(stream);
  configuration.measure(values);
  configuration.save(bytes);
  chain.load(saved);
};

/// One whose configuration may go to another rung. What belongs to the rung, such as the temperature that `step` knows, stays where it
/// is: `save` and `load` are of the rest. log_weight(rung) is the logarithm of its probability there, up to a term that
/// is the same for all configurations: -energy / temperature. The same bits everywhere, so without libm.
template <class C>
concept TemperedChain = Chain<C> && requires(const C& chain, std::size_t rung) {
  { chain.log_weight(rung) } -> std::convertible_to<double>;
};

namespace detail {

// `make(start, rung)` makes one.
template <class C, class Make>
class ChainsOf final : public ChainSet {
 public:
  explicit ChainsOf(const Make& make) : make_(&make) {}

  void resize(std::size_t n) override { chains_.resize(n); }
  void make(std::size_t i, std::size_t rung, random::Stream& start) override {
    chains_[i].emplace((*make_)(start, rung));
  }
  void go(std::size_t i, random::Stream& stream, const Stretch& stretch, Series& series) override {
    C& chain = *chains_[i];
    std::vector<double> values(series.n_observables());
    for (std::uint64_t sample = 0; sample < stretch.n_samples; ++sample) {
      for (std::uint64_t step = 0; step < stretch.steps_per_sample; ++step) {
        chain.step(stream);
      }
      if (sample >= stretch.n_unmeasured) {
        std::as_const(chain).measure(values);
        series.add(values);
      }
    }
  }
  [[nodiscard]] double log_weight(std::size_t i, std::size_t rung) const override {
    if constexpr (TemperedChain<C>) {
      return std::as_const(*chains_[i]).log_weight(rung);
    } else {
      expects(false, "only tempered chains are exchanged");
      return 0;
    }
  }
  void save(std::size_t i, std::vector<std::byte>& bytes) const override {
    std::as_const(*chains_[i]).save(bytes);
  }
  void load(std::size_t i, std::span<const std::byte> bytes) override { chains_[i]->load(bytes); }

 private:
  const Make* make_;
  std::vector<std::optional<C>> chains_;
};

}  // namespace detail

/// Collective; all ranks get the same. `make(start)` makes a chain, whose beginning may be drawn from a stream of its own; several
/// threads call it at once. Throws the same Error on all ranks: what a chain throws; a sample that is not finite; a checkpoint
/// that cannot be read or written; a usage error if options make no sense.
template <class Make>
requires std::invocable<const Make&, random::Stream&>
[[nodiscard]] ChainEstimate estimate_by_chains(const mpi::Communicator& comm, const ChainOptions& options,
                                               std::size_t n_observables, const Make& make) {
  using C = std::invoke_result_t<const Make&, random::Stream&>;
  static_assert(Chain<C>, "a chain has step, measure, save and load");
  const auto make_one = [&](random::Stream& start, std::size_t) { return make(start); };
  detail::ChainsOf<C, decltype(make_one)> chains(make_one);
  LadderEstimate ladder = run_chains(comm, options, {.n_observables = n_observables}, chains);
  ladder.rungs.front().seconds = ladder.seconds;
  ladder.rungs.front().stop = ladder.stop;
  return std::move(ladder.rungs.front());
}

/// Collective: parallel tempering. The same with a ladder of `n_rungs` distributions, of which `make(start, rung)` makes chains;
/// options.chains is how many ladders there are. After every `exchange_every` samples, configurations of neighbouring rungs are
/// exchanged with the probability that keeps both distributions (even rungs with the next ones, and odd ones, in turn). With 0
/// the rungs know nothing of each other, and chains need no log_weight.
template <class Make>
requires std::invocable<const Make&, random::Stream&, std::size_t>
[[nodiscard]] LadderEstimate estimate_by_tempering(const mpi::Communicator& comm, const ChainOptions& options,
                                                   std::size_t n_rungs, std::uint64_t exchange_every,
                                                   std::size_t n_observables, const Make& make) {
  using C = std::invoke_result_t<const Make&, random::Stream&, std::size_t>;
  static_assert(Chain<C>, "a chain has step, measure, save and load");
  expects(TemperedChain<C> || exchange_every == 0, "chains that are exchanged have log_weight");
  detail::ChainsOf<C, Make> chains(make);
  return run_chains(comm, options,
                    {.n_observables = n_observables, .n_rungs = n_rungs, .exchange_every = exchange_every},
                    chains);
}

}  // namespace serried::montecarlo
