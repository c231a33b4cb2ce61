/// A loop on a machine that is not there: the dealers and brokers of for_each_index, run with a virtual clock.
///
///     const Simulation run = simulate({.n_nodes = 1024, .workers_per_node = 64}, 1'000'000, {}, seconds_of);
///     run.efficiency();        // of 65,536 cores, in a second or two on one
///
/// What is real: every decision who does which index, and every message between nodes. What is modelled: what it costs.
/// A leader reads messages only between two bodies, as a real one.
#pragma once

#include <cstdint>
#include <functional>

#include <serried/schedule/options.hpp>

namespace serried::schedule {

struct SimulatedMachine {
  std::uint32_t n_nodes = 1;
  std::uint32_t workers_per_node = 1;
  double deal_seconds = 10e-9;     ///< the next index from what a worker has
  double refill_seconds = 0.5e-6;  ///< more from the common list or from another worker
  double message_seconds = 10e-6;  ///< until a message has arrived
  double handling_seconds = 1e-6;  ///< of the leader that sends or reads it
};

/// Seconds; where nothing else is said, summed over the workers.
struct Simulation {
  double seconds = 0;           ///< until the last worker left
  double busy_seconds = 0;      ///< in bodies
  double overhead_seconds = 0;  ///< dealing and handling messages
  double starved_seconds = 0;   ///< without work, before the worker's last index
  double tail_seconds = 0;      ///< from the end of the worker's last index to the end
  double longest_body = 0;      ///< of one index
  std::uint64_t n_done = 0;
  std::uint64_t n_messages = 0;
  std::uint32_t n_workers = 0;

  [[nodiscard]] double efficiency() const { return busy_seconds / (seconds * n_workers); }
  /// What no schedule can exceed: all cores busy until the end, or the longest index.
  [[nodiscard]] double best_efficiency() const;
};

/// Pure: the same arguments, the same result. Of the options, policy, chunk, cost and done count. `seconds_of(index)` is
/// how long its body takes; it is called once for each index that is dealt, in the order in which bodies begin.
[[nodiscard]] Simulation simulate(const SimulatedMachine& machine, std::uint64_t n, const Options& options,
                                  const std::function<double(std::uint64_t)>& seconds_of);

}  // namespace serried::schedule
