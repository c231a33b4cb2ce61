/// From every rank to every rank, a message of its own, in two levels: between nodes few messages travel, each with what
/// many ranks have for many.
///
///     NodeExchange nodes(world);                     // once
///     nodes.exchange(messages, received);            // messages[r] goes to rank r; received[r] came from rank r
///
/// alltoall_ragged sends a message for each pair of ranks: with 64 ranks on each of 100 nodes that is 6,336 to other nodes
/// from every rank, many of them of a few bytes. Here a rank hands what it has for another node to the rank of its own node
/// that deals with that one, its *leader*; the two leaders exchange one message in each direction, and they hand on what came.
/// All ranks of a node share the other nodes. Long messages, which gain nothing from that, travel directly, and so do
/// those within a node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <serried/base/partition.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/node_map.hpp>
#include <serried/mpi/scattered.hpp>

namespace serried::mpi {

/// The same on all ranks, except for `group`.
struct NodeExchangeOptions {
  /// Ranks with the same number count as one node: all ranks give one, or none does and hosts are nodes.
  std::optional<int> group = {};
  /// A leader holds at most so many bytes of other ranks in each direction at a time, of more it takes several rounds;
  /// 1 byte to 1 GiB. (At least a byte for each node that it deals with.)
  std::uint64_t round_bytes = std::uint64_t{64} << 20;
  /// Longer messages travel directly, also between nodes.
  std::uint64_t direct_above = std::uint64_t{64} << 10;
};

/// For the thread that calls MPI. Holds no messages between two exchanges, but its buffers, which it uses again.
class NodeExchange {
 public:
  /// What this rank has sent to ranks of other nodes.
  struct Traffic {
    std::uint64_t n_messages = 0;  ///< those that tell lengths, too, except where each rank is a node
    std::uint64_t n_bytes = 0;
  };

  /// Collective. `comm` must outlive the object and stay where it is. Throws serried::Error if MPI fails, the same
  /// std::logic_error on all ranks if the options are not the same or out of range.
  explicit NodeExchange(const Communicator& comm, const NodeExchangeOptions& options = {});
  explicit NodeExchange(const Communicator&&, const NodeExchangeOptions& = {}) = delete;

  /// Collective: afterwards received[r] holds what rank r passed as messages[this rank], of any length, also above 2^31:
  /// the same bytes as from alltoall_ragged, whatever the nodes are; the memory of `received` is used again. The part that
  /// a rank sends to itself is copied.
  ///
  /// Memory beside `received`: twice `round_bytes` at most, and about 200 bytes for each rank of the communicator. No rank
  /// waits for one that is not in the call, so that ranks may be more than cores. Throws the same serried::Error on all
  /// ranks if memory for what arrives is missing on any; one of its own if MPI fails.
  void exchange(std::span<const std::span<const char>> messages, std::vector<std::vector<char>>& received);
  /// The same into new memory.
  [[nodiscard]] std::vector<std::vector<char>> exchange(std::span<const std::span<const char>> messages);

  [[nodiscard]] const Communicator& comm() const noexcept { return *comm_; }
  [[nodiscard]] const NodeMap& nodes() const noexcept { return map_; }
  /// Since the object was made. Local.
  [[nodiscard]] const Traffic& local_traffic() const noexcept { return traffic_; }

 private:
  // Another node that this rank deals with. What this node's ranks have for those of the other is one stream of bytes:
  // the messages of the rank at place 0, in the order of their receivers, of that at place 1, … In each round a leader
  // moves the next bytes of it. Likewise back.
  struct Link {
    std::size_t node = 0;
    int peer = 0;  // its leader
    std::vector<std::uint64_t>
        out_sizes;  // of the messages in the order of the stream; the long ones are not in it
    std::vector<std::uint64_t> in_sizes;
    std::uint64_t n_out = 0;  // bytes of the stream
    std::uint64_t n_in = 0;
    std::vector<char> out;  // of this round
    std::vector<char> in;
  };
  using Messages = std::span<const std::span<const char>>;
  using Received = std::vector<std::vector<char>>;

  [[nodiscard]] std::size_t me() const { return static_cast<std::size_t>(comm_->rank()); }
  [[nodiscard]] std::span<const std::size_t> on_my_node() const { return map_.ranks_of(map_.node_of(me())); }
  [[nodiscard]] std::uint64_t n_in_stream(std::uint64_t size) const {
    return size > direct_above_ ? 0 : size;
  }
  [[nodiscard]] bool is_direct(std::size_t other, std::uint64_t size) const {
    return size > direct_above_ || map_.node_of(other) == map_.node_of(me());
  }

  void exchange_flat(Messages messages, Received& received);
  // Lengths: to the leaders, between them, to the receivers.
  void gather_sizes(Messages messages);
  void exchange_sizes();
  void scatter_sizes();
  void make_room(Messages messages, Received& received);
  // Bytes, in the same way, a window of the streams at a time; then those that travel directly.
  [[nodiscard]] std::uint64_t longest_stream(Messages messages) const;
  void gather(Messages messages, Range window);
  void exchange_streams(Range window);
  void scatter(Received& received, Range window);
  void exchange_on_node();
  void exchange_directly(Messages messages, Received& received);
  void wait(std::vector<MPI_Request> requests);
  void count(std::uint64_t n_bytes);

  const Communicator* comm_;
  NodeMap map_;
  std::optional<Communicator>
      node_;  // none if there is one node, or as many as ranks: then the exchange is flat
  std::uint64_t direct_above_;
  std::uint64_t window_bytes_ = 0;  // of one stream in a round
  std::vector<std::vector<std::size_t>>
      led_;                  // by place on this node: the nodes that the rank there deals with
  std::vector<Link> links_;  // for led_ at this rank's place
  Traffic traffic_;

  // Of the exchange under way.
  std::vector<std::uint64_t> in_sizes_;       // by rank
  std::vector<std::uint64_t> in_offsets_;     // by rank: where its message is in the stream to this node
  std::vector<std::uint64_t> out_offsets_;    // by node: where this rank's messages begin in the stream to it
  std::vector<detail::Scattered> to_, from_;  // by place on this node
  std::vector<std::uint64_t> values_, arrived_;
  std::vector<std::size_t> counts_, arrived_counts_;
};

}  // namespace serried::mpi
