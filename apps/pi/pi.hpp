/// Pi, by points in a square of which some are in the circle: the logic of serried-pi.
#pragma once

#include <cstddef>

#include <serried/montecarlo.hpp>

namespace serried::pi {

/// Collective. Four times the share of points (x, y) of the unit square with x² + y² < 1.
[[nodiscard]] inline montecarlo::Estimate<double> run(const mpi::Communicator& comm,
                                                      const montecarlo::Options& options) {
  return montecarlo::estimate(comm, options, [](montecarlo::Batch& batch) {
    const auto x = batch.scratch(0);
    const auto y = batch.scratch(1);
    const auto pi = batch.values();
    batch.stream().fill_uniform(x);
    batch.stream().fill_uniform(y);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      pi[i] = x[i] * x[i] + y[i] * y[i] < 1 ? 4.0 : 0.0;
    }
  });
}

/// Collective. The same, a point at a time.
[[nodiscard]] inline montecarlo::Estimate<double> run_scalar(const mpi::Communicator& comm,
                                                             const montecarlo::Options& options) {
  return montecarlo::estimate(comm, options, [](random::Stream& stream) {
    const double x = stream.uniform();
    const double y = stream.uniform();
    return x * x + y * y < 1 ? 4.0 : 0.0;
  });
}

}  // namespace serried::pi
