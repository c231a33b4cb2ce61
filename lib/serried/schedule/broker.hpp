/// Balances work between nodes and finds out that all of it is done: what each node's leader does between two bodies.
///
///     Broker broker(plan, board);
///     broker.receive(source, message);          // each message from another node's broker
///     broker.step(now);                         // about every millisecond
///     for (const Broker::Outgoing& out : broker.take_outgoing()) send(out.node, out.message);
///
/// A node that will soon run dry asks another for a fair share of both nodes' work. It asks the fuller, as far as it
/// knows, of two random nodes; one that does not answer at once, because its leader computes, does not keep it from
/// asking one more. Every node reports how many items it has done to node 0, which tells all when that is all of them.
///
/// No MPI and no clock: leaders of real nodes and the simulator run the same code. One broker a node.
#pragma once

#include <cstdint>
#include <vector>

#include <serried/schedule/node_board.hpp>

namespace serried::schedule {

struct BrokerMessage {
  enum class Kind : std::uint8_t {
    ask,     ///< for positions
    give,    ///< the answer; value: the positions, packed; an empty range is a refusal
    report,  ///< to node 0; value: the items that the sender's workers have done
    leave,   ///< value: flags for the board
  };
  Kind kind = Kind::ask;
  std::uint32_t n_left = 0;  ///< positions left at the sender
  std::uint64_t value = 0;
};

struct BrokerPlan {
  std::uint32_t node = 0;
  std::vector<std::uint32_t> workers_of_node;
  std::vector<std::uint32_t> share_of_node;  ///< how many positions each node begins with
  std::uint64_t n_items = 0;                 ///< of all nodes
  std::uint64_t items_per_position = 1;
  bool may_ask = true;  ///< false if the policy is fixed
};

class Broker {
 public:
  struct Outgoing {
    std::uint32_t node = 0;
    BrokerMessage message;
  };

  Broker(BrokerPlan plan, NodeBoard board);

  void receive(std::uint32_t from, const BrokerMessage& message);
  /// `now` in seconds, from any beginning.
  void step(double now);
  /// What is to be sent, in order.
  [[nodiscard]] std::vector<Outgoing> take_outgoing();

  /// On node 0: items done by all nodes, as far as it knows. Never falls.
  [[nodiscard]] std::uint64_t n_done_in_all() const;

 private:
  void tell_to_leave();
  void count(double now);
  void ask(double now);
  void answer(std::uint32_t asker, std::uint32_t n_left_there);
  void accept(std::uint32_t giver, const BrokerMessage& message);
  PositionRange take(std::uint64_t n_wanted);
  void put_held_on_board();
  [[nodiscard]] std::uint32_t n_left() const;
  [[nodiscard]] bool is_low(double now);
  [[nodiscard]] std::uint32_t choose_victim();
  double next_pause();
  void send(std::uint32_t node, BrokerMessage::Kind kind, std::uint64_t value);
  std::uint32_t random_below(std::uint32_t n);

  BrokerPlan plan_;
  NodeBoard board_;
  std::vector<Outgoing> outgoing_;
  std::vector<PositionRange> held_;  // received, waiting for a common list to be empty
  bool has_told_ = false;            // that all leave, or was told

  std::vector<std::uint64_t> reported_;  // node 0: by each node
  std::uint64_t n_reported_ = 0;         // others: by this one
  double last_report_ = 0;
  std::uint64_t n_owned_;  // positions, done or not

  std::vector<std::uint32_t> known_left_;  // of each node, when last heard of
  std::vector<std::uint8_t> is_asked_;     // each node: has not answered yet
  std::uint32_t n_asked_ = 0;
  double last_ask_ = 0;
  double calm_until_ = 0;  // was refused, but is not dry yet
  double rest_until_ = 0;  // knows nobody who has anything
  double pause_;           // the next of these
  double reply_seconds_ = 0;
  std::uint32_t n_refused_ = 0;  // in a row

  double rate_time_ = 0;  // items a second, in the last millisecond or longer
  std::uint64_t rate_n_done_ = 0;
  double rate_ = 0;
  std::uint64_t random_state_;
};

}  // namespace serried::schedule
