/// Which rank is on which node, and which ranks carry what two nodes give each other.
///
///     const NodeMap map(labels);                     // labels[r]: any number, the same for the ranks of a node
///     map.ranks_of(map.node_of(rank));               // who shares the node with `rank`
///     map.leader(a, b);                              // the rank of node a that deals with node b
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace serried::mpi {

/// A value; the same on all ranks if made of the same labels. Nodes are numbered in the order of their lowest ranks, ranks
/// of a node have places in the order of their ranks. Nodes may have different numbers of ranks, in any order.
class NodeMap {
 public:
  explicit NodeMap(std::span<const int> labels);

  [[nodiscard]] std::size_t n_ranks() const noexcept { return node_of_.size(); }
  [[nodiscard]] std::size_t n_nodes() const noexcept { return ranks_of_.size(); }
  [[nodiscard]] std::size_t node_of(std::size_t rank) const { return node_of_[rank]; }
  [[nodiscard]] std::size_t place_of(std::size_t rank) const { return place_of_[rank]; }
  /// Ascending, so that a rank's place is its index here.
  [[nodiscard]] std::span<const std::size_t> ranks_of(std::size_t node) const { return ranks_of_[node]; }
  /// The rank of `node` that deals with node `other`: its ranks share the other nodes evenly.
  [[nodiscard]] std::size_t leader(std::size_t node, std::size_t other) const {
    return ranks_of_[node][(node + other) % ranks_of_[node].size()];
  }
  /// The nodes that `rank` deals with, ascending.
  [[nodiscard]] std::vector<std::size_t> led_by(std::size_t rank) const;
  /// The most nodes that one rank deals with.
  [[nodiscard]] std::size_t most_led() const;

 private:
  std::vector<std::size_t> node_of_;
  std::vector<std::size_t> place_of_;
  std::vector<std::vector<std::size_t>> ranks_of_;
};

}  // namespace serried::mpi
