#include <cstdint>
#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/schedule/broker.hpp>

namespace serried::schedule {
namespace {

using Kind = BrokerMessage::Kind;

// Nodes with one broker each, whose messages arrive when the test says so.
class Nodes {
 public:
  Nodes(std::vector<std::uint32_t> workers, const std::vector<std::uint32_t>& shares) {
    std::uint32_t begin = 0;
    std::uint32_t n_items = 0;
    for (const std::uint32_t share : shares) {
      n_items += share;
    }
    for (std::uint32_t node = 0; node < shares.size(); ++node) {
      lines_.emplace_back(NodeBoard::n_lines(workers[node]));
      boards.emplace_back(lines_.back());
      boards[node].common().store({begin, begin + shares[node]});
      begin += shares[node];
      brokers.emplace_back(
          BrokerPlan{.node = node, .workers_of_node = workers, .share_of_node = shares, .n_items = n_items},
          boards[node]);
    }
  }
  // All brokers step at `now` and hear from each other until nothing is under way. The messages sent.
  std::vector<Broker::Outgoing> step(double now) {
    std::vector<Broker::Outgoing> sent;
    for (std::uint32_t from = 0; from < brokers.size(); ++from) {
      brokers[from].step(now);
    }
    for (bool is_quiet = false; !is_quiet;) {
      is_quiet = true;
      for (std::uint32_t from = 0; from < brokers.size(); ++from) {
        for (const Broker::Outgoing& out : brokers[from].take_outgoing()) {
          is_quiet = false;
          sent.push_back(out);
          brokers[out.node].receive(from, out.message);
        }
      }
    }
    return sent;
  }
  std::deque<std::vector<BoardLine>> lines_;
  std::vector<NodeBoard> boards;
  std::deque<Broker> brokers;
};

TEST(Broker, AloneSeesTheEnd) {
  Nodes nodes({2}, {3});
  nodes.step(0);
  EXPECT_EQ(nodes.boards[0].flags(), 0U);
  nodes.boards[0].n_done_by(0) = 1;
  nodes.boards[0].n_done_by(1) = 2;
  nodes.step(0.001);
  EXPECT_EQ(nodes.boards[0].flags(), NodeBoard::all_done);
}

TEST(Broker, TwoDryNodesShareInProportionToTheirWorkers) {
  Nodes nodes({1, 3}, {100, 0});
  nodes.step(0);
  EXPECT_EQ(nodes.boards[1].n_left(), 75U);
  EXPECT_EQ(nodes.boards[0].n_left(), 25U);
}

TEST(Broker, ADryNodeGetsTheLastPosition) {
  Nodes nodes({8, 1}, {1, 0});
  nodes.step(0);
  EXPECT_EQ(nodes.boards[1].n_left(), 1U);
}

TEST(Broker, TakesFromAWorkerIfTheCommonListIsEmpty) {
  Nodes nodes({2, 2}, {10, 0});
  nodes.boards[0].range_of(1).store(nodes.boards[0].common().take_front([](std::uint32_t n) { return n; }));
  nodes.step(0);
  EXPECT_EQ(nodes.boards[1].common().load(), (PositionRange{5, 10}));
  EXPECT_EQ(nodes.boards[0].range_of(1).load(), (PositionRange{0, 5}));
}

TEST(Broker, DoesNotAskWhileThereIsPlenty) {
  Nodes nodes({2, 2}, {1000, 900});
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(nodes.step(i * 1e-3), testing::IsEmpty());
  }
}

TEST(Broker, AsksBeforeItIsDry) {
  Nodes nodes({1, 1}, {10'000, 1000});
  std::uint64_t n_done = 0;
  for (int i = 0; i < 1000 && nodes.boards[1].n_left() <= 1000; ++i) {
    nodes.step(i * 1e-3);
    // One hundred a millisecond.
    const auto hundred = [](std::uint32_t) { return 100U; };
    const PositionRange taken = nodes.boards[1].common(0).take_front(hundred);
    n_done += taken.empty() ? nodes.boards[1].common(1).take_front(hundred).size() : taken.size();
    nodes.boards[1].n_done_by(0) = n_done;
    ASSERT_GT(nodes.boards[1].n_left(), 0U) << "after " << i << " ms";
  }
  EXPECT_GT(nodes.boards[1].n_left(), 1000U);
}

TEST(Broker, AsksAnotherIfOneDoesNotAnswer) {
  Nodes nodes({1, 1, 1}, {10, 0, 10});
  Broker& broker = nodes.brokers[1];
  broker.step(0);
  const std::vector<Broker::Outgoing> first = broker.take_outgoing();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].message.kind, Kind::ask);
  broker.step(0.001);
  EXPECT_THAT(broker.take_outgoing(), testing::IsEmpty()) << "patience";
  broker.step(0.01);
  const std::vector<Broker::Outgoing> second = broker.take_outgoing();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first[0].node + second[0].node, 2U) << "node 0 and node 2";
  // Both answer in the end: nothing is lost.
  broker.receive(0, {.kind = Kind::give, .n_left = 5, .value = packed({5, 10})});
  broker.receive(2, {.kind = Kind::give, .n_left = 5, .value = packed({15, 20})});
  EXPECT_EQ(nodes.boards[1].common(0).load(), (PositionRange{5, 10}));
  EXPECT_EQ(nodes.boards[1].common(1).load(), (PositionRange{15, 20}));
}

