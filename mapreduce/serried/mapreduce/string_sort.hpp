/// Sorting rows by their keys' bytes, eight at a time.
///
/// Comparing two long keys costs two cache misses, and a sort compares each key some twenty times. So the
/// first eight bytes of every key are put side by side as one number and sorted; only where these are equal
/// are the next eight fetched, once a key, and sorted in turn (caching multikey sort; Ng and Kakehi, 2007,
/// with std::sort as its base).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/sort/pdqsort/pdqsort.hpp>

#include <serried/mapreduce/row.hpp>

namespace serried::mapreduce {

/// A row and what it is sorted by.
template <class V>
struct SortItem {
  std::uint64_t rank = 0;    ///< sorts before the key; the same everywhere if only keys count
  std::uint64_t prefix = 0;  ///< eight bytes of the key, from the depth that is being sorted, as a number
  const Row<V>* row = nullptr;
};

/// Sorts `items` by rank, then by key. `prefix` must be the key's sort_prefix(0).
template <class V>
void sort_items(std::span<SortItem<V>> items, std::size_t depth = 0) {
  constexpr std::size_t max_depth = 1024;  // bytes: keys that agree further are few, and each level is a call
  constexpr std::size_t few = 12;          // fetching prefixes anew does not pay
  constexpr std::size_t n_bytes = 8;
  // Without a branch on the comparison, which would be mispredicted every other time.
  boost::sort::pdqsort_branchless(items.begin(), items.end(), [](const SortItem<V>& a, const SortItem<V>& b) {
    __extension__ using Wide = unsigned __int128;
    return (Wide{a.rank} << 64 | a.prefix) < (Wide{b.rank} << 64 | b.prefix);
  });
  for (std::size_t begin = 0; begin < items.size();) {
    std::size_t end = begin + 1;
    while (end < items.size() && items[end].rank == items[begin].rank &&
           items[end].prefix == items[begin].prefix) {
      ++end;
    }
    const std::span<SortItem<V>> equal = items.subspan(begin, end - begin);
    begin = end;
    if (equal.size() == 1) {
      continue;
    }
    if (equal.size() <= few || depth >= max_depth) {
      std::ranges::sort(equal,
                        [](const SortItem<V>& a, const SortItem<V>& b) { return a.row->key < b.row->key; });
      continue;
    }
    // Keys that end within these eight bytes differ only in how many zero bytes they end with: shorter ones
    // first, and all of them before those that go on.
    const auto first_longer = std::partition(equal.begin(), equal.end(), [&](const SortItem<V>& item) {
      return item.row->key.size <= depth + n_bytes;
    });
    std::sort(equal.begin(), first_longer,
              [](const SortItem<V>& a, const SortItem<V>& b) { return a.row->key.size < b.row->key.size; });
    const std::span<SortItem<V>> longer(first_longer, equal.end());
    for (std::size_t i = 0; i < longer.size(); ++i) {
      if (i + prefetch_distance < longer.size()) {
        longer[i + prefetch_distance].row->key.prefetch();
      }
      longer[i].prefix = longer[i].row->key.sort_prefix(depth + n_bytes);
    }
    sort_items(longer, depth + n_bytes);
  }
}

}  // namespace serried::mapreduce
