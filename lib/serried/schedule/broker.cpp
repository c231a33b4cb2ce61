#include <algorithm>
#include <limits>
#include <utility>

#include <serried/base/hash.hpp>
#include <serried/base/partition.hpp>
#include <serried/schedule/broker.hpp>

namespace serried::schedule {
namespace {

using Kind = BrokerMessage::Kind;

// Seconds. Leaders read messages about every millisecond, which sets the scale.
constexpr double rate_interval = 1e-3;
constexpr double look_ahead = 2e-3;  // and twice what a reply takes
constexpr double longest_reply = 0.1;
constexpr double patience = 2e-3;  // until another node is asked too
constexpr std::uint32_t max_asked = 3;
constexpr std::uint32_t max_refused = 3;  // in a row, until a dry node pauses
constexpr double shortest_pause = 0.25e-3;
constexpr double longest_pause = 16e-3;
constexpr double report_interval = 0.05;
constexpr double report_spacing =
    20e-6;  // for each node, so that node 0 reads at most one report in this time

}  // namespace

Broker::Broker(BrokerPlan plan, NodeBoard board)
    : plan_(std::move(plan)),
      board_(board),
      reported_(plan_.workers_of_node.size(), 0),
      n_owned_(plan_.share_of_node[plan_.node]),
      known_left_(plan_.share_of_node),
      is_asked_(plan_.workers_of_node.size(), 0),
      pause_(shortest_pause),
      random_state_(plan_.node) {}

void Broker::receive(std::uint32_t from, const BrokerMessage& message) {
  known_left_[from] = message.n_left;
  switch (message.kind) {
    case Kind::ask:
      answer(from, message.n_left);
      break;
    case Kind::give:
      accept(from, message);
      break;
    case Kind::report:
      reported_[from] = std::max(reported_[from], message.value);
      break;
    case Kind::leave:
      has_told_ = true;
      board_.raise(static_cast<NodeBoard::Flag>(message.value));
      break;
  }
}

void Broker::step(double now) {
  put_held_on_board();
  count(now);
  tell_to_leave();
  if (plan_.may_ask && !has_told_ && plan_.workers_of_node.size() > 1) {
    ask(now);
  }
}

std::vector<Broker::Outgoing> Broker::take_outgoing() { return std::exchange(outgoing_, {}); }

void Broker::tell_to_leave() {
  const std::uint32_t flags = board_.flags();
  if (has_told_ || flags == 0) {
    return;
  }
  has_told_ = true;
  for (std::uint32_t node = 0; node < plan_.workers_of_node.size(); ++node) {
    if (node != plan_.node) {
      send(node, Kind::leave, flags);
    }
  }
}

void Broker::count(double now) {
  const std::uint64_t n_done = board_.n_done();
  if (plan_.node == 0) {
    reported_[0] = n_done;
    if (n_done_in_all() == plan_.n_items) {
      board_.raise(NodeBoard::all_done);
    }
    return;
  }
  double interval = report_interval;
  if (n_done == n_owned_ * plan_.items_per_position) {
    interval = 0;  // the last that this node will report, unless it gets more
  } else if (n_left() == 0) {
    interval = report_spacing * static_cast<double>(plan_.workers_of_node.size());
  }
  if (n_done != n_reported_ && now - last_report_ >= interval) {
    n_reported_ = n_done;
    last_report_ = now;
    send(0, Kind::report, n_done);
  }
}

std::uint64_t Broker::n_done_in_all() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t n_done : reported_) {
    sum += n_done;
  }
  return sum;
}

void Broker::ask(double now) {
  const bool is_dry = n_left() == 0;
  if (!is_low(now) || n_asked_ == max_asked || (n_asked_ != 0 && now - last_ask_ < patience) ||
      now < rest_until_ || (now < calm_until_ && !is_dry)) {
    return;
  }
  if (n_refused_ >= (is_dry ? max_refused : 1)) {
    n_refused_ = 0;
    (is_dry ? rest_until_ : calm_until_) = now + next_pause();
    return;
  }
  const std::uint32_t victim = choose_victim();
  if (victim == plan_.node) {
    rest_until_ = now + next_pause();
    std::fill(known_left_.begin(), known_left_.end(), 1);  // then it asks as if all had something
    return;
  }
  is_asked_[victim] = 1;
  ++n_asked_;
  last_ask_ = now;
  send(victim, Kind::ask, 0);
}

double Broker::next_pause() { return std::exchange(pause_, std::min(2 * pause_, longest_pause)); }

