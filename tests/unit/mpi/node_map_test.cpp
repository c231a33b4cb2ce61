#include <algorithm>
#include <cstddef>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mpi/node_map.hpp>

namespace serried::mpi {
namespace {

using testing::ElementsAre;

TEST(NodeMap, NumbersNodesByTheirLowestRanksAndPlacesByRank) {
  const NodeMap map(std::vector<int>{7, -2, 7, 5, -2, 7});
  EXPECT_EQ(map.n_ranks(), 6U);
  EXPECT_EQ(map.n_nodes(), 3U);
  EXPECT_THAT(map.ranks_of(0), ElementsAre(0, 2, 5));
  EXPECT_THAT(map.ranks_of(1), ElementsAre(1, 4));
  EXPECT_THAT(map.ranks_of(2), ElementsAre(3));
  for (std::size_t rank = 0; rank < 6; ++rank) {
    EXPECT_EQ(map.ranks_of(map.node_of(rank))[map.place_of(rank)], rank);
  }
}

// 10 nodes of 1, 2, 3, 1, … ranks.
NodeMap uneven() {
  std::vector<int> labels;
  for (int node = 0; node < 10; ++node) {
    labels.insert(labels.end(), static_cast<std::size_t>(1 + node % 3), node);
  }
  return NodeMap(labels);
}

TEST(NodeMap, EveryOtherNodeHasOneLeader) {
  const NodeMap map = uneven();
  for (std::size_t node = 0; node < map.n_nodes(); ++node) {
    std::vector<std::size_t> led;
    for (const std::size_t rank : map.ranks_of(node)) {
      for (const std::size_t other : map.led_by(rank)) {
        EXPECT_EQ(map.leader(node, other), rank);
        led.push_back(other);
      }
    }
    std::ranges::sort(led);
    EXPECT_EQ(led.size(), map.n_nodes() - 1);
    EXPECT_EQ(std::ranges::count(led, node), 0);
    EXPECT_EQ(std::unique(led.begin(), led.end()), led.end());
  }
}

TEST(NodeMap, RanksShareTheOtherNodesEvenly) {
  const NodeMap map = uneven();
  std::size_t most = 0;
  for (std::size_t rank = 0; rank < map.n_ranks(); ++rank) {
    const std::size_t n_ranks = map.ranks_of(map.node_of(rank)).size();
    const std::size_t n_led = map.led_by(rank).size();
    EXPECT_LE(n_led, (map.n_nodes() + n_ranks - 1) / n_ranks) << "rank " << rank;
    EXPECT_GE(n_led + 1, map.n_nodes() / n_ranks) << "rank " << rank;
    most = std::max(most, n_led);
  }
  EXPECT_EQ(map.most_led(), most);
}

TEST(NodeMap, OneNodeDealsWithNoOther) {
  const NodeMap map(std::vector<int>{1, 1, 1});
  EXPECT_EQ(map.n_nodes(), 1U);
  EXPECT_EQ(map.most_led(), 0U);
  EXPECT_TRUE(map.led_by(2).empty());
}

}  // namespace
}  // namespace serried::mpi
