/// A directed graph that all ranks hold together, each some of its nodes with the edges that lead to them.
///
/// A node belongs to the rank that the hash of its name says, and is a number there. Which number that is depends on who read
/// what when: nothing that is made of a graph may depend on it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/base/partition.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/communicator.hpp>

#include "edges.hpp"
#include "name_table.hpp"
#include "node_set.hpp"

namespace serried::pagerank {

/// What an iteration needs: a value for each node of this rank and, behind these, a copy of the value of each node elsewhere
/// from which an edge leads here.
struct Graph {
  NameTable names;                         ///< of this rank's nodes
  std::vector<std::uint64_t> out_degrees;  ///< of this rank's nodes
  std::vector<std::uint64_t>
      begins;  ///< edges that lead to node i are sources[begins[i]] to sources[begins[i + 1]]
  std::vector<std::uint32_t>
      sources;                      ///< where each edge comes from, as the place of a value; then some zeros
  std::vector<std::uint32_t> sent;  ///< nodes whose values are sent to rank 0, then to rank 1, …
  std::vector<std::size_t> n_sent;  ///< to each rank
  std::vector<std::size_t> n_received;  ///< from each rank, in the order of the copies

  /// So many zeros are behind the sources, for one who reads ahead.
  static constexpr std::size_t n_sources_ahead = 48;

  std::uint64_t n_nodes_in_all = 0;
  std::uint64_t n_edges_in_all = 0;
  std::uint64_t n_dangling_in_all = 0;  ///< nodes that no edge leaves

  [[nodiscard]] std::size_t n_nodes() const { return out_degrees.size(); }
  [[nodiscard]] std::size_t n_copies() const {
    std::size_t n = 0;
    for (const std::size_t some : n_received) {
      n += some;
    }
    return n;
  }
};

namespace detail {

struct NodeId {
  std::uint32_t rank = 0;
  std::uint32_t number = 0;
};

template <class T>
[[nodiscard]] std::vector<std::span<const T>> spans_of(const std::vector<std::vector<T>>& messages) {
  return {messages.begin(), messages.end()};
}

// Collective: the names of each list to their ranks, which number them and add up how many edges leave each. Returns for each
// list what its numbers mean.
[[nodiscard]] inline std::vector<std::vector<NodeId>> number_nodes(const mpi::Communicator& comm,
                                                                   std::span<EdgeList* const> lists,
                                                                   Graph& graph) {
  struct Header {
    std::uint64_t out_degree = 0;
    std::uint64_t size = 0;
  };
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  std::vector<std::vector<char>> names(n_ranks);
  std::vector<std::vector<NodeId>> meanings(lists.size());
  mpi::together(comm, [&] {
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const NameTable& table = lists[i]->names();
      std::vector<std::uint64_t> out_degrees(table.size());
      for (const EdgeList::Edge& edge : lists[i]->edges()) {
        ++out_degrees[edge.from];
      }
      for (std::uint32_t number = 0; number < table.size(); ++number) {
        const std::string_view name = table[number];
        const auto rank = static_cast<std::uint32_t>(hash_slice(hash_bytes(name), n_ranks));
        meanings[i].push_back({rank, 0});
        const Header header{out_degrees[number], name.size()};
        const auto* const first = reinterpret_cast<const char*>(&header);
        names[rank].insert(names[rank].end(), first, first + sizeof header);
        names[rank].insert(names[rank].end(), name.begin(), name.end());
      }
    }
  });
  const auto received = mpi::alltoall_ragged<char>(comm, spans_of(names));
  names.clear();

