/// The rows of keyed data, in parts that are slices of their order: as they are, or packed where they are many.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <serried/mapreduce/exchange.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mapreduce/stored_rows.hpp>

namespace serried::mapreduce {

/// By hash, as keyed data is ordered unless it was sorted; equal ones, of different keys, by key.
template <Key K, class V>
void sort_by_hash(std::vector<Row<V>>& rows) {
  std::ranges::sort(rows, [](const Row<V>& a, const Row<V>& b) {
    const std::uint64_t hash_a = a.key.hash();
    const std::uint64_t hash_b = b.key.hash();
    return hash_a != hash_b ? hash_a < hash_b : key_less<K>(a.key, b.key);
  });
}

/// Of one rank; the parts of rank 0 come before those of rank 1, …. All ranks have theirs packed, or none has.
template <Key K, class V>
struct KeyedRows {
  std::vector<std::vector<Row<V>>> parts;
  Keepers keepers;                         ///< what their long keys refer to
  std::optional<StoredRows<K, V>> stored;  ///< instead of `parts`
  bool is_ordered = false;                 ///< within each part, too: by hash, unless they were sorted

  [[nodiscard]] std::size_t n_parts() const { return stored ? stored->n_parts() : parts.size(); }
  [[nodiscard]] std::uint64_t n_rows(std::size_t part) const {
    return stored ? stored->n_rows(part) : parts[part].size();
  }
  [[nodiscard]] std::uint64_t n_rows() const {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < n_parts(); ++i) {
      n += n_rows(i);
    }
    return n;
  }

  /// Calls `visit(std::span<const Row<V>>)` with the rows of a part in any order; they are there until it returns.
  template <class Visit>
  void read(std::size_t part, Visit&& visit) const {
    if (stored) {
      stored->read(part, [&](std::vector<Row<V>>& rows) { visit(std::span<const Row<V>>(rows)); });
    } else {
      visit(std::span<const Row<V>>(parts[part]));
    }
  }
  /// The same in order; `parts` must be ordered.
  template <class Visit>
  void read_in_order(std::size_t part, Visit&& visit) const {
    if (stored) {
      stored->read(part, [&](std::vector<Row<V>>& rows) {
        if (!is_ordered) {
          sort_by_hash<K>(rows);
        }
        visit(std::span<const Row<V>>(rows));
      });
    } else {
      visit(std::span<const Row<V>>(parts[part]));
    }
  }

  /// Keeps the first `n` rows of a part, which is ordered, or all.
  void truncate(std::size_t part, std::uint64_t n) {
    if (n >= n_rows(part)) {
      return;
    }
    if (stored) {
      stored->read(part, [&](std::vector<Row<V>>& rows) {
        stored->write(part, 0, std::span<const Row<V>>(rows).first(n));
      });
    } else {
      parts[part].resize(n);
    }
  }
};

}  // namespace serried::mapreduce
