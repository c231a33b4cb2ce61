#include <cstdint>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include <serried/schedule/plan.hpp>

namespace serried::schedule {
namespace {

const std::vector<std::uint32_t> nodes{2, 6};

TEST(Plan, GivesEachNodeItsShare) {
  const Options options{.policy = Policy::guided};
  const IndexOrder order = make_order(80, options, nodes);
  EXPECT_EQ(make_deal_plan(options, nodes, 1, order).n_of_node, 60U);
  EXPECT_EQ(make_deal_plan(options, nodes, 1, order).n_workers, 8U);
  const BrokerPlan broker = make_broker_plan(options, nodes, 1, order);
  EXPECT_EQ(broker.share_of_node, (std::vector<std::uint32_t>{20, 60}));
  EXPECT_EQ(broker.n_items, 80U);
  EXPECT_TRUE(broker.may_ask);
}

TEST(Plan, FixedPoliciesHaveNothingToShare) {
  for (const Policy policy : {Policy::static_block, Policy::cyclic}) {
    const Options options{.policy = policy};
    const IndexOrder order = make_order(80, options, nodes);
    EXPECT_EQ(make_deal_plan(options, nodes, 0, order).n_of_node, 0U);
    EXPECT_FALSE(make_broker_plan(options, nodes, 0, order).may_ask);
  }
}

TEST(Plan, CostsAreDealtOneByOne) {
  for (const Policy policy : all_policies) {
    const Options options{.policy = policy, .chunk = 10, .cost = [](std::uint64_t) { return 1.0; }};
    const DealPlan plan = make_deal_plan(options, nodes, 0, make_order(80, options, nodes));
    EXPECT_EQ(plan.policy, is_fixed(policy) ? Policy::cyclic : Policy::dynamic);
    EXPECT_EQ(plan.chunk, 1U);
  }
}

TEST(Plan, AChunkIsCountedInIndices) {
  Options options{.policy = Policy::dynamic, .chunk = std::uint64_t{1} << 20};
  const IndexOrder order = make_order(std::uint64_t{1} << 48, options, nodes);
  const std::uint32_t chunk = make_deal_plan(options, nodes, 0, order).chunk;
  EXPECT_EQ(chunk, options.chunk / order.items_per_position());
  options.chunk = 1;
  EXPECT_EQ(make_deal_plan(options, nodes, 0, order).chunk, 1U);
}

}  // namespace
}  // namespace serried::schedule
