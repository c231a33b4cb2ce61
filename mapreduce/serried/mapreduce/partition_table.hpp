/// The hash table in which a thread combines one partition after the other, each of about as many keys as its cache holds.
///
///     PartitionTable<K, V, Op> table(op);
///     table.begin(n_rows);
///     table.add(key, value);
///     table.for_each([&](const StoredKey& key, const V& value) { … });
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <serried/base/zeroed_array.hpp>
#include <serried/mapreduce/hot_rows.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/row.hpp>

namespace serried::mapreduce {

/// Long keys are referred to where they are. Its memory is used again for the next partition.
template <Key K, class V, class Op>
class PartitionTable {
  using TableRow = mapreduce::TableRow<K, V>;

 public:
  explicit PartitionTable(const Op& op) : op_(op) {}

  /// Empties it, for a partition of `n_rows` rows, keys not combined yet: how many keys these are follows from the last one.
  void begin(std::size_t n_rows) {
    if (n_rows_ > 0) {
      share_ = std::min(1.0, static_cast<double>(n_keys()) / static_cast<double>(n_rows_));
    }
    n_rows_ = n_rows;
    constexpr double margin = 1.1;
    clear(static_cast<std::size_t>(margin * share_ * static_cast<double>(n_rows)));
  }

  void add(const HashedKey& hashed, const V& value) {
    if (!fits_in_table<K, V>(hashed.key)) [[unlikely]] {
      odd_ = odd_ ? op_(*odd_, value) : value;
      return;
    }
    TableRow* row = &find(hashed.key, hashed.hash);
    if (row->is_used()) {
      row->value = op_(row->value, value);
      return;
    }
    if (n_in_rows_ == n_most_) [[unlikely]] {
      grow();
      row = &find(hashed.key, hashed.hash);
    }
    assign_row<K, V>(*row, hashed.key, value);
    ++n_in_rows_;
  }

  [[nodiscard]] std::size_t n_keys() const { return n_in_rows_ + static_cast<std::size_t>(odd_.has_value()); }

  /// In no particular order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < n_slots(); ++i) {
      if (rows_[i].is_used()) {
        visit(stored_key<K, V>(rows_[i]), rows_[i].value);
      }
    }
    if (odd_) {
      if constexpr (are_words<K, V>) {
        visit(stored_key<K, V>(TableRow{}), *odd_);
      }
    }
  }

 private:
  [[nodiscard]] std::size_t n_slots() const { return std::size_t{1} << n_bits_; }

  // The high bits of hashes say which partition it is, the low ones the order in which rows of other tables come, which must
  // not be that of the slots: a product mixes them.
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>((hash * 0x9e3779b97f4a7c15) >> (64 - n_bits_));
  }
  [[nodiscard]] TableRow& find(const StoredKey& key, std::uint64_t hash) noexcept {
    const std::size_t mask = n_slots() - 1;
    for (std::size_t slot = slot_of(hash);; slot = (slot + 1) & mask) {
      TableRow& row = rows_[slot];
      if (is_row_of<K, V>(row, key) || !row.is_used()) {
        return row;
      }
    }
  }

  void clear(std::size_t n_keys) {
    constexpr std::size_t fewest = 512;
    n_bits_ = static_cast<int>(std::bit_width(std::max(fewest, n_keys + n_keys / 2)));
    n_most_ = n_slots() / 4 * 3;
    if (rows_.size() < n_slots()) {
      rows_ = {};
      rows_ = ZeroedArray<TableRow>(n_slots());
    }
    std::fill_n(rows_.data(), n_slots(), TableRow{});
    n_in_rows_ = 0;
    odd_.reset();
  }
  void grow() {
    ZeroedArray<TableRow> old = std::move(rows_);
    const std::size_t n_old = n_slots();
    rows_ = ZeroedArray<TableRow>(2 * n_old);
    ++n_bits_;
    n_most_ = n_slots() / 4 * 3;
    std::fill_n(rows_.data(), n_slots(), TableRow{});
    for (std::size_t i = 0; i < n_old; ++i) {
      if (old[i].is_used()) {
        const StoredKey key = stored_key<K, V>(old[i]);
        find(key, key.hash()) = old[i];
      }
    }
  }

  Op op_;
  ZeroedArray<TableRow> rows_;
  int n_bits_ = 0;
  std::size_t n_most_ = 0;
  std::size_t n_in_rows_ = 0;
  std::optional<V> odd_;  // of the key that fits_in_table says no to
  std::size_t n_rows_ = 0;
  double share_ = 1;  // of rows that had a key of their own
};

}  // namespace serried::mapreduce
