/// The price of an option on a share that follows a geometric Brownian motion: the logic of serried-option.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <serried/montecarlo.hpp>

#include "kernels.hpp"
#include "market.hpp"

namespace serried::option {

enum class Method : std::uint8_t {
  plain,       ///< a path for each trial
  antithetic,  ///< two: one of them with all normals of the other sign
  control,     ///< the difference to something of which the mean is known, times the best coefficient
  sobol,       ///< scrambled Sobol points, by a Brownian bridge
};

struct Price {
  montecarlo::Estimate<double> estimate;
  std::vector<double> coefficients;  ///< of the control variate
};

/// So that a block takes some milliseconds.
[[nodiscard]] inline std::uint64_t paths_per_block(std::uint64_t n_steps) {
  return std::clamp<std::uint64_t>((std::uint64_t{1} << 22) / n_steps, 64, std::uint64_t{1} << 16);
}

/// Collective: the discounted mean of the payoff.
[[nodiscard]] inline Price run(const mpi::Communicator& comm, montecarlo::Options options,
                               const Contract& contract, Method method) {
  const Path path(contract);
  options.trials_per_block = paths_per_block(path.n_steps());
  Price price;
  switch (method) {
    case Method::plain:
      price.estimate = montecarlo::estimate(
          comm, options, [&](montecarlo::Batch& batch) { add_paths(path, batch, batch.values(), 1.0); });
      break;
    case Method::antithetic:
      price.estimate = montecarlo::estimate(comm, options, [&](montecarlo::Batch& batch) {
        add_antithetic_paths(path, batch, batch.values());
      });
      break;
    case Method::control: {
      const std::array known = {path.control_mean()};
      auto controlled =
          montecarlo::estimate_with_controls(comm, options, known, [&](montecarlo::Batch& batch) {
            add_controlled_paths(path, batch, batch.values(0), batch.values(1));
          });
      price.estimate = std::move(controlled.estimate);
      price.coefficients = std::move(controlled.coefficients);
      break;
    }
    case Method::sobol: {
      options.trials_per_block = montecarlo::points_per_set(options.trials);
      const Bridge bridge(path.n_steps());
      price.estimate = montecarlo::estimate_on_points(
          comm, options, path.n_steps(),
          [&](montecarlo::PointBatch& batch) { add_bridged_paths(path, bridge, batch, batch.values()); });
      break;
    }
  }
  return price;
}

}  // namespace serried::option
