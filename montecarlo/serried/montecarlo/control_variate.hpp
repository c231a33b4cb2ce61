/// Control variates: what is known of something else that the same trial gives makes the error smaller.
///
///     // the price of an arithmetic average, by that of the geometric one, which is known
///     const auto price = estimate_with_controls(world, options, std::array{known_price}, [](random::Stream& stream) {
///       …
///       return std::array{arithmetic, geometric};
///     });
///     price.estimate.mean; price.coefficients[0];
///
/// The mean of y - β (c - μ) is that of y whatever β is, if c has the mean μ. The best β is estimated from a pilot of trials of
/// its own and fixed before the others begin, so that the estimate is unbiased, its error honest, and the rules of options.hpp
/// look at the error that is left. (An estimate of β from the same trials would bias it, by a multiple of 1/n.) With n pilot
/// trials and q controls the variance is about 1 + q/n times the least one. Pilot trials are not counted.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/job/stop_checks.hpp>
#include <serried/montecarlo/estimate.hpp>

namespace serried::montecarlo {

/// An eighth of the trials, at least 64 and at most 16,384.
[[nodiscard]] inline std::uint64_t pilot_trials(const Options& options) {
  constexpr std::uint64_t most = 16'384;
  return options.trials == 0 ? most : std::clamp<std::uint64_t>(options.trials / 8, 64, most);
}

namespace detail {

// " 1 2.5", to the last bit.
[[nodiscard]] std::string text_of(std::span<const double> numbers);

}  // namespace detail

struct ControlledEstimate {
  Estimate<double> estimate;
  std::vector<double> coefficients;  ///< β of each control
};

/// Local. The coefficients of controls 1 … n in mean 0: those that leave the least variance. 0 for a control that does not vary, or
/// not by itself.
[[nodiscard]] std::vector<double> control_coefficients(const Means& means);

/// Collective. `known_means`, μ, of the controls; `trial` fills in y as values(0) and the controls as values(1), …
template <BatchTrial F>
[[nodiscard]] ControlledEstimate estimate_with_controls(const mpi::Communicator& comm, const Options& options,
                                                        std::span<const double> known_means, const F& trial) {
  expects(!known_means.empty(), "there is a control");
  Options of_pilot{.trials = pilot_trials(options),
                   .seed = options.seed,
                   .name = options.name + "-pilot",
                   .trials_per_block = std::min<std::uint64_t>(options.trials_per_block, 256),
                   .seeding = options.seeding,
                   .policy = options.policy,
                   .job = options.job};
  of_pilot.job.checkpoint.clear();  // it is made again
  const job::StopChecks signals(options.job.checkpoint,
                                "while the coefficients of the controls were estimated");
  const auto pilot = estimate(comm, of_pilot, known_means.size() + 1, trial);
  ControlledEstimate result;
  result.coefficients = control_coefficients(pilot.means);
  signals.check_together(comm);
  result.estimate = detail::estimate_of<detail::Row<double>>(
      detail::run_batches(comm, options,
                          {.n_rows = known_means.size() + 1,
                           .kind = "mean with controls of means" + detail::text_of(known_means)},
                          [&](Batch& batch) {
                            vectorized([&] {
                              trial(batch);
                              const std::span<double> y = batch.values(0);
                              for (std::size_t k = 0; k < known_means.size(); ++k) {
                                const std::span<const double> c = batch.values(k + 1);
                                const double by = result.coefficients[k];
                                const double known = known_means[k];
                                for (std::size_t i = 0; i < y.size(); ++i) {
                                  y[i] -= by * (c[i] - known);
                                }
                              }
                            });
                          }));
  return result;
}

/// The same for one trial at a time, which gives {y, controls …}.
template <Trial F>
requires(!detail::is_weighted<detail::ResultOf<F>>) [[nodiscard]] ControlledEstimate
    estimate_with_controls(const mpi::Communicator& comm, const Options& options,
                           std::span<const double> known_means, const F& trial) {
  using Row = detail::Row<detail::ResultOf<F>>;
  return estimate_with_controls(comm, options, known_means, [&](Batch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto values = trial(batch.stream());
      expects(Row::size(values) == known_means.size() + 1, "a trial gives one number and all controls");
      Row::put(values, batch.values().data() + i, Batch::capacity, known_means.size() + 1);
    }
  });
}

}  // namespace serried::montecarlo
