// A NodeExchange's streams between nodes: gathered by their leaders, exchanged, and handed out.
#include <algorithm>
#include <utility>

#include <serried/mpi/node_exchange.hpp>
#include <serried/mpi/point_to_point.hpp>

namespace serried::mpi {

namespace {

// Adds the part of `bytes`, which lie at `offset` in a stream, that is in `window` of it.
void add_part(detail::Scattered& message, std::span<const char> bytes, std::uint64_t offset, Range window) {
  const std::uint64_t begin = std::max(offset, window.begin);
  const std::uint64_t end = std::min(offset + bytes.size(), window.end);
  if (begin < end) {
    message.add(bytes.subspan(begin - offset, end - begin));
  }
}

// How many bytes of a stream are in `window` of it.
std::uint64_t n_within(std::uint64_t n_bytes, Range window) {
  return std::min(n_bytes, window.end) - std::min(n_bytes, window.begin);
}

}  // namespace

// Where the last byte with which this rank has to do, ends in its stream.
std::uint64_t NodeExchange::longest_stream(Messages messages) const {
  std::uint64_t longest = 0;
  for (const Link& link : links_) {
    longest = std::max({longest, link.n_out, link.n_in});
  }
  for (std::size_t node = 0; node < map_.n_nodes(); ++node) {
    if (node == map_.node_of(me())) {
      continue;
    }
    std::uint64_t end = out_offsets_[node];
    for (const std::size_t rank : map_.ranks_of(node)) {
      end += n_in_stream(messages[rank].size());
      longest = std::max(longest, in_offsets_[rank] + n_in_stream(in_sizes_[rank]));
    }
    longest = std::max(longest, end);
  }
  return longest;
}

void NodeExchange::gather(Messages messages, Range window) {
  for (std::size_t place = 0; place < led_.size(); ++place) {
    for (const std::size_t node : led_[place]) {
      std::uint64_t offset = out_offsets_[node];
      for (const std::size_t rank : map_.ranks_of(node)) {
        const auto bytes = messages[rank].first(n_in_stream(messages[rank].size()));
        add_part(to_[place], bytes, offset, window);
        offset += bytes.size();
      }
    }
  }
  for (Link& link : links_) {
    const std::size_t n_theirs = map_.ranks_of(link.node).size();
    std::uint64_t offset = 0;
    auto size = link.out_sizes.cbegin();
    for (std::size_t place = 0; place < led_.size(); ++place) {
      std::uint64_t end = offset;
      for (std::size_t i = 0; i < n_theirs; ++i) {
        end += n_in_stream(*size++);
      }
      const std::uint64_t n_done = n_within(offset, window);
      from_[place].add(std::span(link.out).subspan(n_done, n_within(end, window) - n_done));
      offset = end;
    }
  }
  exchange_on_node();
}

void NodeExchange::exchange_streams(Range window) {
  std::vector<MPI_Request> requests;
  for (Link& link : links_) {
    if (const std::uint64_t n = n_within(link.n_in, window); n != 0) {
      detail::start_receives<char>(comm_->hidden(), std::span(link.in).first(n), link.peer, 0, requests);
    }
  }
  for (Link& link : links_) {
    if (const std::uint64_t n = n_within(link.n_out, window); n != 0) {
      detail::start_sends<char>(comm_->hidden(), std::span(link.out).first(n), link.peer, 0, requests);
      count(n);
    }
  }
  wait(std::move(requests));
}

void NodeExchange::scatter(Received& received, Range window) {
  for (Link& link : links_) {
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < link.in_sizes.size(); ++i) {
      const std::uint64_t end = offset + n_in_stream(link.in_sizes[i]);
      const std::uint64_t n_done = n_within(offset, window);
      to_[i % led_.size()].add(std::span(link.in).subspan(n_done, n_within(end, window) - n_done));
      offset = end;
    }
  }
  for (std::size_t place = 0; place < led_.size(); ++place) {
    for (const std::size_t node : led_[place]) {
      for (const std::size_t rank : map_.ranks_of(node)) {
        const std::span<const char> bytes = std::span(received[rank]).first(n_in_stream(in_sizes_[rank]));
        add_part(from_[place], bytes, in_offsets_[rank], window);
      }
    }
  }
  exchange_on_node();
}

// A message to and from each rank of this node, itself too: those of to_ and from_, which are empty afterwards.
void NodeExchange::exchange_on_node() {
  std::vector<MPI_Request> requests;
  for (std::size_t place = 0; place < from_.size(); ++place) {
    from_[place].start_receive(*node_, static_cast<int>(place), requests);
    from_[place].clear();
  }
  const std::size_t first = map_.place_of(me());  // so that not all send to the same one at once
  for (std::size_t step = 0; step < to_.size(); ++step) {
    const std::size_t place = (first + step) % to_.size();
    to_[place].start_send(*node_, static_cast<int>(place), requests);
    to_[place].clear();
  }
  wait(std::move(requests));
}

}  // namespace serried::mpi
