/// Orders to sort by. Equal values are always put in the order of their keys, so that there is only one
/// result.
///
///     counts.sort_by(mr::descending_value);
///     counts.sort_by([](const auto& a, const auto& b) { return a.key.size() < b.key.size(); });
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include <boost/sort/spreadsort/integer_sort.hpp>

#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mapreduce/string_sort.hpp>
#include <serried/mpi/reduction.hpp>

namespace serried::mapreduce {

/// What an order compares and what for_each_local sees.
template <class K, class V>
struct KeyValue {
  K key;
  V value;
  friend bool operator==(const KeyValue&, const KeyValue&) = default;
};
template <class K, class V>
KeyValue(K, V) -> KeyValue<K, V>;

struct AscendingKey {
  template <class Item>
  bool operator()(const Item& a, const Item& b) const {
    return mpi::total_less(a.key, b.key);
  }
};
struct DescendingKey {
  template <class Item>
  bool operator()(const Item& a, const Item& b) const {
    return mpi::total_less(b.key, a.key);
  }
};
struct AscendingValue {
  template <class Item>
  bool operator()(const Item& a, const Item& b) const {
    return mpi::total_less(a.value, b.value);
  }
};
struct DescendingValue {
  template <class Item>
  bool operator()(const Item& a, const Item& b) const {
    return mpi::total_less(b.value, a.value);
  }
};
inline constexpr AscendingKey ascending_key;
inline constexpr DescendingKey descending_key;
inline constexpr AscendingValue ascending_value;
inline constexpr DescendingValue descending_value;

/// `Order` on rows, ties by key: a strict total order where keys are distinct. `Order` must be a strict weak
/// order.
template <Key K, class V, class Order>
class RowLess {
 public:
  explicit RowLess(Order order) : order_(std::move(order)) {}

  bool operator()(const Row<V>& a, const Row<V>& b) const {
    const KeyValue<KeyView<K>, V> x{key_view<K>(a.key), a.value};
    const KeyValue<KeyView<K>, V> y{key_view<K>(b.key), b.value};
    if (order_(x, y)) {
      return true;
    }
    return !order_(y, x) && key_less<K>(a.key, b.key);
  }

 private:
  Order order_;
};

namespace detail {

// Integers as unsigned numbers in the same order.
template <std::integral V>
std::uint64_t order_preserving(V value) noexcept {
  if constexpr (std::is_signed_v<V>) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value)) ^ (std::uint64_t{1} << 63);
  } else {
    return value;
  }
}

template <class Order>
inline constexpr bool is_by_value =
    std::same_as<Order, AscendingValue> || std::same_as<Order, DescendingValue>;

}  // namespace detail

/// Sorts rows by `order`, ties by key. For the usual case, integral values and text keys, most comparisons
/// are of two numbers that lie side by side; integral keys are sorted by their digits; otherwise, rows are compared.
template <Key K, class V, class Order>
void sort_rows(std::vector<Row<V>>& rows, const Order& order) {
  if constexpr (TextKey<K> && std::integral<V> && sizeof(V) <= 8 &&
                (detail::is_by_value<Order> || std::same_as<Order, AscendingKey>)) {
    std::vector<SortItem<V>> items;
    items.reserve(rows.size());
    for_each_row(std::span<const Row<V>>(rows), [&](const Row<V>& row) {
      std::uint64_t rank = 0;
      if constexpr (detail::is_by_value<Order>) {
        const std::uint64_t ascending = detail::order_preserving(row.value);
        rank = std::same_as<Order, AscendingValue> ? ascending : ~ascending;
      }
      items.push_back({rank, row.key.sort_prefix(), &row});
    });
    sort_items(std::span(items));
    std::vector<Row<V>> sorted;
    sorted.reserve(rows.size());
    for (const SortItem<V>& item : items) {
      sorted.push_back(*item.row);
    }
    rows = std::move(sorted);
  } else if constexpr (std::integral<K> && sizeof(K) <= 8 && std::same_as<Order, AscendingKey>) {
    // By digits, not by comparisons: a third of the time where there are millions.
    boost::sort::spreadsort::integer_sort(
        rows.begin(), rows.end(),
        [](const Row<V>& row, unsigned shift) {
          return detail::order_preserving(key_view<K>(row.key)) >> shift;
        },
        [](const Row<V>& a, const Row<V>& b) { return key_less<K>(a.key, b.key); });
  } else {
    std::ranges::sort(rows, RowLess<K, V, Order>(order));
  }
}

}  // namespace serried::mapreduce
