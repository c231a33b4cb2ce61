#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/node_exchange.hpp>

#include "mpi_test.hpp"
#include "same_error_of.hpp"

namespace serried::mpi {
namespace {

using Received = std::vector<std::vector<char>>;
using Size = std::function<std::size_t(std::size_t from, std::size_t to)>;

constexpr std::uint64_t never_direct = std::numeric_limits<std::uint64_t>::max();

// Any bytes, others for another pair of ranks.
std::vector<char> message(std::size_t from, std::size_t to, std::size_t n_bytes) {
  std::vector<char> bytes(n_bytes);
  std::uint32_t state = static_cast<std::uint32_t>(1000 * from + to + 1);
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

// Sizes of every kind, the same for a pair of ranks on both.
Size random_sizes(std::uint32_t seed, std::size_t most) {
  return [=](std::size_t from, std::size_t to) -> std::size_t {
    std::seed_seq sequence{seed, static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to)};
    std::mt19937 random(sequence);
    const std::size_t kind = random() % 3;
    return kind == 0 ? 0 : random() % (kind == 1 ? 10 : most + 1);
  };
}

// Collective.
void expect_exchanged(NodeExchange& nodes, const Size& size, Received& received) {
  Received outgoing;
  for (std::size_t to = 0; to < n_ranks(); ++to) {
    outgoing.push_back(message(my_rank(), to, size(my_rank(), to)));
  }
  const std::vector<std::span<const char>> messages(outgoing.begin(), outgoing.end());
  nodes.exchange(messages, received);
  EXPECT_TRUE(received == alltoall_ragged<char>(world(), messages));
  ASSERT_EQ(received.size(), n_ranks());
  for (std::size_t from = 0; from < n_ranks(); ++from) {
    EXPECT_TRUE(received[from] == message(from, my_rank(), size(from, my_rank()))) << "from rank " << from;
  }
}

struct Grouping {
  std::string name;
  std::vector<int> group_of_rank;  // for 8 ranks; fewer take the first of them

