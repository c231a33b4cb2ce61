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
/// trials the variance is 1 + 1/n times the least one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/montecarlo/estimate.hpp>

namespace serried::montecarlo {

/// Trials of the pilot.
inline constexpr std::uint64_t n_pilot_trials = 16'384;

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
  Options of_pilot{.trials = n_pilot_trials,
                   .seed = options.seed,
                   .name = options.name + "-pilot",
                   .trials_per_block = n_pilot_trials / 16};
  of_pilot.job.threads = options.job.threads;
  const auto pilot = estimate(comm, of_pilot, known_means.size() + 1, trial);
  ControlledEstimate result;
  result.coefficients = control_coefficients(pilot.means);
  result.estimate = detail::estimate_of<detail::Row<double>>(detail::run_batches(
      comm, options, {.n_rows = known_means.size() + 1, .n_observables = 1}, [&](Batch& batch) {
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
[[nodiscard]] ControlledEstimate estimate_with_controls(const mpi::Communicator& comm, const Options& options,
                                                        std::span<const double> known_means, const F& trial) {
  using Row = detail::Row<detail::ResultOf<F>>;
  return estimate_with_controls(comm, options, known_means, [&](Batch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Row::put(trial(batch.stream()), batch.values().data() + i, Batch::capacity, known_means.size() + 1);
    }
  });
}

}  // namespace serried::montecarlo
