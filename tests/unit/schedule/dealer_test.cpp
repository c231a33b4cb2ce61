#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/schedule/dealer.hpp>

namespace serried::schedule {
namespace {

using testing::ElementsAre;

// The workers of one node, which take turns.
struct Node {
  Node(Policy policy, std::uint32_t n_workers, std::uint32_t n_positions, std::uint32_t chunk = 1)
      : lines(NodeBoard::n_lines(n_workers)), board(lines) {
    const DealPlan plan{.policy = policy,
                        .chunk = chunk,
                        .n_positions = n_positions,
                        .n_workers = n_workers,
                        .n_of_node = is_fixed(policy) ? 0 : n_positions};
    board.common().store({0, plan.n_of_node});
    for (std::uint32_t worker = 0; worker < n_workers; ++worker) {
      dealers.emplace_back(plan, board, worker, worker);
    }
  }
  std::vector<std::uint32_t> all_of(std::size_t worker) {
    std::vector<std::uint32_t> positions;
    while (const auto position = dealers[worker].next()) {
      positions.push_back(*position);
    }
    return positions;
  }
  std::vector<BoardLine> lines;
  NodeBoard board;
  std::vector<Dealer> dealers;
};

TEST(Dealer, EveryPolicyDealsEachPositionOnceWhoeverAsks) {
  std::mt19937_64 random(11);
  for (const Policy policy : all_policies) {
    for (const std::uint32_t n : {0U, 1U, 5U, 1000U}) {
      for (const std::uint32_t n_workers : {1U, 2U, 7U}) {
        Node node(policy, n_workers, n, 3);
        std::vector<std::uint32_t> dealt;
        std::vector<std::size_t> asking(n_workers);
        for (std::size_t i = 0; i < n_workers; ++i) {
          asking[i] = i;
        }
        while (!asking.empty()) {
          const std::size_t who = random() % asking.size();
          if (const auto position = node.dealers[asking[who]].next()) {
            dealt.push_back(*position);
          } else {
            asking.erase(asking.begin() + static_cast<std::ptrdiff_t>(who));
          }
        }
        std::sort(dealt.begin(), dealt.end());
        ASSERT_EQ(dealt.size(), n) << name_of(policy);
        for (std::uint32_t i = 0; i < n; ++i) {
          ASSERT_EQ(dealt[i], i) << name_of(policy);
        }
      }
    }
  }
}

TEST(Dealer, FixedPoliciesGiveAWorkerItsOwnOnly) {
  EXPECT_THAT(Node(Policy::static_block, 3, 8).all_of(1), ElementsAre(3, 4, 5));
  EXPECT_THAT(Node(Policy::cyclic, 3, 8).all_of(1), ElementsAre(1, 4, 7));
  EXPECT_THAT(Node(Policy::cyclic, 3, 8, 2).all_of(0), ElementsAre(0, 1, 6, 7));
}

TEST(Dealer, StealingTakesAHundredMicroseconds) {
  Node node(Policy::stealing, 1, 10'000);
  EXPECT_EQ(node.dealers[0].next(), 0U);
  EXPECT_EQ(node.board.common().load().begin, 1U) << "one, as long as nothing is known";
  node.dealers[0].expect(10e-6);
  EXPECT_EQ(node.dealers[0].next(), 1U);
  EXPECT_EQ(node.board.common().load().begin, 11U);
  for (const double seconds : {0.0, 1e-12, 1.0}) {
    node.dealers[0].expect(seconds);
    EXPECT_TRUE(node.dealers[0].next().has_value());
  }
}

TEST(Dealer, AThiefTakesHalfOfAnothersRange) {
  Node node(Policy::stealing, 2, 0);
  node.board.range_of(0).store({0, 100});
  EXPECT_EQ(node.dealers[1].next(), 50U);
  EXPECT_EQ(node.board.range_of(0).load(), (PositionRange{0, 50}));
  EXPECT_EQ(node.board.range_of(1).load(), (PositionRange{51, 100}));
  EXPECT_EQ(node.dealers[1].n_steals(), 1U);
  EXPECT_EQ(node.dealers[0].next(), 0U);
  EXPECT_EQ(node.dealers[0].n_steals(), 0U);
}

TEST(Dealer, FindsTheOnlyVictimOfMany) {
  Node node(Policy::stealing, 50, 0);
  node.board.range_of(31).store({7, 8});
  EXPECT_EQ(node.dealers[3].next(), 7U);
  EXPECT_EQ(node.dealers[3].next(), std::nullopt);
}

TEST(Dealer, GoesOnWhenTheCommonListIsFilledAgain) {
  for (const Policy policy : {Policy::dynamic, Policy::guided, Policy::factoring, Policy::stealing}) {
    Node node(policy, 2, 10);
    EXPECT_EQ(node.all_of(0).size(), 10U);
    node.board.common().store({100, 103});
    EXPECT_THAT(node.all_of(1), ElementsAre(100, 101, 102)) << name_of(policy);
  }
}

}  // namespace
}  // namespace serried::schedule
