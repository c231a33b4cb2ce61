/// Which indices are dealt, and in which order: positions 0, 1, 2, ... stand for the indices that are left to do.
///
///     const IndexOrder order = IndexOrder::ascending(n, done);
///     IndexOrder::Cursor cursor;                                  // one a thread: remembers where it was
///     const Range items = order.items_of(position);               // usually one item
///     order.index_of(items.begin, cursor);                        // the index itself
///
/// Three numberings: an *index* is the caller's; *items* number the indices left to do in the order in which they are
/// dealt; a *position* is so many items in a row that 32 bits can number the positions.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <serried/base/index_set.hpp>
#include <serried/schedule/position_range.hpp>

namespace serried::schedule {

/// Pure, and the same on every rank that makes it from the same arguments.
class IndexOrder {
 public:
  /// Where a thread is in the order. For indices dealt in sequence, index_of then costs a comparison.
  struct Cursor {
    std::uint64_t first_item = 0;
    std::uint64_t n_items = 0;
    std::uint64_t shift = 0;  // index - item, modulo 2^64
  };

  /// The indices of [0, n) that are not in `done`, in ascending order; each node's first share of them is contiguous and
  /// in proportion to its workers.
  [[nodiscard]] static IndexOrder ascending(std::uint64_t n, const IndexSet& done,
                                            std::span<const std::uint32_t> workers_of_node);

  /// The same indices by descending cost, ties by index. With several nodes, each index goes to the node with the least
  /// cost a worker so far (Graham 1969), and each node's share descends. Throws serried::Error if a cost is negative or
  /// not finite, or if more than max_hinted_indices are left.
  [[nodiscard]] static IndexOrder longest_first(std::uint64_t n, const IndexSet& done,
                                                const std::function<double(std::uint64_t)>& cost,
                                                std::span<const std::uint32_t> workers_of_node);

  [[nodiscard]] std::uint64_t n_items() const noexcept { return n_items_; }
  [[nodiscard]] std::uint32_t n_positions() const noexcept { return n_positions_; }
  [[nodiscard]] std::uint64_t items_per_position() const noexcept { return items_per_position_; }
  /// The positions that a node begins with.
  [[nodiscard]] PositionRange share_of_node(std::size_t node) const {
    return {first_position_.at(node), first_position_.at(node + 1)};
  }

  /// The items of a position; never empty.
  [[nodiscard]] Range items_of(std::uint32_t position) const noexcept {
    const std::uint64_t begin = position * items_per_position_;
    const std::uint64_t end = begin + items_per_position_;
    return {begin, end < n_items_ ? end : n_items_};
  }

  [[nodiscard]] std::uint64_t index_of(std::uint64_t item, Cursor& cursor) const noexcept {
    if (item - cursor.first_item < cursor.n_items) [[likely]] {
      return item + cursor.shift;
    }
    return find(item, cursor);
  }

  /// For ranks to compare: differs, almost surely, if the orders do.
  [[nodiscard]] std::uint64_t hash() const noexcept;

 private:
  struct Segment {
    std::uint64_t first_item = 0;
    std::uint64_t first_index = 0;
  };
  IndexOrder(std::uint64_t n, const IndexSet& done);
  [[nodiscard]] std::uint64_t find(std::uint64_t item, Cursor& cursor) const noexcept;

  std::uint64_t n_items_ = 0;
  std::uint64_t items_per_position_ = 1;
  std::uint32_t n_positions_ = 0;
  std::vector<Segment> segments_;              // the ranges left to do, ascending
  std::vector<std::uint64_t> sorted_;          // with costs: the index of each item
  std::vector<std::uint32_t> first_position_;  // of each node, and the end
};

}  // namespace serried::schedule
