#include "pagerank/ranks.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allgather.hpp>

#include "../mapreduce/random_text.hpp"
#include "pagerank/graph.hpp"
#include "world.hpp"

namespace serried::pagerank {
namespace {

using test::world;
using Edges = std::vector<std::pair<int, int>>;

// Each rank has some of the edges, in two lists.
Graph graph_of(const Edges& edges) {
  std::vector<EdgeList> lists(2);
  for (std::size_t i = test::my_rank(); i < edges.size(); i += test::n_ranks()) {
    const std::string from = std::to_string(edges[i].first);
    const std::string to = std::to_string(edges[i].second);
    EdgeList& list = lists[i / test::n_ranks() % 2];
    list.add(from, to);
    list.finish();
  }
  std::vector<EdgeList*> pointers = {&lists[0], &lists[1]};
  return make_graph(world(), pointers);
}

// Of all nodes, on every rank.
std::map<int, std::uint64_t> everywhere(const Graph& graph, const std::vector<std::uint64_t>& ranks) {
  struct Node {
    int name = 0;
    std::uint64_t rank = 0;
  };
  std::vector<Node> mine;
  for (std::uint32_t i = 0; i < graph.n_nodes(); ++i) {
    mine.push_back({std::stoi(std::string(graph.names[i])), ranks[i]});
  }
  std::map<int, std::uint64_t> all;
  for (const Node& node : mpi::allgather_ragged(world(), mine)) {
    all[node.name] = node.rank;
  }
  return all;
}

Ranks ranks_of(const Graph& graph, const Rules& rules, int n_threads = 1) {
  return find_ranks(world(), graph, rules, n_threads, [](std::uint64_t, std::uint64_t) {});
}

std::map<int, double> naive_ranks(const Edges& edges, double damping) {
  std::map<int, double> degrees;
  for (const auto& [from, to] : edges) {
    ++degrees[from];
    degrees.try_emplace(to, 0);
  }
  const auto n = static_cast<double>(degrees.size());
  std::map<int, double> ranks;
  for (const auto& [node, degree] : degrees) {
    ranks[node] = 1 / n;
  }
  for (int i = 0; i < 500; ++i) {
    double jumps = 1 - damping;
    std::map<int, double> after;
    for (const auto& [node, degree] : degrees) {
      jumps += degree == 0 ? damping * ranks[node] : 0;
    }
    for (const auto& [from, to] : edges) {
      after[to] += damping * ranks[from] / degrees[from];
    }
    for (auto& [node, rank] : ranks) {
      rank = after[node] + jumps / n;
    }
  }
  return ranks;
}

Edges random_edges(std::size_t n, int n_nodes) {
  test::Random random(5);
  Edges edges;
  const auto nodes = static_cast<std::size_t>(n_nodes);
  for (std::size_t i = 0; i < n; ++i) {
    const auto from = static_cast<int>(random.below(nodes));  // one after the other, whatever the compiler
    const std::size_t most = random.below(nodes + nodes / 3);
    edges.emplace_back(from, static_cast<int>(random.below(1 + most)));
  }
  return edges;
}

TEST(MakeGraph, HoldsEveryEdgeOnce) {
  const Edges edges = random_edges(3000, 300);
  const Graph graph = graph_of(edges);
  EXPECT_EQ(graph.n_edges_in_all, 3000u);
  std::map<int, std::uint64_t> in;
  std::map<int, std::uint64_t> out;
  for (const auto& [from, to] : edges) {
    ++out[from];
    out.try_emplace(to, 0);
    ++in[to];
    in.try_emplace(from, 0);
  }
  EXPECT_EQ(graph.n_nodes_in_all, in.size());
  EXPECT_EQ(graph.n_dangling_in_all, static_cast<std::size_t>(std::ranges::count_if(
                                         out, [](const auto& i) { return i.second == 0; })));
  std::vector<std::uint64_t> in_degrees;
  for (std::size_t i = 0; i < graph.n_nodes(); ++i) {
    in_degrees.push_back(graph.begins[i + 1] - graph.begins[i]);
  }
  EXPECT_EQ(everywhere(graph, in_degrees), in);
  EXPECT_EQ(everywhere(graph, graph.out_degrees), out);
}

TEST(FindRanks, IsWhatDoublesAreAndTheSameBitsEveryTime) {
  const Edges edges = random_edges(3000, 300);
  const Rules rules{.tolerance = 1e-14, .max_iterations = 500};
  const Graph graph = graph_of(edges);
  const Ranks ranks = ranks_of(graph, rules);
  EXPECT_TRUE(ranks.has_converged);
  const auto got = everywhere(graph, ranks.of_nodes);
  const auto expected = naive_ranks(edges, 0.85);
  ASSERT_EQ(got.size(), expected.size());
  std::uint64_t sum = 0;
  for (const auto& [node, rank] : got) {
    EXPECT_NEAR(as_double(rank), expected.at(node), 1e-13) << node;
    sum += rank;
  }
  EXPECT_LE(sum, rank_of_all);
  EXPECT_GT(sum, rank_of_all - 2 * got.size());

  Edges backwards = edges;
  std::ranges::reverse(backwards);  // other edges on each rank, in another order
  const Graph again = graph_of(backwards);
  EXPECT_EQ(everywhere(again, ranks_of(again, rules, 3).of_nodes), got);
  // What one rank gets, to the bit: a hash of all, which is known.
  std::uint64_t hash = 0;
  for (const auto& [node, rank] : got) {
    hash = mix(hash ^ rank, 0x9e3779b97f4a7c15);
  }
  EXPECT_EQ(hash, 8970898970189029566U);
}

TEST(FindRanks, StopsWhenTold) {
  const Graph graph = graph_of({{1, 2}, {2, 3}, {3, 1}, {3, 2}});
  const Ranks three = ranks_of(graph, {.tolerance = 0, .max_iterations = 3});
  EXPECT_EQ(three.n_iterations, 3u);
  EXPECT_FALSE(three.has_converged);
  const Ranks no_damping = ranks_of(graph, {.damping = 0});
  EXPECT_EQ(no_damping.n_iterations, 1u);
  EXPECT_TRUE(no_damping.has_converged);
  EXPECT_EQ(no_damping.change, 0u);
  std::uint64_t n_calls = 0;
  const Ranks ranks =
      find_ranks(world(), graph, {.tolerance = 1e-6}, 2,
                 [&](std::uint64_t iteration, std::uint64_t) { EXPECT_EQ(iteration, ++n_calls); });
  EXPECT_EQ(ranks.n_iterations, n_calls);
  EXPECT_LE(as_double(ranks.change), 1e-6);
}

TEST(FindRanks, SelfLoopsAndRepeatedEdgesCount) {
  // 1 goes to itself once, and to 2 three times; 2 nowhere.
  const Edges edges = {{1, 1}, {1, 2}, {1, 2}, {1, 2}};
  const Graph graph = graph_of(edges);
  const auto got = everywhere(graph, ranks_of(graph, {.tolerance = 1e-15, .max_iterations = 500}).of_nodes);
  for (const auto& [node, rank] : naive_ranks(edges, 0.85)) {
    EXPECT_NEAR(as_double(got.at(node)), rank, 1e-14);
  }
}

}  // namespace
}  // namespace serried::pagerank
