/// The first few rows of keyed data by some order. Part of keyed.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <serried/mapreduce/arena.hpp>
#include <serried/mapreduce/keyed_rows.hpp>
#include <serried/mapreduce/keyed_sort.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mapreduce/text_source.hpp>

namespace serried::mapreduce::detail {

// Leaves the first `k` by `less`, in no order.
template <class V, class Less>
void keep_first_of(std::vector<Row<V>>& rows, std::uint64_t k, const Less& less) {
  if (rows.size() > k) {
    std::ranges::nth_element(rows, rows.begin() + static_cast<std::ptrdiff_t>(k), less);
    rows.resize(k);
  }
}

template <class V>
[[nodiscard]] Arena copy_long_keys(std::span<Row<V>> rows) {
  Arena arena;
  for (Row<V>& row : rows) {
    if (!row.key.is_short()) {
      row.key.words.low = std::bit_cast<std::uint64_t>(arena.keep(row.key.view()));
    }
  }
  return arena;
}

/// Local: leaves rows among which the first `k` by `order` are, in memory and in no order: `k` of each part, or of each thread
/// if they were on disk.
template <Key K, class V, class Order>
void keep_first(KeyedRows<K, V>& rows, const TextSource& source, std::uint64_t k, const Order& order) {
  const int n_threads = source.n_threads();
  const RowLess<K, V, Order> less(order);
  const auto keep_first_of_these = [&](std::vector<Row<V>>& these) {
    if (source.options().checked) {
      check_rows<K>(std::span<const Row<V>>(these), order);
    }
    keep_first_of(these, k, less);
  };
  if (!rows.stored) {
    for_each_on_threads(n_threads, rows.parts.size(),
                        [&](std::size_t part, std::size_t) { keep_first_of_these(rows.parts[part]); });
    return;
  }
  constexpr std::size_t n_more = 65'536;  // before they are looked at
  KeyedRows<K, V> first;
  first.parts.resize(static_cast<std::size_t>(n_threads));
  std::vector<Arena> arenas(first.parts.size());
  for_each_on_threads(n_threads, rows.n_parts(), [&](std::size_t part, std::size_t thread) {
    std::vector<Row<V>>& mine = first.parts[thread];
    rows.read(part, [&](std::span<const Row<V>> of_part) {
      while (!of_part.empty()) {
        const auto some = of_part.first(std::min(of_part.size(), n_more));
        of_part = of_part.subspan(some.size());
        mine.insert(mine.end(), some.begin(), some.end());
        keep_first_of_these(mine);
      }
      arenas[thread] = copy_long_keys(std::span(mine));
    });
  });
  for (Arena& arena : arenas) {
    first.keepers.push_back(std::make_shared<Arena>(std::move(arena)));
  }
  rows = std::move(first);
}

}  // namespace serried::mapreduce::detail
