/// A small table in front of partitions: keys that come often are combined in it, the others only pass through.
///
///     HotRows<K, V, Op> hot(op);
///     hot.add(key, value, [&](std::uint64_t hash, const StoredKey& key, const V& value) { … });   // what had to leave
///     hot.flush(…);
///
/// It fits into a core's own cache, and every key has one place in it: a key that comes finds itself there, or takes the
/// place. So half of the records of a Zipf distribution go no further, and none costs a miss.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/packed_rows.hpp>
#include <serried/mapreduce/row.hpp>

namespace serried::mapreduce {

/// A key that is a word, and its value. The word `free_place` is that of no row.
template <class V>
struct WordRow {
  static constexpr std::uint64_t free_place = 0x5bf0'3635'dca9'6b1d;  // any
  std::uint64_t word = free_place;
  V value{};

  [[nodiscard]] bool is_used() const noexcept { return word != free_place; }
};

/// The row of a table that is as small as it can be.
template <Key K, class V>
using TableRow = std::conditional_t<are_words<K, V>, WordRow<V>, Row<V>>;

template <Key K, class V>
[[nodiscard]] StoredKey stored_key(const TableRow<K, V>& row) noexcept {
  if constexpr (are_words<K, V>) {
    StoredKey key;
    key.words = {row.word, 0};
    key.size = sizeof(K);
    key.tag = static_cast<std::uint32_t>(hash_short(key.words, sizeof(K))) | 1;
    return key;
  } else {
    return row.key;
  }
}
/// Whether a row of a table is that of `key`; it may be free.
template <Key K, class V>
[[nodiscard]] bool is_row_of(const TableRow<K, V>& row, const StoredKey& key) noexcept {
  if constexpr (are_words<K, V>) {
    return row.word == key.words.low;
  } else {
    return row.key.tag == key.tag && row.key == key;
  }
}
template <Key K, class V>
void assign_row(TableRow<K, V>& row, const StoredKey& key, const V& value) noexcept {
  if constexpr (are_words<K, V>) {
    row = {key.words.low, value};
  } else {
    row = {key, value};
  }
}
/// Whether a table of TableRows can hold `key`: all but one.
template <Key K, class V>
[[nodiscard]] bool fits_in_table(const StoredKey& key) noexcept {
  if constexpr (are_words<K, V>) {
    return key.words.low != WordRow<V>::free_place;
  } else {
    return true;
  }
}

template <Key K, class V, class Op>
class HotRows {
 public:
  explicit HotRows(const Op& op) : op_(op), rows_(std::size_t{1} << n_bits) {}

  /// Long keys only pass through.
  template <class Put>
  void add(const HashedKey& hashed, const V& value, Put&& put) {
    if (n_to_pass_ > 0) {
      --n_to_pass_;
      put(hashed.hash, hashed.key, value);
      return;
    }
    if (++n_looked_up_ == n_on_trial) [[unlikely]] {
      judge();
    }
    if (!hashed.key.is_short() || !fits_in_table<K, V>(hashed.key)) [[unlikely]] {
      put(hashed.hash, hashed.key, value);
      return;
    }
    // The high bits: those of what is there already say where it is to go.
    TableRow<K, V>& row = rows_[hashed.hash >> (64 - n_bits)];
    if (is_row_of<K, V>(row, hashed.key)) {
      ++n_found_;
      row.value = op_(row.value, value);
      return;
    }
    if (row.is_used()) {
      put(hashed.hash, stored_key<K, V>(row), row.value);
    }
    assign_row<K, V>(row, hashed.key, value);
  }

  template <class Put>
  void flush(Put&& put) {
    for_each([&](std::uint64_t hash, const StoredKey& key, const V& value) { put(hash, key, value); });
    rows_.assign(rows_.size(), {});
  }

  /// Calls `visit(hash, const StoredKey&, const V&)` for each row; the first `n_bits` bits of `hash` are right.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].is_used()) {
        visit(std::uint64_t{i} << (64 - n_bits), stored_key<K, V>(rows_[i]), rows_[i].value);
      }
    }
  }

  static constexpr int n_bits = 13;

 private:
  static constexpr std::uint32_t n_on_trial = 1 << 16;

  // Where hardly any key finds itself there, most are not looked up for a while.
  void judge() {
    constexpr std::uint32_t fewest = n_on_trial / 16;
    constexpr std::uint32_t a_while = n_on_trial * 15;
    n_to_pass_ = n_found_ < fewest ? a_while : 0;
    n_looked_up_ = 0;
    n_found_ = 0;
  }

  Op op_;
  std::uint32_t n_to_pass_ = 0;
  std::uint32_t n_looked_up_ = 0;
  std::uint32_t n_found_ = 0;
  std::vector<TableRow<K, V>> rows_;
};

}  // namespace serried::mapreduce
