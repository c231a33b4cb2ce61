#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>
#include <tuple>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/schedule/index_order.hpp>
#include <serried/schedule/options.hpp>

namespace serried::schedule {
namespace {

struct Hinted {
  double cost = 0;
  std::uint64_t index = 0;
};

double checked_cost(double cost, std::uint64_t index) {
  if (!std::isfinite(cost) || cost < 0) {
    throw Error(fmt::format("the cost of index {} is {}", index, cost))
        .hint("costs are finite and not negative");
  }
  return cost;
}

// The node of each of the costs, which descend: the one with the least cost a worker so far; of such, the one with the
// fewest indices a worker, then the lowest.
std::vector<std::uint32_t> node_of_each(const std::vector<Hinted>& hinted,
                                        std::span<const std::uint32_t> workers_of_node) {
  std::vector<std::uint32_t> node_of(hinted.size(), 0);
  if (workers_of_node.size() == 1) {
    return node_of;
  }
  using Load = std::tuple<double, double, std::uint32_t>;  // cost and indices a worker, node
  std::priority_queue<Load, std::vector<Load>, std::greater<>> nodes;
  for (std::uint32_t node = 0; node < workers_of_node.size(); ++node) {
    nodes.emplace(0.0, 0.0, node);
  }
  for (std::size_t item = 0; item < hinted.size(); ++item) {
    const auto [cost, n_indices, node] = nodes.top();
    nodes.pop();
    node_of[item] = node;
    const double n_workers = workers_of_node[node];
    nodes.emplace(cost + hinted[item].cost / n_workers, n_indices + 1 / n_workers, node);
  }
  return node_of;
}

}  // namespace

IndexOrder::IndexOrder(std::uint64_t n, const IndexSet& done) {
  expects(n <= max_indices, "n is at most 2^48");
  for (const Range& range : done.complement(n).ranges()) {
    segments_.push_back({n_items_, range.begin});
    n_items_ += range.size();
  }
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  items_per_position_ = std::max<std::uint64_t>(1, n_items_ / most + (n_items_ % most != 0 ? 1 : 0));
  n_positions_ = static_cast<std::uint32_t>((n_items_ + items_per_position_ - 1) / items_per_position_);
}

IndexOrder IndexOrder::ascending(std::uint64_t n, const IndexSet& done,
                                 std::span<const std::uint32_t> workers_of_node) {
  IndexOrder order(n, done);
  const std::uint64_t n_workers =
      std::accumulate(workers_of_node.begin(), workers_of_node.end(), std::uint64_t{0});
  std::uint64_t n_before = 0;
  for (const std::uint32_t n_here : workers_of_node) {
    order.first_position_.push_back(
        static_cast<std::uint32_t>(block(order.n_positions_, n_workers, n_before).begin));
    n_before += n_here;
  }
  order.first_position_.push_back(order.n_positions_);
  return order;
}

IndexOrder IndexOrder::longest_first(std::uint64_t n, const IndexSet& done,
                                     const std::function<double(std::uint64_t)>& cost,
                                     std::span<const std::uint32_t> workers_of_node) {
  IndexOrder order(n, done);
  if (order.n_items_ > max_hinted_indices) {
    throw Error(fmt::format("{} indices are too many to sort by their costs", order.n_items_))
        .hint(fmt::format("give costs for at most {}, or deal blocks of indices", max_hinted_indices));
  }
  std::vector<Hinted> hinted;
  hinted.reserve(order.n_items_);
  for (const Range& range : done.complement(n).ranges()) {
    for (std::uint64_t index = range.begin; index < range.end; ++index) {
      hinted.push_back({checked_cost(cost(index), index), index});
    }
  }
  std::sort(hinted.begin(), hinted.end(), [](const Hinted& a, const Hinted& b) {
    return a.cost != b.cost ? a.cost > b.cost : a.index < b.index;
  });

  // Sorted by node, each node's part descending as the whole does.
  const std::vector<std::uint32_t> node_of = node_of_each(hinted, workers_of_node);
  order.first_position_.assign(workers_of_node.size() + 1, 0);
  for (const std::uint32_t node : node_of) {
    ++order.first_position_[node + 1];
  }
  std::partial_sum(order.first_position_.begin(), order.first_position_.end(), order.first_position_.begin());
  std::vector<std::uint32_t> next = order.first_position_;
  order.sorted_.resize(hinted.size());
  for (std::size_t item = 0; item < hinted.size(); ++item) {
    order.sorted_[next[node_of[item]]++] = hinted[item].index;
  }
  return order;
}

std::uint64_t IndexOrder::find(std::uint64_t item, Cursor& cursor) const noexcept {
  if (!sorted_.empty()) {
    return sorted_[item];
  }
  const auto next = std::upper_bound(
      segments_.begin(), segments_.end(), item,
      [](std::uint64_t wanted, const Segment& segment) { return wanted < segment.first_item; });
  const Segment& segment = *(next - 1);
  cursor.first_item = segment.first_item;
  cursor.n_items = (next == segments_.end() ? n_items_ : next->first_item) - segment.first_item;
  cursor.shift = segment.first_index - segment.first_item;
  return item + cursor.shift;
}

std::uint64_t IndexOrder::hash() const noexcept {
  std::uint64_t hash = n_items_;
  const auto add = [&](std::uint64_t word) { hash = hash_short({hash, word}, 16); };
  for (const Segment& segment : segments_) {
    add(segment.first_item);
    add(segment.first_index);
  }
  std::for_each(sorted_.begin(), sorted_.end(), add);
  std::for_each(first_position_.begin(), first_position_.end(), add);
  return hash;
}

}  // namespace serried::schedule
