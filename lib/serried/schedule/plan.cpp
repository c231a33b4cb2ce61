#include <algorithm>
#include <numeric>

#include <serried/schedule/plan.hpp>

namespace serried::schedule {
namespace {

std::uint32_t sum_of(std::span<const std::uint32_t> workers_of_node) {
  return std::accumulate(workers_of_node.begin(), workers_of_node.end(), std::uint32_t{0});
}

}  // namespace

IndexOrder make_order(std::uint64_t n, const Options& options,
                      std::span<const std::uint32_t> workers_of_node) {
  if (!options.cost) {
    return IndexOrder::ascending(n, options.done, workers_of_node);
  }
  if (is_fixed(options.policy)) {
    // Dealt in turn to all workers: no node has a share of its own.
    const std::uint32_t one_node = sum_of(workers_of_node);
    return IndexOrder::longest_first(n, options.done, options.cost, std::span(&one_node, 1));
  }
  return IndexOrder::longest_first(n, options.done, options.cost, workers_of_node);
}

DealPlan make_deal_plan(const Options& options, std::span<const std::uint32_t> workers_of_node,
                        std::uint32_t node, const IndexOrder& order) {
  DealPlan plan{.policy = options.policy,
                .chunk = 1,
                .n_positions = order.n_positions(),
                .n_workers = sum_of(workers_of_node),
                .n_of_node = is_fixed(options.policy) ? 0 : order.share_of_node(node).size()};
  if (options.cost) {
    // One by one, for a portion of the longest would be the longest portion.
    plan.policy = is_fixed(options.policy) ? Policy::cyclic : Policy::dynamic;
    return plan;
  }
  const std::uint64_t chunk = options.chunk / order.items_per_position();
  plan.chunk =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(chunk, 1, std::max(1U, plan.n_positions)));
  return plan;
}

BrokerPlan make_broker_plan(const Options& options, std::span<const std::uint32_t> workers_of_node,
                            std::uint32_t node, const IndexOrder& order) {
  BrokerPlan plan{.node = node,
                  .workers_of_node = {workers_of_node.begin(), workers_of_node.end()},
                  .share_of_node = std::vector<std::uint32_t>(workers_of_node.size(), 0),
                  .n_items = order.n_items(),
                  .items_per_position = order.items_per_position(),
                  .may_ask = !is_fixed(options.policy)};
  for (std::size_t other = 0; plan.may_ask && other < workers_of_node.size(); ++other) {
    plan.share_of_node[other] = order.share_of_node(other).size();
  }
  return plan;
}

}  // namespace serried::schedule