  [[nodiscard]] int mine() const { return group_of_rank[my_rank()]; }
};

class Groupings : public testing::TestWithParam<Grouping> {};

INSTANTIATE_TEST_SUITE_P(NodeExchange, Groupings,
                         testing::Values(Grouping{"OneNode", {5, 5, 5, 5, 5, 5, 5, 5}},
                                         Grouping{"EachRankANode", {0, 1, 2, 3, 4, 5, 6, 7}},
                                         Grouping{"Pairs", {0, 0, 1, 1, 2, 2, 3, 3}},
                                         Grouping{"OneTwoOneFour", {0, 1, 1, 2, 3, 3, 3, 3}},
                                         Grouping{"TwoInTurn", {0, 1, 0, 1, 0, 1, 0, 1}},
                                         Grouping{"ThreeInTurn", {9, -4, 2, 9, -4, 2, 9, -4}},
                                         Grouping{"FirstAlone", {1, 0, 0, 0, 0, 0, 0, 0}}),
                         [](const auto& test) { return test.param.name; });

TEST_P(Groupings, SmallMessagesInOneRound) {
  NodeExchange nodes(world(), {.group = GetParam().mine()});
  Received received;
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    expect_exchanged(nodes, random_sizes(seed, 300), received);
  }
}

TEST_P(Groupings, RoundsOfAFewBytes) {
  for (const std::uint64_t round_bytes : {1, 2, 7, 40}) {
    NodeExchange nodes(world(), {.group = GetParam().mine(), .round_bytes = round_bytes});
    Received received;
    expect_exchanged(nodes, random_sizes(100, 25), received);
    expect_exchanged(nodes, random_sizes(101, 25), received);
  }
}

TEST_P(Groupings, LongMessagesTravelDirectly) {
  for (const std::uint64_t direct_above : {0, 9, 1000}) {
    NodeExchange nodes(world(), {.group = GetParam().mine(), .direct_above = direct_above});
    Received received;
    expect_exchanged(nodes, random_sizes(200, 2000), received);
    expect_exchanged(nodes, random_sizes(201, 2000), received);
  }
}

TEST_P(Groupings, SeveralMegabytes) {
  const Size size = [](std::size_t from, std::size_t to) -> std::size_t {
    return (from + to) % 3 == 0 ? 0 : (from == 1 && to != 1 ? 3'000'001 : 100'000 * to + from);
  };
  for (const std::uint64_t direct_above : {std::uint64_t{64} << 10, never_direct}) {
    NodeExchange nodes(
        world(),
        {.group = GetParam().mine(), .round_bytes = std::uint64_t{1} << 20, .direct_above = direct_above});
    Received received;
    expect_exchanged(nodes, size, received);
  }
}

TEST_P(Groupings, NothingForAnybodyOrForOneOrFromOne) {
  NodeExchange nodes(world(), {.group = GetParam().mine()});
  Received received(3, std::vector<char>(10));
  const std::size_t last = n_ranks() - 1;
  expect_exchanged(
      nodes, [](std::size_t, std::size_t) { return 0; }, received);
  expect_exchanged(
      nodes, [&](std::size_t from, std::size_t) { return from == last ? 5 : 0; }, received);
  expect_exchanged(
      nodes, [&](std::size_t, std::size_t to) { return to == last ? 5 : 0; }, received);
  expect_exchanged(
      nodes, [](std::size_t from, std::size_t to) { return from == to ? 5 : 0; }, received);
}

TEST(NodeExchange, HostsAreNodes) {
  NodeExchange nodes(world());
  Received received;
  expect_exchanged(nodes, random_sizes(300, 100'000), received);
  const Communicator node = world().node();
  EXPECT_EQ(nodes.nodes().ranks_of(nodes.nodes().node_of(my_rank())).size(),
            static_cast<std::size_t>(node.size()));
}

TEST(NodeExchange, OthersMayUseTheCommunicatorBetween) {
  NodeExchange pairs(world(), {.group = world().rank() / 2});
  NodeExchange in_turn(world(), {.group = world().rank() % 2, .round_bytes = 10});
  Received received;
  for (std::uint32_t seed = 400; seed < 410; ++seed) {
    expect_exchanged(pairs, random_sizes(seed, 50), received);
    expect_exchanged(in_turn, random_sizes(seed, 50), received);
  }
}

// Collective: what all ranks have sent to other nodes.
NodeExchange::Traffic traffic_of(const NodeExchange& nodes) {
  return {.n_messages = allreduce_value(world(), nodes.local_traffic().n_messages, std::plus<>{}),
          .n_bytes = allreduce_value(world(), nodes.local_traffic().n_bytes, std::plus<>{})};
}

// Collective. Two messages from node to node, the lengths and the bytes, however many ranks they have.
void expect_little_traffic(NodeExchange& nodes) {
  Received received;
  expect_exchanged(
      nodes, [](std::size_t, std::size_t) { return 10; }, received);
  const NodeMap& map = nodes.nodes();
  std::uint64_t n_pairs = 0;  // of ranks of different nodes
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    n_pairs += n_ranks() - map.ranks_of(map.node_of(rank)).size();
  }
  const NodeExchange::Traffic traffic = traffic_of(nodes);
  if (map.n_nodes() == n_ranks()) {
    EXPECT_EQ(traffic.n_messages, n_pairs);
    EXPECT_EQ(traffic.n_bytes, n_pairs * 10);
  } else {
    EXPECT_EQ(traffic.n_messages, 2 * map.n_nodes() * (map.n_nodes() - 1));
    EXPECT_EQ(traffic.n_bytes, n_pairs * (sizeof(std::uint64_t) + 10));
  }
}

TEST_P(Groupings, LittleTravelsBetweenNodes) {
  NodeExchange nodes(world(), {.group = GetParam().mine()});
  expect_little_traffic(nodes);
}

TEST(NodeExchange, LittleTravelsBetweenHosts) {
  NodeExchange nodes(world());
  expect_little_traffic(nodes);
}

TEST(NodeExchange, NeedsOneMessageARank) {
  NodeExchange nodes(world(), {.group = world().rank() / 2});
  const std::vector<std::span<const char>> too_many(n_ranks() + 1);
  EXPECT_THROW((void)nodes.exchange(too_many), std::logic_error);
}

TEST(NodeExchange, OptionsAreChecked) {
  EXPECT_THROW(NodeExchange(world(), {.round_bytes = 0}), std::logic_error);
  EXPECT_THROW(NodeExchange(world(), {.round_bytes = (std::uint64_t{1} << 30) + 1}), std::logic_error);
  if (n_ranks() > 1) {
    EXPECT_THROW(NodeExchange(world(), {.round_bytes = 10 + my_rank() / (n_ranks() - 1)}), std::logic_error);
    NodeExchangeOptions grouped_on_rank_0;
    if (my_rank() == 0) {
      grouped_on_rank_0.group = 0;
    }
    EXPECT_THROW(NodeExchange(world(), grouped_on_rank_0), std::logic_error);
  }
}

// AddressSanitizer ends the process instead.
#if defined(__SANITIZE_ADDRESS__)
#define SERRIED_TEST_ENDS_WITHOUT_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SERRIED_TEST_ENDS_WITHOUT_MEMORY
#endif
#endif
#ifndef SERRIED_TEST_ENDS_WITHOUT_MEMORY
TEST(NodeExchange, MissingMemoryIsTheErrorOfAllRanks) {
  NodeExchange nodes(world(), {.group = world().rank() % 2});
  if (nodes.nodes().n_nodes() == 1 || nodes.nodes().n_nodes() == n_ranks()) {
    GTEST_SKIP() << "needs two nodes, one of them of several ranks";
  }
  const char byte = 'x';
  std::vector<std::span<const char>> messages(n_ranks());
  if (my_rank() == 0) {
    messages[1] = {&byte, std::size_t{1} << 47};  // more than there are addresses; nobody reads it
  }
  Received received;
  const Error error = test::same_error_of([&] { nodes.exchange(messages, received); });
  EXPECT_EQ(error.problem(), "out of memory");
  EXPECT_EQ(error.rank(), 1);
  expect_exchanged(nodes, random_sizes(600, 100), received);
}
#endif

}  // namespace
}  // namespace serried::mpi
