#include <algorithm>

#include <serried/base/hash.hpp>
#include <serried/base/partition.hpp>
#include <serried/schedule/dealer.hpp>

namespace serried::schedule {

Dealer::Dealer(const DealPlan& plan, NodeBoard board, std::uint32_t worker, std::uint32_t global_worker)
    : plan_(plan),
      board_(board),
      own_(&board.range_of(worker)),
      next_turn_(global_worker),
      worker_(worker),
      random_state_(global_worker) {
  if (plan.policy == Policy::static_block) {
    const Range part = block(plan.n_positions, plan.n_workers, global_worker);
    kept_ = {static_cast<std::uint32_t>(part.begin), static_cast<std::uint32_t>(part.end)};
  }
}

std::optional<std::uint32_t> Dealer::refill() {
  if (plan_.policy == Policy::static_block) {
    return std::nullopt;
  }
  if (plan_.policy == Policy::cyclic) {
    return next_in_turn();
  }
  kept_ = own_->take_front([&](std::uint32_t) { return std::max(std::uint32_t{1}, wanted_ / 16); });
  if (!kept_.empty()) {
    return kept_.begin++;
  }
  ++n_refills_;
  const std::uint32_t chunk = plan_.policy == Policy::stealing ? wanted_ : plan_.chunk;
  PositionRange taken;
  for (std::size_t which = 0; which < NodeBoard::n_common && taken.empty(); ++which) {
    taken = board_.common(which).take_front([&](std::uint32_t n_left) {
      return portion(plan_.policy, n_left, plan_.n_of_node, board_.n_workers(), chunk);
    });
  }
  if (plan_.policy == Policy::stealing) {
    return share(taken.empty() ? steal() : taken);
  }
  kept_ = taken;
  return kept_.empty() ? std::nullopt : std::optional(kept_.begin++);
}

std::optional<std::uint32_t> Dealer::next_in_turn() {
  const std::uint64_t begin = next_turn_ * plan_.chunk;
  if (begin >= plan_.n_positions) {
    return std::nullopt;
  }
  const std::uint64_t end = std::min<std::uint64_t>(begin + plan_.chunk, plan_.n_positions);
  next_turn_ += plan_.n_workers;
  kept_ = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  return kept_.begin++;
}

std::optional<std::uint32_t> Dealer::share(PositionRange taken) {
  if (taken.empty()) {
    return std::nullopt;
  }
  own_->store({taken.begin + 1, taken.end});
  return taken.begin;
}

PositionRange Dealer::steal() {
  const std::uint32_t n = board_.n_workers();
  // The fuller of two: half as many attempts as with one (Mitzenmacher 2001).
  const std::uint32_t a = random_below(n);
  const std::uint32_t b = random_below(n);
  const bool a_is_fuller = board_.range_of(a).load().size() >= board_.range_of(b).load().size();
  if (const PositionRange taken = steal_from(a_is_fuller ? a : b); !taken.empty()) {
    return taken;
  }
  for (std::uint32_t i = 1; i < n; ++i) {
    if (const PositionRange taken = steal_from((worker_ + i) % n); !taken.empty()) {
      return taken;
    }
  }
  return {};
}

PositionRange Dealer::steal_from(std::uint32_t victim) {
  const PositionRange taken = board_.range_of(victim).take_back(half);
  n_steals_ += taken.empty() ? 0 : 1;
  return taken;
}

std::uint32_t Dealer::random_below(std::uint32_t n) {
  random_state_ +=
      0x9e3779b97f4a7c15;  // a Weyl sequence, mixed: who steals from whom is never seen in a result
  return static_cast<std::uint32_t>(hash_slice(hash_short({random_state_, worker_}, 12), n));
}

}  // namespace serried::schedule
