/// The mean of what a trial gives, with its error, from all ranks and threads: the same bits from any number of them.
///
///     const auto pi = estimate(world, {.trials = 1'000'000'000, .seed = 42}, [](random::Stream& stream) {
///       const double x = stream.uniform(), y = stream.uniform();
///       return x * x + y * y < 1 ? 4.0 : 0.0;
///     });
///     pi.mean, pi.standard_error, pi.interval(0.95)
///
/// A trial may return several numbers (observation.hpp), whose means come with their covariances. With a closure of a Batch&
/// (batch.hpp) it is some times faster. When it ends, and all else that may be asked for: options.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/job/work.hpp>
#include <serried/montecarlo/batch.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/observation.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/rounds.hpp>
#include <serried/montecarlo/thread_states.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

/// `T` is what a trial gives: a double, an array, a vector, a struct.
template <class T>
struct Estimate {
  T mean{};
  T standard_error{};        ///< NaN for fewer than two observations
  Means means;               ///< the same, with covariances, ratios and functions of means
  std::uint64_t trials = 0;  ///< that were made
  Stop stop = Stop::trials;  ///< why it ended
  std::uint64_t rounds = 0;  ///< after which the rules were looked at
  double seconds = 0;        ///< of wall time; those of earlier runs of a resumed job too

  /// See Value::interval; of observable k.
  [[nodiscard]] Interval interval(double confidence, std::size_t k = 0) const {
    return means[k].interval(confidence);
  }
};

namespace detail {

template <class Row>
[[nodiscard]] auto estimate_of(Outcome&& outcome) {
  using T = typename Row::Mean;
  std::vector<double> errors;
  for (std::size_t k = 0; k < outcome.means.size(); ++k) {
    errors.push_back(outcome.means.standard_error(k));
  }
  Estimate<T> estimate;
  estimate.mean = Row::mean(outcome.means.values());
  estimate.standard_error = Row::mean(errors);
  estimate.means = std::move(outcome.means);
  estimate.trials = outcome.trials;
  estimate.stop = outcome.stop;
  estimate.rounds = outcome.rounds;
  estimate.seconds = outcome.seconds;
  return estimate;
}

// What a batch has rows for, and how many of them, the first ones, are looked at.
struct Rows {
  std::size_t n_rows = 1;
  std::size_t n_observables = 1;
  bool are_weighted = false;
  std::string kind = "mean";
};

// Calls `fill(batch)` for each batch of each block; before the first of a block, `begin_block(batch, block, stream)`. `make()`
// makes a batch, one for each thread.
template <class Make, class BeginBlock, class Fill>
[[nodiscard]] Outcome run_batches(const mpi::Communicator& comm, const Options& options, const Rows& rows,
                                  const Make& make, const BeginBlock& begin_block, const Fill& fill) {
  ThreadStates<std::invoke_result_t<const Make&>> threads(comm, options);
  const Question question = {
      .n_observables = rows.n_observables, .kind = rows.kind, .means_of = [&](const MergedMoments& moments) {
        const Means means =
            Means::of(options.errors == Errors::of_trials ? moments.total() : moments.of_blocks());
        return rows.are_weighted ? means.over_last() : means;
      }};
  return run_rounds(comm, options, question,
                    [&](const Block& block, job::Worker& worker, BlockMoments& moments) {
                      auto& [batch, streams] = threads.of(worker, make);
                      random::Stream& stream = streams.of(block.index);
                      begin_block(batch, block, stream);
                      for_each_batch(block, worker, stream, batch, [&](auto& of_block) {
                        fill(of_block);
                        moments.add_rows(of_block.all_values(), of_block.size(), Batch::capacity);
                      });
                    });
}
template <class Fill>
[[nodiscard]] Outcome run_batches(const mpi::Communicator& comm, const Options& options, const Rows& rows,
                                  const Fill& fill) {
  return run_batches(
      comm, options, rows, [&] { return Batch(rows.n_rows); },
      [](Batch& /*batch*/, const Block& /*block*/, random::Stream& /*stream*/) {}, fill);
}

template <class Trial>
using ResultOf = std::remove_cvref_t<std::invoke_result_t<const Trial&, random::Stream&>>;

}  // namespace detail

/// One trial at a time, with the stream of its block.
template <class F>
concept Trial = std::invocable<const F&, random::Stream&> && Observation<detail::ResultOf<F>>;
/// A batch of trials, whose values it fills in.
template <class F>
concept BatchTrial = !Trial<F> && std::invocable<const F&, Batch&>;

/// Collective; all ranks get the same estimate. n observables take 0.85 n² KiB a thread and rank, and n² / 2 steps a trial, for
/// their covariances: for dozens of them. `trial` is called by several threads at once; what it gives must depend on the
/// stream alone. Throws the same Error on all ranks: what a trial throws; a value that is not finite; see also run_rounds.
template <Trial F>
[[nodiscard]] auto estimate(const mpi::Communicator& comm, const Options& options, const F& trial) {
  using T = detail::ResultOf<F>;
  using Row = detail::Row<T>;
  std::size_t n = Row::size(T{});
  if constexpr (detail::has_dynamic_size<T>) {
    random::Stream stream(options.seed, "the size of an observation", 0);
    n = Row::size(trial(stream));
    expects(n > detail::is_weighted<T> ? 1 : 0, "a trial gives something");
  }
  return detail::estimate_of<Row>(
      detail::run_batches(comm, options,
                          {.n_rows = n,
                           .n_observables = n,
                           .are_weighted = detail::is_weighted<T>,
                           .kind = detail::is_weighted<T> ? "weighted mean" : "mean"},
                          [&](Batch& batch) {
                            vectorized([&] {
                              random::Stream& stream = batch.stream();
                              double* const values = batch.values().data();
                              const std::size_t n_trials = batch.size();
                              for (std::size_t i = 0; i < n_trials; ++i) {
                                Row::put(trial(stream), values + i, Batch::capacity, n);
                              }
                            });
                          }));
}

/// The same for a closure that makes many trials at once, of one observable.
template <BatchTrial F>
[[nodiscard]] Estimate<double> estimate(const mpi::Communicator& comm, const Options& options,
                                        const F& trial) {
  return detail::estimate_of<detail::Row<double>>(
      detail::run_batches(comm, options, {}, [&](Batch& batch) { vectorized([&] { trial(batch); }); }));
}

/// The same for several observables.
template <BatchTrial F>
[[nodiscard]] Estimate<Eigen::VectorXd> estimate(const mpi::Communicator& comm, const Options& options,
                                                 std::size_t n_observables, const F& trial) {
  expects(n_observables > 0, "there is an observable");
  return detail::estimate_of<detail::Row<Eigen::VectorXd>>(
      detail::run_batches(comm, options, {.n_rows = n_observables, .n_observables = n_observables},
                          [&](Batch& batch) { vectorized([&] { trial(batch); }); }));
}

}  // namespace serried::montecarlo
