#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/montecarlo/quantiles.hpp>
#include <serried/montecarlo/rounds.hpp>
#include <serried/montecarlo/thread_states.hpp>
#include <serried/random/normal_quantile.hpp>

namespace serried::montecarlo {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_is_probability(double q) { expects(q > 0 && q < 1, "a quantile is one of a q between 0 and 1"); }

// What is left of the probabilities of `first`, `first` + 1, … when a tail of them is cut off.
struct Binomial {
  std::uint64_t first = 0;
  std::vector<double> probabilities{};
};

// The probabilities of 0 to n, but for those that are far from the likeliest: by their quotients, which need no libm.
Binomial binomial(std::uint64_t n, double q) {
  constexpr double least = 0x1p-100;  // of the largest
  const auto size = static_cast<double>(n);
  const auto likeliest = std::min(n, static_cast<std::uint64_t>((size + 1) * q));
  std::vector<double> below;
  std::uint64_t k = likeliest;
  for (double p = 1; k > 0 && p > least; --k) {
    p *= static_cast<double>(k) / (size - static_cast<double>(k) + 1) * ((1 - q) / q);
    below.push_back(p);
  }
  Binomial result{.first = k, .probabilities = {below.rbegin(), below.rend()}};
  result.probabilities.push_back(1);
  k = likeliest;
  for (double p = 1; k < n && p > least; ++k) {
    p *= (size - static_cast<double>(k)) / (static_cast<double>(k) + 1) * (q / (1 - q));
    result.probabilities.push_back(p);
  }
  double sum = 0;
  for (const double p : result.probabilities) {
    sum += p;
  }
  for (double& p : result.probabilities) {
    p /= sum;
  }
  return result;
}

ShownNumbers shown_of(const ValueCounts& counts) {
  const Quantiles quantiles(counts);
  const std::vector<double> probabilities = {0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999};
  std::vector<double> values(probabilities.size());
  std::ranges::transform(probabilities, values.begin(), [&](double q) { return quantiles.quantile(q); });
  return {{"probability", probabilities}, {"quantile", values}};
}

}  // namespace

OrderStatistics order_statistics_around(std::uint64_t n, double q, double confidence) {
  check_is_probability(q);
  expects(confidence > 0 && confidence < 1, "a confidence is between 0 and 1");
  const double tail = 0.5 * (1 - confidence);
  const auto size = static_cast<double>(n);
  const double deviation = std::sqrt(size * q * (1 - q));
  if (deviation > 30'000) {
    const double z = -random::normal_quantile(tail);  // finite also for confidences next to 1
    const double centre = size * q + (1 - 2 * q) * (z * z - 1) / 6;
    const double low = std::floor(centre - z * deviation) - 1;
    const double high = std::ceil(centre + z * deviation) + 2;
    return {static_cast<std::uint64_t>(std::max(low, 0.0)),
            static_cast<std::uint64_t>(std::min(high, size + 1))};
  }
  // Below the value with the number k are fewer than k of them: the quantile is below it with the probability of 0 … k - 1.
  const Binomial of = binomial(n, q);
  std::size_t low = 0;
  for (double sum = 0; low < of.probabilities.size() && sum + of.probabilities[low] <= tail; ++low) {
    sum += of.probabilities[low];
  }
  std::size_t high = of.probabilities.size();
  for (double sum = 0; high > 0 && sum + of.probabilities[high - 1] <= tail; --high) {
    sum += of.probabilities[high - 1];
  }
  return {of.first + low, of.first + high};
}

const ValueCounts::Cell& Quantiles::cell_of(std::uint64_t rank) const {
  return *(std::ranges::lower_bound(cells_, rank, {}, &ValueCounts::Cell::n_before) - 1);
}

double Quantiles::quantile(double q) const {
  check_is_probability(q);
  const double rank = std::ceil(q * static_cast<double>(trials));
  const std::uint64_t one = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, trials);
  const ValueCounts::Cell& cell = cell_of(one);
  const double part = (static_cast<double>(one - cell.n_before) - 0.5) / static_cast<double>(cell.n);
  return cell.values.low + (cell.values.high - cell.values.low) * part;
}

Interval Quantiles::interval(double q, double confidence) const {
  const OrderStatistics ranks = order_statistics_around(trials, q, confidence);
  return {ranks.low == 0 ? -infinity : cell_of(ranks.low).values.low,
          ranks.high > trials ? infinity : cell_of(ranks.high).values.high};
}

Quantiles detail::run_quantiles(const mpi::Communicator& comm, const Options& options,
                                const std::function<void(Batch& batch)>& fill) {
  if (options.absolute_error > 0 || options.relative_error > 0) {
    throw usage_error("quantiles have no target error").hint("they end by a number of trials or a time");
  }
  if (options.errors != Errors::of_trials) {
    throw usage_error("intervals of quantiles are those of independent trials")
        .hint("errors must be of_trials");
  }
  ThreadStates<Batch> threads(comm, options);
  ValueCounts all;
  const QuestionOf<ValueCounts> question = {
      .kind = "quantiles", .means_of = [](const ValueCounts&) { return Means(); }, .shown_of = shown_of};
  const Outcome outcome = run_rounds(
      comm, options, question, all, [&](const Block& block, job::Worker& worker, ValueCounts& counts) {
        auto& of_thread = threads.of(worker, [] { return Batch(1); });
        for_each_batch(block, worker, of_thread.streams.of(block.index), of_thread.state, [&](Batch& batch) {
          fill(batch);
          for (const double value : batch.values()) {
            if (!std::isfinite(value)) [[unlikely]] {
              throw Error(fmt::format("of trials {} to {} one gave a value that is no finite number",
                                      block.first, block.first + block.n - 1))
                  .hint("what does the trial do then?");
            }
            counts.add(value);
          }
        });
        counts.count_trials(block.n);
      });
  Quantiles quantiles(all);
  quantiles.stop = outcome.stop;
  quantiles.rounds = outcome.rounds;
  quantiles.seconds = outcome.seconds;
  return quantiles;
}

}  // namespace serried::montecarlo
