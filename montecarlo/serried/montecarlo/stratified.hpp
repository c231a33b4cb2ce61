/// Stratified sampling: the unit cube is cut into equal cells, the strata, and each gets equally many of the trials.
///
///     // 100 strata of the first number, each cut into 10 by the second one
///     const auto price = estimate_stratified(world, {.trials = 1'000'000, .seed = 42, .trials_per_block = 10'000},
///                                            {100, 10},
///                                            [](random::Stream& stream, std::span<const double> u) {
///                                              return payoff(random::normal_quantile(u[0]), u[1], stream.normal());
///                                            });
///     price.mean, price.standard_error, price.interval(0.95)
///
/// What remains of the variance is that within strata: for a smooth function of d stratified numbers the error falls as n^(-1/2
/// - 1/d) with the n strata of a block. Stratify the few numbers that decide most of the result; the stream gives the others.
/// For all of many numbers that matter, see quasi.hpp.
///
/// A block goes through all strata once, or as often as it has room for them. The error is that between blocks, which are
/// independent (Errors::of_blocks): honest whatever the strata, but it takes some dozens of blocks, so the finest strata are
/// not the best ones.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/montecarlo/batch.hpp>
#include <serried/montecarlo/estimate.hpp>
#include <serried/montecarlo/observation.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

/// Strata of the unit cube, so many along each dimension, one after another: the last dimension runs fastest.
class Strata {
 public:
  /// Throws std::logic_error unless each dimension has a stratum, and a usage error if they are more than 2^40 in all.
  explicit Strata(std::vector<std::uint64_t> n_along);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t dimensions() const noexcept { return n_along_.size(); }
  /// "100 x 10"
  [[nodiscard]] std::string description() const;

  /// Local: to the first stratum.
  void begin() noexcept;
  /// Local: a random point of the stratum at hand, in (0, 1) along each dimension, good until the next call; then goes on to
  /// the next stratum, after the last one to the first.
  [[nodiscard]] std::span<const double> next_point(random::Stream& stream) noexcept {
    for (std::size_t d = 0; d < point_.size(); ++d) {
      const double u = (static_cast<double>(at_[d]) + (stream.uniform() + 0x1p-54)) * width_[d];
      point_[d] = u < 1 ? u : 1 - 0x1p-53;
    }
    for (std::size_t d = point_.size(); d > 0 && ++at_[d - 1] == n_along_[d - 1]; --d) {
      at_[d - 1] = 0;
    }
    return point_;
  }

 private:
  std::vector<std::uint64_t> n_along_;
  std::vector<double> width_;
  std::vector<std::uint64_t> at_;
  std::vector<double> point_;
  std::uint64_t size_ = 1;
};

namespace detail {

template <class Trial>
using StratifiedResultOf =
    std::remove_cvref_t<std::invoke_result_t<const Trial&, random::Stream&, std::span<const double>>>;

// A batch whose trials have points in strata.
class StratifiedBatch : public Batch {
 public:
  StratifiedBatch(std::size_t n_rows, const Strata& of) : Batch(n_rows), strata(of) {}
  Strata strata;
};

}  // namespace detail

/// One trial at a time, with the stream of its block and a point of the unit cube.
template <class F>
concept StratifiedTrial = std::invocable<const F&, random::Stream&, std::span<const double>> &&
    Observation<detail::StratifiedResultOf<F>>;

/// Collective, as `estimate`; a trial gives all that it may there, but for vectors of dynamic size. `strata` says how many
/// there are along each dimension. options.trials_per_block is rounded up to a multiple of all strata, options.trials to whole
/// blocks, and options.errors is Errors::of_blocks whatever it was. Throws as Strata does, besides.
template <StratifiedTrial F>
requires(!detail::has_dynamic_size<detail::StratifiedResultOf<F>>)
    [[nodiscard]] auto estimate_stratified(const mpi::Communicator& comm, Options options,
                                           const std::vector<std::uint64_t>& strata, const F& trial) {
  using T = detail::StratifiedResultOf<F>;
  using Row = detail::Row<T>;
  const std::size_t n = Row::size(T{});
  const Strata all(strata);
  options.errors = Errors::of_blocks;
  options.trials_per_block += (all.size() - options.trials_per_block % all.size()) % all.size();
  return detail::estimate_of<Row>(detail::run_batches(
      comm, options,
      {.n_rows = n,
       .n_observables = n,
       .are_weighted = detail::is_weighted<T>,
       .kind =
           (detail::is_weighted<T> ? "weighted mean over strata " : "mean over strata ") + all.description()},
      [&] { return detail::StratifiedBatch(n, all); },
      [](detail::StratifiedBatch& batch, const Block& /*block*/, random::Stream& /*stream*/) {
        batch.strata.begin();
      },
      [&](detail::StratifiedBatch& batch) {
        vectorized([&] {
          random::Stream& stream = batch.stream();
          double* const values = batch.values().data();
          const std::size_t n_trials = batch.size();
          for (std::size_t i = 0; i < n_trials; ++i) {
            Row::put(trial(stream, batch.strata.next_point(stream)), values + i, Batch::capacity, n);
          }
        });
      }));
}

}  // namespace serried::montecarlo
