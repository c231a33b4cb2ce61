/// The PageRank of a graph's nodes, iteration by iteration, in whole numbers.
///
/// A rank is a multiple of 2^-62, and all together are 1, so that sums are exact and no order of anything shows in them:
///
///     outflow[u] = round(rank[u] * share[u])       along each edge, where share[u] = damping / out_degree[u] as a multiple of 2^-64
///     rank'[v]   = sum of outflow[u] over the edges u -> v  +  (1 - all outflow along all edges) / N
///
/// The last term is what jumps anywhere: the (1 - damping) of all, the damped rank of nodes that no edge leaves, and what
/// rounding has taken or given; so nothing is lost from one iteration to the next but less than N units.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/parallel.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/communicator.hpp>

#include "graph.hpp"

namespace serried::pagerank {

inline constexpr int rank_bits = 62;
inline constexpr std::uint64_t rank_of_all = std::uint64_t{1} << rank_bits;

/// As the nearest double.
[[nodiscard]] inline double as_double(std::uint64_t rank) {
  return std::ldexp(static_cast<double>(rank), -rank_bits);
}

struct Rules {
  double damping = 0.85;     ///< in [0, 1)
  double tolerance = 1e-10;  ///< done when the ranks change by no more in all
  std::uint64_t max_iterations = 100;
};

struct Ranks {
  std::vector<std::uint64_t> of_nodes;  ///< of this rank's nodes
  std::uint64_t n_iterations = 0;
  std::uint64_t change = 0;  ///< in the last one, the sum over all nodes, in units of a rank
  bool has_converged = false;
};

namespace detail {

__extension__ using Wide = unsigned __int128;

class Iteration {
 public:
  Iteration(const mpi::Communicator& comm, const Graph& graph, double damping, int n_threads)
      : comm_(comm),
        graph_(graph),
        n_threads_(n_threads),
        shares_(graph.n_nodes()),
        ranks_(graph.n_nodes(), rank_of_all / std::max<std::uint64_t>(graph.n_nodes_in_all, 1)),
        outflows_(graph.n_nodes() + graph.n_copies()),
        sent_(graph.sent.size()) {
    // Exact: a double in [0, 1) is a multiple of 2^-64, or so small that it does not matter.
    const auto all = static_cast<std::uint64_t>(std::ldexp(damping, 64));
    for (std::size_t node = 0; node < shares_.size(); ++node) {
      const std::uint64_t degree = graph.out_degrees[node];
      shares_[node] = degree == 0 ? 0 : all / degree + (all % degree >= degree - degree / 2 ? 1 : 0);
    }
    (void)agree_on(let_flow());
  }

  /// Collective. Returns the change, over all ranks.
  std::uint64_t step() {
    exchange();
    const std::uint64_t jumps = rank_of_all - std::min(n_flowing_, rank_of_all);
    const std::uint64_t base = jumps / graph_.n_nodes_in_all;
    Totals totals = for_all_nodes([&](std::size_t node, Totals& sum) {
      std::uint64_t rank = base;
      for (std::uint64_t i = graph_.begins[node]; i < graph_.begins[node + 1]; ++i) {
        __builtin_prefetch(&outflows_[graph_.sources[i + Graph::n_sources_ahead]]);
        rank += outflows_[graph_.sources[i]];
      }
      sum.change += std::max(rank, ranks_[node]) - std::min(rank, ranks_[node]);
      ranks_[node] = rank;
    });
    totals.flowing = let_flow().flowing;
    return agree_on(totals);
  }

  [[nodiscard]] std::vector<std::uint64_t> take_ranks() && { return std::move(ranks_); }

 private:
  struct Totals {
    std::uint64_t change = 0;
    std::uint64_t flowing = 0;
  };

  // What flows along each edge from this rank's nodes, and along all of them.
  Totals let_flow() {
    return for_all_nodes([&](std::size_t node, Totals& sum) {
      constexpr Wide half = Wide{1} << 63;
      outflows_[node] = static_cast<std::uint64_t>((Wide{ranks_[node]} * shares_[node] + half) >> 64);
      sum.flowing += outflows_[node] * graph_.out_degrees[node];
    });
  }

  // Collective: the values of nodes that edges to other ranks leave.
  void exchange() {
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      sent_[i] = outflows_[graph_.sent[i]];
    }
    const auto copies = std::span(outflows_).subspan(graph_.n_nodes());
    mpi::async_alltoall_ragged(comm_, sent_, graph_.n_sent, copies, graph_.n_received).wait();
  }

  std::uint64_t agree_on(const Totals& mine) {
    std::array<std::uint64_t, 2> totals = {mine.change, mine.flowing};
    mpi::allreduce(comm_, totals, std::plus<>{});
    n_flowing_ = totals[1];
    return totals[0];
  }

  // Local: visit(node, totals) for each node, on all threads; the sum of the totals, which are exact.
  template <class Visit>
  Totals for_all_nodes(const Visit& visit) {
    constexpr std::size_t n_at_once = 4096;  // some have many edges
    std::atomic<std::size_t> next{0};
    std::atomic<std::uint64_t> change{0};
    std::atomic<std::uint64_t> flowing{0};
    const std::size_t n_blocks = (graph_.n_nodes() + n_at_once - 1) / n_at_once;
    const auto n_threads = static_cast<int>(std::min(n_blocks, static_cast<std::size_t>(n_threads_)));
    on_threads(n_threads, [&](int) {
      Totals sum;
      for (std::size_t block = next++; block < n_blocks; block = next++) {
        const std::size_t end = std::min(graph_.n_nodes(), (block + 1) * n_at_once);
        for (std::size_t node = block * n_at_once; node < end; ++node) {
          visit(node, sum);
        }
      }
      change += sum.change;
      flowing += sum.flowing;
    });
    return {change, flowing};
  }

  const mpi::Communicator& comm_;
  const Graph& graph_;
  int n_threads_;
  std::vector<std::uint64_t> shares_;
  std::vector<std::uint64_t> ranks_;
  std::vector<std::uint64_t> outflows_;  // of this rank's nodes, and the copies
  std::vector<std::uint64_t> sent_;
  std::uint64_t n_flowing_ = 0;  // along all edges of all ranks
};

}  // namespace detail

/// Collective. The same for any number of ranks and threads. `after_each(iteration, change)` is called on all ranks, and may be
/// collective.
template <class AfterEach>
[[nodiscard]] Ranks find_ranks(const mpi::Communicator& comm, const Graph& graph, const Rules& rules,
                               int n_threads, AfterEach&& after_each) {
  const auto most_change = static_cast<std::uint64_t>(std::ldexp(std::min(rules.tolerance, 2.0), rank_bits));
  Ranks ranks;
  detail::Iteration iteration(comm, graph, rules.damping, n_threads);
  while (!ranks.has_converged && ranks.n_iterations < rules.max_iterations) {
    ranks.change = iteration.step();
    ++ranks.n_iterations;
    ranks.has_converged = ranks.change <= most_change;
    after_each(ranks.n_iterations, ranks.change);
  }
  ranks.of_nodes = std::move(iteration).take_ranks();
  return ranks;
}

}  // namespace serried::pagerank
