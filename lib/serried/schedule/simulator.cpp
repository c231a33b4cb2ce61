#include <algorithm>
#include <deque>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/schedule/pace.hpp>
#include <serried/schedule/plan.hpp>
#include <serried/schedule/simulator.hpp>

namespace serried::schedule {
namespace {

// A yield of a worker that has nothing to do.
constexpr double yield_seconds = 1e-6;

struct Mail {
  double arrival = 0;
  std::uint32_t from = 0;
  BrokerMessage message;
};

struct Worker {
  explicit Worker(const Dealer& with) : dealer(with) {}
  Dealer dealer;
  IndexOrder::Cursor cursor;
  Range items;  // of its position, from the current one
  bool is_in_body = false;
  int n_rests = 0;
  double last_end = 0;  // of a body
  double starved_since = 0;
  std::uint64_t n_done = 0;
};

struct Node {
  Node(std::uint32_t n_workers, const BrokerPlan& plan)
      : lines(NodeBoard::n_lines(n_workers)), board(lines), broker(plan, board) {}
  std::vector<BoardLine> lines;
  NodeBoard board;
  Broker broker;
  std::deque<Mail> mail;
  std::vector<std::uint32_t> asleep;  // workers, until something is there
  double last_attended = 0;
};

struct Event {
  double time = 0;
  std::uint64_t number = 0;  // ties: first come, first served
  std::uint32_t worker = 0;
  bool operator>(const Event& other) const {
    return time != other.time ? time > other.time : number > other.number;
  }
};

class Simulator {
 public:
  Simulator(const SimulatedMachine& machine, std::uint64_t n, const Options& options,
            const std::function<double(std::uint64_t)>& seconds_of)
      : machine_(machine),
        seconds_of_(seconds_of),
        workers_of_node_(machine.n_nodes, machine.workers_per_node),
        order_(make_order(n, options, workers_of_node_)) {
    for (std::uint32_t number = 0; number < machine.n_nodes; ++number) {
      Node& node = nodes_.emplace_back(machine.workers_per_node,
                                       make_broker_plan(options, workers_of_node_, number, order_));
      const DealPlan plan = make_deal_plan(options, workers_of_node_, number, order_);
      if (plan.n_of_node != 0) {
        node.board.common().store(order_.share_of_node(number));
      }
      for (std::uint32_t i = 0; i < machine.workers_per_node; ++i) {
        const auto global = static_cast<std::uint32_t>(workers_.size());
        workers_.emplace_back(Dealer(plan, node.board, i, global));
        wake(global, 0);
      }
    }
  }

  Simulation run() {
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      turn(event.worker, event.time);
    }
    result_.n_workers = static_cast<std::uint32_t>(workers_.size());
    for (const Worker& worker : workers_) {
      result_.tail_seconds += result_.seconds - worker.last_end;
    }
    return result_;
  }

 private:
  // A worker's body has ended, or it wakes up.
  void turn(std::uint32_t number, double time) {
    Worker& worker = workers_[number];
    Node& node = nodes_[number / machine_.workers_per_node];
    const std::uint32_t in_node = number % machine_.workers_per_node;
    if (std::exchange(worker.is_in_body, false)) {
      worker.last_end = time;
      node.board.n_done_by(in_node).store(++worker.n_done, std::memory_order_relaxed);
    }
    if (in_node == 0 && (worker.n_rests != 0 || time - node.last_attended >= attend_interval)) {
      time = attend(node, number / machine_.workers_per_node, time);
    }
    if (node.board.flags() != 0) {
      result_.seconds = std::max(result_.seconds, time);
      return;
    }
    if (worker.items.begin == worker.items.end) {
      const std::uint64_t n_refills = worker.dealer.n_refills();
      const std::optional<std::uint32_t> position = worker.dealer.next();
      if (!position) {
        rest(worker, node, number, time);
        return;
      }
      worker.items = order_.items_of(*position);
      charge(time, worker.dealer.n_refills() == n_refills ? machine_.deal_seconds : machine_.refill_seconds);
    }
    begin_body(worker, number, time);
  }

  void begin_body(Worker& worker, std::uint32_t number, double time) {
    if (std::exchange(worker.n_rests, 0) != 0) {
      result_.starved_seconds += time - worker.starved_since;
    }
    const double seconds = seconds_of_(order_.index_of(worker.items.begin++, worker.cursor));
    result_.busy_seconds += seconds;
    result_.longest_body = std::max(result_.longest_body, seconds);
    ++result_.n_done;
    worker.is_in_body = true;
    worker.dealer.expect(seconds * static_cast<double>(order_.items_per_position()));
    wake(number, time + seconds);
  }

  void rest(Worker& worker, Node& node, std::uint32_t number, double time) {
    if (worker.n_rests == 0) {
      worker.starved_since = time;
    }
    const double seconds = rest_seconds(worker.n_rests++);
    if (number % machine_.workers_per_node != 0 && node.board.n_left() == 0) {
      node.asleep.push_back(number);  // until the leader puts something on the board: nobody else can
      return;
    }
    wake(number, time + (seconds == 0 ? yield_seconds : seconds));
  }

  // Returns when the leader is through with it.
  double attend(Node& node, std::uint32_t number, double time) {
    const double begin = time;
    while (!node.mail.empty() && node.mail.front().arrival <= time) {
      const Mail mail = node.mail.front();
      node.mail.pop_front();
      node.broker.receive(mail.from, mail.message);
      charge(time, machine_.handling_seconds);
    }
    node.broker.step(time);
    for (const auto& [to, message] : node.broker.take_outgoing()) {
      charge(time, machine_.handling_seconds);
      ++result_.n_messages;
      std::deque<Mail>& box = nodes_[to].mail;
      const Mail mail{time + machine_.message_seconds, number, message};
      box.insert(std::upper_bound(box.begin(), box.end(), mail,
                                  [](const Mail& a, const Mail& b) { return a.arrival < b.arrival; }),
                 mail);
    }
    node.last_attended = begin;
    if (node.board.flags() != 0 || node.board.n_left() != 0) {
      for (const std::uint32_t sleeper : std::exchange(node.asleep, {})) {
        wake(sleeper,
             time + rest_seconds(workers_[sleeper].n_rests) / 2);  // on average, it sleeps so long yet
      }
    }
    return time;
  }

  void charge(double& time, double seconds) {
    time += seconds;
    result_.overhead_seconds += seconds;
  }

  void wake(std::uint32_t worker, double time) { events_.push({time, n_events_++, worker}); }

  SimulatedMachine machine_;
  const std::function<double(std::uint64_t)>& seconds_of_;
  std::vector<std::uint32_t> workers_of_node_;
  IndexOrder order_;
  std::deque<Node> nodes_;  // nodes stay where they are: boards point into them
  std::vector<Worker> workers_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t n_events_ = 0;
  Simulation result_;
};

}  // namespace

double Simulation::best_efficiency() const {
  return std::min(1.0, busy_seconds / (longest_body * n_workers));
}

Simulation simulate(const SimulatedMachine& machine, std::uint64_t n, const Options& options,
                    const std::function<double(std::uint64_t)>& seconds_of) {
  expects(machine.n_nodes > 0 && machine.workers_per_node > 0, "a machine has workers");
  return Simulator(machine, n, options, seconds_of).run();
}

}  // namespace serried::schedule
