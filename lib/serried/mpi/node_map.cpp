#include <algorithm>
#include <map>

#include <serried/mpi/node_map.hpp>

namespace serried::mpi {

NodeMap::NodeMap(std::span<const int> labels) {
  std::map<int, std::size_t> nodes;
  for (std::size_t rank = 0; rank < labels.size(); ++rank) {
    const std::size_t node = nodes.try_emplace(labels[rank], nodes.size()).first->second;
    if (node == ranks_of_.size()) {
      ranks_of_.emplace_back();
    }
    node_of_.push_back(node);
    place_of_.push_back(ranks_of_[node].size());
    ranks_of_[node].push_back(rank);
  }
}

std::vector<std::size_t> NodeMap::led_by(std::size_t rank) const {
  const std::size_t mine = node_of(rank);
  std::vector<std::size_t> led;
  for (std::size_t node = 0; node < n_nodes(); ++node) {
    if (node != mine && leader(mine, node) == rank) {
      led.push_back(node);
    }
  }
  return led;
}

std::size_t NodeMap::most_led() const {
  std::size_t most = 0;
  for (std::size_t node = 0; node < n_nodes(); ++node) {
    std::vector<std::size_t> n_led(ranks_of(node).size());
    for (std::size_t other = 0; other < n_nodes(); ++other) {
      if (other != node) {
        most = std::max(most, ++n_led[(node + other) % n_led.size()]);
      }
    }
  }
  return most;
}

}  // namespace serried::mpi
