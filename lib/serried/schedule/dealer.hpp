/// Deals positions to one worker from what its node shares.
///
///     Dealer dealer(plan, board, worker, first_worker + worker);
///     while (const std::optional<std::uint32_t> position = dealer.next()) …
///
/// No MPI and no clock: threads, processes and the simulator run the same code.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <serried/schedule/node_board.hpp>
#include <serried/schedule/policy.hpp>

namespace serried::schedule {

/// What all workers know of a loop from its beginning.
struct DealPlan {
  Policy policy = Policy::stealing;
  std::uint32_t chunk = 1;
  std::uint32_t n_positions = 0;
  std::uint32_t n_workers = 1;  ///< of all nodes
  std::uint32_t n_of_node = 0;  ///< positions with which this node's common list began
};

class Dealer {
 public:
  /// `worker` in the node, `global_worker` among all: nodes one after the other.
  Dealer(const DealPlan& plan, NodeBoard board, std::uint32_t worker, std::uint32_t global_worker);

  /// The next position for this worker, or nothing: for ever if the policy is fixed, else for now.
  [[nodiscard]] std::optional<std::uint32_t> next() {
    if (!kept_.empty()) [[likely]] {
      return kept_.begin++;
    }
    return refill();
  }

  /// How long a position takes, as far as this worker knows: stealing then takes about 100 us of work at once. Enough
  /// that the common list is seldom touched, and so little that hardly anything must be stolen back, nor lies where other
  /// nodes cannot ask for it. A sixteenth of that it keeps from thieves.
  void expect(double seconds_per_position) noexcept {
    constexpr double wanted_seconds = 100e-6;
    constexpr double most = 1 << 20;
    wanted_ =
        seconds_per_position * most <= wanted_seconds
            ? static_cast<std::uint32_t>(most)
            : std::max(std::uint32_t{1}, static_cast<std::uint32_t>(wanted_seconds / seconds_per_position));
  }

  /// How often it took from what is not its own: the common list or another worker.
  [[nodiscard]] std::uint64_t n_refills() const noexcept { return n_refills_; }
  /// Ranges taken from other workers of the node.
  [[nodiscard]] std::uint64_t n_steals() const noexcept { return n_steals_; }

 private:
  std::optional<std::uint32_t> refill();
  std::optional<std::uint32_t> next_in_turn();
  /// Gives the first of `taken`, leaves the rest to be stolen.
  std::optional<std::uint32_t> share(PositionRange taken);
  PositionRange steal();
  PositionRange steal_from(std::uint32_t victim);
  std::uint32_t random_below(std::uint32_t n);

  DealPlan plan_;
  NodeBoard board_;
  RangeWord* own_;           // what others may steal
  PositionRange kept_;       // what they may not
  std::uint64_t next_turn_;  // cyclic: the number of the next chunk
  std::uint32_t worker_;
  std::uint64_t random_state_;
  std::uint32_t wanted_ = 1;  // stealing: positions to take at once
  std::uint64_t n_refills_ = 0;
  std::uint64_t n_steals_ = 0;
};

}  // namespace serried::schedule
