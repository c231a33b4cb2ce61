// How the ranks of a NodeExchange learn the lengths of messages: through the leaders, as the messages then travel.
#include <algorithm>
#include <utility>

#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/node_exchange.hpp>
#include <serried/mpi/point_to_point.hpp>

namespace serried::mpi {

// To each rank of this node: the lengths of the messages for the nodes that it deals with, and of that for itself.
void NodeExchange::gather_sizes(Messages messages) {
  values_.clear();
  counts_.clear();
  for (std::size_t place = 0; place < led_.size(); ++place) {
    const std::size_t n_before = values_.size();
    for (const std::size_t node : led_[place]) {
      for (const std::size_t rank : map_.ranks_of(node)) {
        values_.push_back(messages[rank].size());
      }
    }
    values_.push_back(messages[on_my_node()[place]].size());
    counts_.push_back(values_.size() - n_before);
  }
  arrived_counts_.assign(led_.size(), counts_[map_.place_of(me())]);
  async_alltoall_ragged(*node_, values_, counts_, arrived_, arrived_counts_).wait();
  auto next = arrived_.cbegin();
  for (std::size_t place = 0; place < led_.size(); ++place) {
    for (Link& link : links_) {
      const std::size_t n_theirs = map_.ranks_of(link.node).size();
      std::copy_n(next, n_theirs, link.out_sizes.begin() + static_cast<std::ptrdiff_t>(place * n_theirs));
      next += static_cast<std::ptrdiff_t>(n_theirs);
    }
    in_sizes_[on_my_node()[place]] = *next++;
  }
}

void NodeExchange::exchange_sizes() {
  std::vector<MPI_Request> requests;
  for (Link& link : links_) {
    detail::start_receives<std::uint64_t>(comm_->hidden(), link.in_sizes, link.peer, 0, requests);
  }
  for (Link& link : links_) {
    detail::start_sends<std::uint64_t>(comm_->hidden(), link.out_sizes, link.peer, 0, requests);
    count(link.out_sizes.size() * sizeof(std::uint64_t));
  }
  wait(std::move(requests));
}

// To each rank of this node, for each node that this rank deals with: where the messages of that rank begin in the stream to
// it, and the lengths and places of those for that rank in the stream from it.
void NodeExchange::scatter_sizes() {
  const std::size_t n_here = led_.size();
  values_.clear();
  std::vector<std::vector<std::uint64_t>> for_place(n_here);
  for (Link& link : links_) {
    const std::size_t n_theirs = map_.ranks_of(link.node).size();
    link.n_out = 0;
    link.n_in = 0;
    for (std::size_t i = 0; i < link.out_sizes.size(); ++i) {
      if (i % n_theirs == 0) {
        for_place[i / n_theirs].push_back(link.n_out);
      }
      link.n_out += n_in_stream(link.out_sizes[i]);
    }
    for (std::size_t i = 0; i < link.in_sizes.size(); ++i) {
      for_place[i % n_here].insert(for_place[i % n_here].end(), {link.in_sizes[i], link.n_in});
      link.n_in += n_in_stream(link.in_sizes[i]);
    }
  }
  counts_.clear();
  arrived_counts_.clear();
  for (std::size_t place = 0; place < n_here; ++place) {
    values_.insert(values_.end(), for_place[place].begin(), for_place[place].end());
    counts_.push_back(for_place[place].size());
    arrived_counts_.push_back(0);
    for (const std::size_t node : led_[place]) {
      arrived_counts_.back() += 1 + 2 * map_.ranks_of(node).size();
    }
  }
  async_alltoall_ragged(*node_, values_, counts_, arrived_, arrived_counts_).wait();
  auto next = arrived_.cbegin();
  for (const auto& nodes : led_) {
    for (const std::size_t node : nodes) {
      out_offsets_[node] = *next++;
      for (const std::size_t rank : map_.ranks_of(node)) {
        in_sizes_[rank] = *next++;
        in_offsets_[rank] = *next++;
      }
    }
  }
}

}  // namespace serried::mpi