TEST(Broker, KeepsWhatDoesNotFitTheBoardUntilItDoes) {
  Nodes nodes({1, 1}, {0, 10});
  nodes.boards[1].common(1).store({50, 52});
  nodes.brokers[1].receive(0, {.kind = Kind::give, .n_left = 0, .value = packed({60, 63})});
  EXPECT_EQ(nodes.boards[1].n_left(), 12U);
  EXPECT_EQ(nodes.boards[1].common(1).take_front(half).size(), 1U);
  EXPECT_EQ(nodes.boards[1].common(1).take_front(half).size(), 1U);
  nodes.brokers[1].step(0.02);
  EXPECT_EQ(nodes.boards[1].common(1).load(), (PositionRange{60, 63}));
}

TEST(Broker, AsksLessAndLessWhereNobodyHasAnything) {
  Nodes nodes({1, 1, 1, 1}, {1, 0, 0, 0});
  (void)nodes.boards[0].common().take_front(one);  // the last one is being done
  std::size_t n_sent = 0;
  for (int i = 0; i < 10'000; ++i) {
    n_sent += nodes.step(i * 1e-4).size();
  }
  // A second: every node asks each of the others at most once in 16 ms.
  EXPECT_LT(n_sent, 4U * 3 * 2 * (1000 / 16 + 20));
  EXPECT_GT(n_sent, 0U);
}

TEST(Broker, CountsOverNodesAndTellsAllOfTheEnd) {
  Nodes nodes({1, 1, 1}, {5, 5, 5});
  for (std::uint32_t node = 0; node < 3; ++node) {
    (void)nodes.boards[node].common().take_front([](std::uint32_t n) { return n; });
    nodes.boards[node].n_done_by(0) = 4;
  }
  nodes.step(1);
  EXPECT_EQ(nodes.brokers[0].n_done_in_all(), 12U);
  for (std::uint32_t node = 0; node < 3; ++node) {
    EXPECT_EQ(nodes.boards[node].flags(), 0U);
    nodes.boards[node].n_done_by(0) = 5;
  }
  nodes.step(2);
  nodes.step(3);
  EXPECT_EQ(nodes.brokers[0].n_done_in_all(), 15U);
  for (const NodeBoard& board : nodes.boards) {
    EXPECT_EQ(board.flags(), NodeBoard::all_done);
  }
}

TEST(Broker, PassesOnStopAndFailure) {
  for (const NodeBoard::Flag flag : {NodeBoard::stopped, NodeBoard::failed}) {
    Nodes nodes({1, 1, 1}, {5, 5, 5});
    nodes.boards[2].raise(flag);
    nodes.step(1);
    for (const NodeBoard& board : nodes.boards) {
      EXPECT_EQ(board.flags(), flag);
    }
    EXPECT_THAT(nodes.step(2), testing::IsEmpty()) << "it is said once";
  }
}

}  // namespace
}  // namespace serried::schedule
