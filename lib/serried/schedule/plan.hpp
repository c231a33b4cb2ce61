/// From options and the workers of each node to what their dealers and brokers are made from.
#pragma once

#include <cstdint>
#include <span>

#include <serried/schedule/broker.hpp>
#include <serried/schedule/dealer.hpp>
#include <serried/schedule/index_order.hpp>
#include <serried/schedule/options.hpp>

namespace serried::schedule {

// Pure; of the options, only policy, chunk, cost and done count.

/// The same on every rank. Throws what options.cost throws.
[[nodiscard]] IndexOrder make_order(std::uint64_t n, const Options& options,
                                    std::span<const std::uint32_t> workers_of_node);

[[nodiscard]] DealPlan make_deal_plan(const Options& options, std::span<const std::uint32_t> workers_of_node,
                                      std::uint32_t node, const IndexOrder& order);

[[nodiscard]] BrokerPlan make_broker_plan(const Options& options,
                                          std::span<const std::uint32_t> workers_of_node, std::uint32_t node,
                                          const IndexOrder& order);

}  // namespace serried::schedule