bool Broker::is_low(double now) {
  const std::uint64_t n_done = board_.n_done();
  if (now - rate_time_ >= rate_interval) {
    rate_ = static_cast<double>(n_done - rate_n_done_) / (now - rate_time_);
    rate_time_ = now;
    rate_n_done_ = n_done;
  }
  if (n_asked_ != 0) {
    reply_seconds_ = std::clamp(now - last_ask_, reply_seconds_, longest_reply);
  }
  const double soon =
      rate_ * (look_ahead + 2 * reply_seconds_) / static_cast<double>(plan_.items_per_position);
  return n_left() <= std::max<double>(board_.n_workers(), soon);
}

std::uint32_t Broker::choose_victim() {
  std::uint32_t n_candidates = 0;
  std::uint32_t first = plan_.node;
  std::uint32_t second = plan_.node;
  for (std::uint32_t node = 0; node < known_left_.size(); ++node) {
    if (node == plan_.node || known_left_[node] == 0 || is_asked_[node] != 0) {
      continue;
    }
    // Each of those seen so far is `first` with the same probability, and independently `second`.
    ++n_candidates;
    first = random_below(n_candidates) == 0 ? node : first;
    second = random_below(n_candidates) == 0 ? node : second;
  }
  return known_left_[first] >= known_left_[second] ? first : second;
}

void Broker::answer(std::uint32_t asker, std::uint32_t n_left_there) {
  const std::uint64_t n_here = n_left();
  const std::uint64_t n_both = n_here + n_left_there;
  const std::uint64_t n_workers_there = plan_.workers_of_node[asker];
  const std::uint64_t fair = n_both * n_workers_there / (n_workers_there + board_.n_workers());
  // A node that has nothing gets at least one: there it can begin at once.
  const std::uint64_t n_wanted = n_left_there == 0     ? std::max<std::uint64_t>(fair, 1)
                                 : fair > n_left_there ? fair - n_left_there
                                                       : 0;
  const PositionRange given = n_wanted == 0 ? PositionRange{} : take(n_wanted);
  n_owned_ -= given.size();
  send(asker, Kind::give, packed(given));
}

void Broker::accept(std::uint32_t giver, const BrokerMessage& message) {
  n_asked_ -= is_asked_[giver];
  is_asked_[giver] = 0;
  const PositionRange given = unpacked(message.value);
  if (given.empty()) {
    ++n_refused_;
    known_left_[giver] = 0;
    return;
  }
  n_refused_ = 0;
  pause_ = shortest_pause;
  n_owned_ += given.size();
  held_.push_back(given);
  put_held_on_board();
}

PositionRange Broker::take(std::uint64_t n_wanted) {
  const auto wanted = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(n_wanted, std::numeric_limits<std::uint32_t>::max()));
  if (!held_.empty()) {
    PositionRange& last = held_.back();
    const std::uint32_t n = std::min(wanted, last.size());
    last.end -= n;
    const PositionRange taken{last.end, last.end + n};
    if (last.empty()) {
      held_.pop_back();
    }
    return taken;
  }
  for (std::size_t which = NodeBoard::n_common; which-- > 0;) {
    const PositionRange taken = board_.common(which).take_back([&](std::uint32_t) { return wanted; });
    if (!taken.empty()) {
      return taken;
    }
  }
  std::uint32_t fullest = 0;
  for (std::uint32_t worker = 1; worker < board_.n_workers(); ++worker) {
    if (board_.range_of(worker).load().size() > board_.range_of(fullest).load().size()) {
      fullest = worker;
    }
  }
  return board_.range_of(fullest).take_back([&](std::uint32_t n) { return std::min(wanted, half(n)); });
}

void Broker::put_held_on_board() {
  for (std::size_t which = 0; which < NodeBoard::n_common; ++which) {
    if (!held_.empty() && board_.common(which).empty()) {
      board_.common(which).store(held_.back());
      held_.pop_back();
    }
  }
}

std::uint32_t Broker::n_left() const {
  std::uint64_t sum = board_.n_left();
  for (const PositionRange& range : held_) {
    sum += range.size();
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
}

void Broker::send(std::uint32_t node, Kind kind, std::uint64_t value) {
  outgoing_.push_back({node, {.kind = kind, .n_left = n_left(), .value = value}});
}

std::uint32_t Broker::random_below(std::uint32_t n) {
  random_state_ += 0x9e3779b97f4a7c15;  // as in a Dealer
  return static_cast<std::uint32_t>(hash_slice(hash_short({random_state_, plan_.node}, 12), n));
}

}  // namespace serried::schedule