  std::vector<std::vector<std::uint32_t>> replies(n_ranks);
  mpi::together(comm, [&] {
    for (std::size_t rank = 0; rank < n_ranks; ++rank) {
      for (const char* at = received[rank].data(); at != received[rank].data() + received[rank].size();) {
        Header header;
        std::memcpy(&header, at, sizeof header);
        at += sizeof header;
        const std::uint32_t number = graph.names.number_of({at, header.size});
        at += header.size;
        graph.out_degrees.resize(graph.names.size());
        graph.out_degrees[number] += header.out_degree;
        replies[rank].push_back(number);
      }
    }
  });
  const auto numbers = mpi::alltoall_ragged<std::uint32_t>(comm, spans_of(replies));
  std::vector<std::size_t> next(n_ranks);
  for (auto& meaning : meanings) {
    for (NodeId& node : meaning) {
      node.number = numbers[node.rank][next[node.rank]++];
    }
  }
  return meanings;
}

struct EdgeHere {
  std::uint32_t to = 0;  // a node of this rank
  NodeId from;
};

// Collective: every edge to the rank of the node to which it leads, some at a time; the lists are emptied.
[[nodiscard]] inline std::vector<EdgeHere> send_edges(const mpi::Communicator& comm,
                                                      std::span<EdgeList* const> lists,
                                                      const std::vector<std::vector<NodeId>>& meanings) {
  constexpr std::size_t n_at_once = std::size_t{1} << 20;
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  std::vector<EdgeHere> here;
  std::vector<std::vector<EdgeHere>> outgoing(n_ranks);
  std::vector<std::vector<EdgeHere>> received;
  std::size_t list = 0;
  for (bool is_done = false; !is_done;) {
    std::ranges::for_each(outgoing, [](auto& message) { message.clear(); });
    mpi::together(comm, [&] {
      for (std::size_t n = 0; n < n_at_once && list < lists.size();) {
        std::vector<EdgeList::Edge>& edges = lists[list]->edges();
        for (; n < n_at_once && !edges.empty(); ++n) {
          const EdgeList::Edge edge = edges.back();
          edges.pop_back();
          const NodeId to = meanings[list][edge.to];
          outgoing[to.rank].push_back({to.number, meanings[list][edge.from]});
        }
        if (edges.empty()) {
          edges.shrink_to_fit();
          ++list;
        }
      }
    });
    mpi::alltoall_ragged<EdgeHere>(comm, spans_of(outgoing), received);
    mpi::together(comm, [&] {
      for (const auto& message : received) {
        here.insert(here.end(), message.begin(), message.end());
      }
    });
    is_done = mpi::allreduce_value(comm, list < lists.size() ? 1 : 0, mpi::max) == 0;
  }
  return here;
}

// Collective: which values of other ranks are needed here, and which of this rank's elsewhere. Returns for each rank where its
// values are.
[[nodiscard]] inline std::vector<NodeSet> agree_on_copies(const mpi::Communicator& comm,
                                                          const std::vector<EdgeHere>& edges, Graph& graph) {
  const auto me = static_cast<std::uint32_t>(comm.rank());
  std::vector<NodeSet> needed;
  std::vector<std::vector<std::uint32_t>> wanted;
  const auto n_nodes = mpi::allgather_value(comm, std::uint32_t{graph.names.size()});
  mpi::together(comm, [&] {
    for (const std::uint32_t n : n_nodes) {
      needed.emplace_back(n);
    }
    for (const EdgeHere& edge : edges) {
      if (edge.from.rank != me) {
        needed[edge.from.rank].add(edge.from.number);
      }
    }
    std::uint64_t place = graph.names.size();
    for (NodeSet& set : needed) {
      place = set.number_from(place);
      wanted.push_back(set.nodes());
      graph.n_received.push_back(wanted.back().size());
    }
    if (place > std::numeric_limits<std::uint32_t>::max()) {
      throw Error("more than 2^32 nodes and neighbours of nodes on one rank").hint("use more ranks");
    }
  });
  for (const auto& nodes : mpi::alltoall_ragged<std::uint32_t>(comm, spans_of(wanted))) {
    graph.n_sent.push_back(nodes.size());
    graph.sent.insert(graph.sent.end(), nodes.begin(), nodes.end());
  }
  return needed;
}

}  // namespace detail

/// Collective: the graph of the edges that all ranks' lists hold together, which are emptied.
[[nodiscard]] inline Graph make_graph(const mpi::Communicator& comm, std::span<EdgeList* const> lists) {
  Graph graph;
  std::vector<detail::EdgeHere> edges;
  {
    const auto meanings = detail::number_nodes(comm, lists, graph);
    edges = detail::send_edges(comm, lists, meanings);
  }
  const std::vector<NodeSet> places = detail::agree_on_copies(comm, edges, graph);
  mpi::together(comm, [&] {
    graph.begins.resize(graph.n_nodes() + 1);
    graph.sources.resize(edges.size() + Graph::n_sources_ahead);
    for (const detail::EdgeHere& edge : edges) {
      ++graph.begins[edge.to];
    }
    std::uint64_t end = 0;
    for (std::uint64_t& begin : graph.begins) {
      end += begin;
      begin = end;  // the end, from which a node's edges are filled in
    }
    const auto me = static_cast<std::uint32_t>(comm.rank());
    for (const detail::EdgeHere& edge : edges) {
      const auto [rank, number] = edge.from;
      graph.sources[--graph.begins[edge.to]] =
          rank == me ? number : static_cast<std::uint32_t>(places[rank].number_of(number));
    }
  });
  const auto n_dangling = static_cast<std::uint64_t>(std::ranges::count(graph.out_degrees, std::uint64_t{0}));
  graph.n_nodes_in_all = mpi::allreduce_value(comm, std::uint64_t{graph.n_nodes()}, std::plus<>{});
  graph.n_edges_in_all = mpi::allreduce_value(comm, std::uint64_t{edges.size()}, std::plus<>{});
  graph.n_dangling_in_all = mpi::allreduce_value(comm, n_dangling, std::plus<>{});
  return graph;
}

}  // namespace serried::pagerank
