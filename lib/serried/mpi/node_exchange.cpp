#include <algorithm>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/node_exchange.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

namespace {

// What the ranks must agree on, and the number of each one's group.
struct Terms {
  int is_grouped = 0;
  int group = 0;
  std::uint64_t round_bytes = 0;
  std::uint64_t direct_above = 0;
};

// Collective.
NodeMap map_of(const Communicator& comm, const NodeExchangeOptions& options) {
  const Terms mine{.is_grouped = options.group ? 1 : 0,
                   .group = options.group.value_or(0),
                   .round_bytes = options.round_bytes,
                   .direct_above = options.direct_above};
  std::vector<int> labels;
  for (const Terms& terms : allgather_value(comm, mine)) {
    expects(terms.is_grouped == mine.is_grouped && terms.round_bytes == mine.round_bytes &&
                terms.direct_above == mine.direct_above,
            "the options of a NodeExchange are the same on all ranks");
    labels.push_back(terms.group);
  }
  expects(options.round_bytes >= 1 && options.round_bytes <= max_units_per_message,
          "a round moves between 1 byte and 1 GiB");
  if (!options.group) {
    const Communicator node = comm.node();
    const int lowest = broadcast_value(node, comm.rank());
    labels = allgather_value(comm, lowest);
  }
  return NodeMap(labels);
}

}  // namespace

NodeExchange::NodeExchange(const Communicator& comm, const NodeExchangeOptions& options)
    : comm_(&comm), map_(map_of(comm, options)), direct_above_(options.direct_above) {
  if (map_.n_nodes() == 1 || map_.n_nodes() == map_.n_ranks()) {
    return;
  }
  node_ = comm.split(static_cast<int>(map_.node_of(me())));
  window_bytes_ = std::max<std::uint64_t>(1, options.round_bytes / map_.most_led());
  for (const std::size_t rank : on_my_node()) {
    led_.push_back(map_.led_by(rank));
  }
  for (const std::size_t node : led_[map_.place_of(me())]) {
    Link& link = links_.emplace_back();
    link.node = node;
    link.peer = static_cast<int>(map_.leader(node, map_.node_of(me())));
    link.out_sizes.resize(on_my_node().size() * map_.ranks_of(node).size());
    link.in_sizes.resize(link.out_sizes.size());
  }
  in_sizes_.resize(map_.n_ranks());
  in_offsets_.resize(map_.n_ranks());
  out_offsets_.resize(map_.n_nodes());
  to_.resize(on_my_node().size());
  from_.resize(on_my_node().size());
}

void NodeExchange::exchange(Messages messages, Received& received) {
  const Waiting waiting("node exchange");
  check_collective(*comm_, call_of<char>("NodeExchange::exchange"));
  expects(messages.size() == map_.n_ranks(), "there is one message for each rank");
  if (!node_) {
    exchange_flat(messages, received);
    return;
  }
  gather_sizes(messages);
  exchange_sizes();
  scatter_sizes();
  together(*comm_, [&] { make_room(messages, received); });
  // Nobody counts the rounds of others: who has nothing to send or to get in one does nothing, and both sides know it.
  const std::uint64_t end = longest_stream(messages);
  for (std::uint64_t begin = 0; begin < end; begin += window_bytes_) {
    const Range window{begin, begin + window_bytes_};
    gather(messages, window);
    exchange_streams(window);
    scatter(received, window);
  }
  exchange_directly(messages, received);
}

std::vector<std::vector<char>> NodeExchange::exchange(Messages messages) {
  Received received;
  exchange(messages, received);
  return received;
}

void NodeExchange::exchange_flat(Messages messages, Received& received) {
  alltoall_ragged<char>(*comm_, messages, received);
  if (map_.n_nodes() > 1) {
    for (std::size_t rank = 0; rank < messages.size(); ++rank) {
      if (rank != me()) {
        count(messages[rank].size());
      }
    }
  }
}

// Must not communicate.
void NodeExchange::make_room(Messages messages, Received& received) {
  received.resize(map_.n_ranks());
  for (std::size_t rank = 0; rank < map_.n_ranks(); ++rank) {
    received[rank].resize(in_sizes_[rank]);
  }
  std::ranges::copy(messages[me()], received[me()].begin());
  for (Link& link : links_) {
    link.out.resize(std::min(link.n_out, window_bytes_));
    link.in.resize(std::min(link.n_in, window_bytes_));
  }
}

// As alltoall_ragged does it, but only between ranks that have something for each other.
void NodeExchange::exchange_directly(Messages messages, Received& received) {
  const std::size_t n_ranks = map_.n_ranks();
  for (std::size_t step = 1; step < n_ranks; ++step) {
    const std::size_t to = (me() + step) % n_ranks;
    const std::size_t from = (me() + n_ranks - step) % n_ranks;
    Request request;
    if (in_sizes_[from] != 0 && is_direct(from, in_sizes_[from])) {
      request = async_receive(comm_->hidden(), received[from], static_cast<int>(from));
    }
    if (!messages[to].empty() && is_direct(to, messages[to].size())) {
      send(comm_->hidden(), messages[to], static_cast<int>(to));
      if (map_.node_of(to) != map_.node_of(me())) {
        count(messages[to].size());
      }
    }
    request.wait();
  }
}

void NodeExchange::wait(std::vector<MPI_Request> requests) {
  Request(std::move(requests), Request::Buffer::is_written).wait();
}

void NodeExchange::count(std::uint64_t n_bytes) {
  ++traffic_.n_messages;
  traffic_.n_bytes += n_bytes;
}

}  // namespace serried::mpi
