#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/schedule/index_order.hpp>
#include <serried/schedule/options.hpp>

namespace serried::schedule {
namespace {

using testing::ElementsAre;

const std::vector<std::uint32_t> one_node{4};

std::vector<std::uint64_t> indices_of(const IndexOrder& order) {
  std::vector<std::uint64_t> indices;
  IndexOrder::Cursor cursor;
  for (std::uint32_t position = 0; position < order.n_positions(); ++position) {
    const Range items = order.items_of(position);
    for (std::uint64_t item = items.begin; item < items.end; ++item) {
      indices.push_back(order.index_of(item, cursor));
    }
  }
  return indices;
}

TEST(IndexOrder, AscendsOverWhatIsNotDone) {
  const IndexOrder order = IndexOrder::ascending(10, IndexSet({{0, 2}, {3, 7}, {9, 50}}), one_node);
  EXPECT_THAT(indices_of(order), ElementsAre(2, 7, 8));
  EXPECT_EQ(order.n_items(), 3U);
}

TEST(IndexOrder, FindsItemsInAnyOrder) {
  const IndexOrder order = IndexOrder::ascending(1000, IndexSet({{10, 20}, {30, 40}, {500, 501}}), one_node);
  const std::vector<std::uint64_t> indices = indices_of(order);
  IndexOrder::Cursor cursor;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const std::uint64_t item = i * 7919 % order.n_items();
    ASSERT_EQ(order.index_of(item, cursor), indices[item]);
  }
}

TEST(IndexOrder, MayBeEmpty) {
  EXPECT_EQ(IndexOrder::ascending(0, {}, one_node).n_positions(), 0U);
  const IndexOrder nothing_left = IndexOrder::ascending(7, IndexSet({{0, 7}}), one_node);
  EXPECT_EQ(nothing_left.n_items(), 0U);
  EXPECT_TRUE(nothing_left.share_of_node(0).empty());
}

TEST(IndexOrder, OfVeryManyHasPositionsOfSeveralItems) {
  const std::uint64_t n = max_indices;
  const IndexOrder order = IndexOrder::ascending(n, IndexSet({{5, 6}}), one_node);
  EXPECT_EQ(order.n_items(), n - 1);
  EXPECT_GE(order.items_per_position(), std::uint64_t{1} << 16);
  const Range last = order.items_of(order.n_positions() - 1);
  EXPECT_LT(last.begin, last.end);
  EXPECT_EQ(last.end, n - 1);
  EXPECT_EQ(order.items_of(1).begin, order.items_of(0).end);
  IndexOrder::Cursor cursor;
  EXPECT_EQ(order.index_of(last.end - 1, cursor), n - 1);
  EXPECT_EQ(order.index_of(5, cursor), 6U);
}

TEST(IndexOrder, SharesByWorkers) {
  const std::vector<std::uint32_t> nodes{1, 3, 4};
  const IndexOrder order = IndexOrder::ascending(80, {}, nodes);
  EXPECT_EQ(order.share_of_node(0), (PositionRange{0, 10}));
  EXPECT_EQ(order.share_of_node(1), (PositionRange{10, 40}));
  EXPECT_EQ(order.share_of_node(2), (PositionRange{40, 80}));
}

TEST(IndexOrder, SortsByCostThenIndex) {
  const auto cost = [](std::uint64_t index) { return index == 4 ? 9.0 : static_cast<double>(index % 2); };
  const IndexOrder order = IndexOrder::longest_first(7, IndexSet({{1, 2}}), cost, one_node);
  EXPECT_THAT(indices_of(order), ElementsAre(4, 3, 5, 0, 2, 6));
}

TEST(IndexOrder, BalancesCostsOverNodes) {
  // Nine of 50 ms and one of 500 ms: one node gets the long one and nothing else.
  const std::vector<std::uint32_t> two_nodes{1, 1};
  const auto cost = [](std::uint64_t index) { return index == 3 ? 500.0 : 50.0; };
  const IndexOrder order = IndexOrder::longest_first(10, {}, cost, two_nodes);
  EXPECT_EQ(order.share_of_node(0).size(), 1U);
  EXPECT_EQ(order.share_of_node(1).size(), 9U);
  EXPECT_EQ(indices_of(order).front(), 3U);
  EXPECT_EQ(indices_of(order).size(), 10U);
}

TEST(IndexOrder, DealsEqualCostsByWorkers) {
  const std::vector<std::uint32_t> nodes{1, 3};
  for (const double cost : {0.0, 1.0}) {
    const IndexOrder order = IndexOrder::longest_first(
        40, {}, [&](std::uint64_t) { return cost; }, nodes);
    EXPECT_EQ(order.share_of_node(0).size(), 10U);
    EXPECT_EQ(order.share_of_node(1).size(), 30U);
    const std::vector<std::uint64_t> indices = indices_of(order);
    EXPECT_EQ(std::set<std::uint64_t>(indices.begin(), indices.end()).size(), 40U);
  }
}

TEST(IndexOrder, RefusesCostsThatAreNone) {
  for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW((void)IndexOrder::longest_first(
                     3, {}, [&](std::uint64_t) { return bad; }, one_node),
                 Error);
  }
}

TEST(IndexOrder, RefusesToSortTooMany) {
  const auto flat = [](std::uint64_t) { return 1.0; };
  EXPECT_THROW((void)IndexOrder::longest_first(max_hinted_indices + 1, {}, flat, one_node), Error);
  EXPECT_THROW((void)IndexOrder::longest_first(max_indices, {}, flat, one_node), Error);
}

TEST(IndexOrder, HashTellsOrdersApart) {
  const auto rising = [](std::uint64_t index) { return static_cast<double>(index); };
  const auto falling = [](std::uint64_t index) { return 100 - static_cast<double>(index); };
  const std::uint64_t hash = IndexOrder::longest_first(20, {}, rising, one_node).hash();
  EXPECT_EQ(hash, IndexOrder::longest_first(20, {}, rising, one_node).hash());
  EXPECT_NE(hash, IndexOrder::longest_first(20, {}, falling, one_node).hash());
  EXPECT_NE(IndexOrder::ascending(20, {}, one_node).hash(), IndexOrder::ascending(21, {}, one_node).hash());
}

}  // namespace
}  // namespace serried::schedule
