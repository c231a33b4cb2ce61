/// Quantiles of what trials give, such as the value at risk, with intervals that hold whatever the distribution is.
///
///     const auto loss = estimate_quantiles(world, {.trials = 10'000'000, .seed = 42}, [](random::Stream& stream) {
///       return loss_of_a_year(stream);
///     });
///     loss.quantile(0.99);                              // which 99 % of the losses do not exceed
///     const auto [low, high] = loss.interval(0.99, 0.95);       // and where that is, with a probability of 95 %
///
/// Values are not kept but counted, by their first 13 significant bits: a quantile is known to 2^-12 of itself, 0.024 %, or
/// exactly if those bits are all that the values have, as 0, whole numbers up to 8,192 and their halves, quarters and so on. In
/// between it is interpolated. Memory: 64 KiB a thread and as much a rank for each factor of two in which there are values,
/// with each sign, which is 4 MiB for 10^9 normal numbers, and 256 MiB at the very most; twice that with a checkpoint.
///
/// How many of n trials are below the q-quantile has a binomial distribution. So the interval between two of the sorted values,
/// whose numbers follow from n, q and the confidence alone, has the quantile in it with that probability or a greater one, for
/// any distribution, continuous or not (H. David and H. Nagaraja, "Order Statistics", 3rd ed. (2003), 7.1). Its bounds are
/// those of the cells which those values are in.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <vector>

#include <serried/base/vectorized.hpp>
#include <serried/montecarlo/batch.hpp>
#include <serried/montecarlo/estimate.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/value_counts.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// Which of n sorted values, counted from 1: the q-quantile is between these two with a probability of `confidence` or more,
/// and outside on either side with at most half of the rest. 0 and n + 1 say that there are too few values for a bound.
struct OrderStatistics {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const OrderStatistics&, const OrderStatistics&) = default;
};
/// Local. The binomial probabilities are added up where their standard deviation is below 30,000; beyond, it is the normal
/// approximation with its first correction, and one value more on each side. Throws std::logic_error unless 0 < q < 1 and
/// 0 < confidence < 1.
[[nodiscard]] OrderStatistics order_statistics_around(std::uint64_t n, double q, double confidence);

/// All ranks have the same.
class Quantiles {
 public:
  /// Throws std::logic_error if nothing was counted.
  explicit Quantiles(const ValueCounts& counts) : trials(counts.n_trials()), cells_(counts.cells()) {
    expects(trials > 0, "something was counted");
  }

  /// The least value that q of all trials, or more, do not exceed. Throws std::logic_error unless 0 < q < 1.
  [[nodiscard]] double quantile(double q) const;
  /// In which the true one is with this probability, or a greater one. Infinite on a side where there are too few trials to
  /// say.
  [[nodiscard]] Interval interval(double q, double confidence) const;

  std::uint64_t trials;      ///< that were made
  Stop stop = Stop::trials;  ///< why it ended
  std::uint64_t rounds = 0;  ///< after which the rules were looked at
  double seconds = 0;        ///< of wall time; those of earlier runs of a resumed job too

 private:
  // That with the number `rank`, counted from 1, in it.
  [[nodiscard]] const ValueCounts::Cell& cell_of(std::uint64_t rank) const;

  std::vector<ValueCounts::Cell> cells_;
};

namespace detail {

[[nodiscard]] Quantiles run_quantiles(const mpi::Communicator& comm, const Options& options,
                                      const std::function<void(Batch& batch)>& fill);

}  // namespace detail

/// Collective; all ranks get the same, to the bit, from any number of ranks and threads and after any restart. `trial` is
/// called by several threads at once; what it gives must depend on the stream alone.
///
/// It ends by `trials` or `wall_time`. Throws a usage error for target errors, which are those of means, and for
/// Errors::of_blocks, for the intervals are those of independent trials; the same Error on all ranks: what a trial throws; a
/// value that is not finite; see also run_rounds.
template <Trial F>
requires std::is_arithmetic_v<detail::ResultOf<F>>
[[nodiscard]] Quantiles estimate_quantiles(const mpi::Communicator& comm, const Options& options,
                                           const F& trial) {
  return detail::run_quantiles(comm, options, [&](Batch& batch) {
    vectorized([&] {
      random::Stream& stream = batch.stream();
      for (double& value : batch.values()) {
        value = static_cast<double>(trial(stream));
      }
    });
  });
}

/// The same for a closure that makes many trials at once.
template <BatchTrial F>
[[nodiscard]] Quantiles estimate_quantiles(const mpi::Communicator& comm, const Options& options,
                                           const F& trial) {
  return detail::run_quantiles(comm, options, [&](Batch& batch) { vectorized([&] { trial(batch); }); });
}

}  // namespace serried::montecarlo
