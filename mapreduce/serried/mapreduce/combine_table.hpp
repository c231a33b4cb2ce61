/// The hash table that combines the values of equal keys as they come.
///
/// Open addressing with linear probing in an array of rows (row.hpp). Additions go through a small batch: the
/// slot of each is asked for from memory when it enters, and looked at when the batch is full, so that the
/// misses of many overlap. The table grows to what it will need at the end, as far as that can be told from
/// how the number of distinct keys has grown so far (Heaps' law), because every growth moves all of it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <serried/base/partition.hpp>
#include <serried/base/zeroed_array.hpp>
#include <serried/mapreduce/arena.hpp>
#include <serried/mapreduce/reduction_check.hpp>
#include <serried/mapreduce/row.hpp>

namespace serried::mapreduce {

/// Not thread-safe: one for each thread. `Combine` is `Value(Value, Value)`.
template <class Value, class Combine>
class CombineTable {
 public:
  /// Whether the table copies long keys, or refers to them where they are for as long as it lives.
  enum LongKeys : bool { long_keys_are_copied, long_keys_stay };

  explicit CombineTable(Combine combine, std::size_t n_expected_keys = 0,
                        LongKeys long_keys = long_keys_are_copied)
      : combine_(std::move(combine)), rows_(n_slots_for(n_expected_keys)), long_keys_(long_keys) {}

  /// Adds `value` under `key`. A long key is referred to until `flush`, so its bytes must stay until then.
  void add(std::string_view key, const Value& value) { add(store_key(key), value); }
  void add(const HashedKey& hashed, const Value& value) {
    const std::size_t slot = slot_of(hashed.hash);
    __builtin_prefetch(rows_.data() + slot, 1);
    batch_[n_batched_++] = {{hashed.key, value}, hashed.hash};
    if (n_batched_ == batch_.size()) {
      flush();
    }
  }

  /// Finishes the additions so far: afterwards no key outside the table is referred to.
  void flush() {
    // Where a slot holds what is most likely the same long key, its bytes will be compared: ask for them too.
    for (std::size_t i = 0; i < n_batched_; ++i) {
      const StoredKey& there = rows_[slot_of(batch_[i].hash)].key;
      if (there.tag == batch_[i].row.key.tag) {
        there.prefetch();
      }
    }
    if (check_ != nullptr) [[unlikely]] {
      for (std::size_t i = 0; i < n_batched_; ++i) {
        check_->see(batch_[i].row.key, batch_[i].hash, batch_[i].row.value);
      }
    }
    for (std::size_t i = 0; i < n_batched_; ++i) {
      insert(batch_[i]);
    }
    n_batched_ = 0;
  }

  /// Makes room for `n_more` keys that it does not hold yet. Needed before rows of another table are added in the order of
  /// its slots: in a table that is too small for all of them they would pile up at its front.
  void reserve(std::size_t n_more) {
    flush();
    if (n_keys_ + n_more > n_keys_of(rows_.size())) {
      rehash(std::max(n_keys_ + n_more, 2 * n_keys_));
    }
  }

  /// How many keys it holds before it grows.
  [[nodiscard]] std::size_t capacity() const { return n_keys_of(rows_.size()); }
  /// Grows to what it will need, as far as that can be told, but to at most `n_most` keys if that is more than it has.
  void grow(std::size_t n_most) {
    flush();
    rehash(std::max(n_keys_ + 1, std::min(estimate_keys(), n_most)));
  }
  /// Additions are shown to `check` from now on.
  void check_by(std::unique_ptr<ReductionCheck<Value, Combine>> check) { check_ = std::move(check); }
  /// Forgets its keys. Its rows stay where they are.
  void clear() {
    n_batched_ = 0;
    std::fill(rows_.begin(), rows_.end(), Row<Value>{});
    arena_ = {};
    n_keys_ = 0;
    keys_before_ = 0;
  }
  /// Makes an empty table smaller.
  void shrink(std::size_t n_expected_keys) { rows_ = ZeroedArray<Row<Value>>(n_slots_for(n_expected_keys)); }
  /// Bytes of memory for rows and for long keys.
  [[nodiscard]] std::size_t n_bytes() const { return rows_.size() * sizeof(Row<Value>) + arena_.n_bytes(); }

  /// The share of all input that was added so far, in (0, 1]: what the estimate of the final size starts
  /// from.
  void set_progress(double share) { progress_ = share; }

  /// Flushed rows, in the order of their slots; many are not in use.
  [[nodiscard]] std::span<const Row<Value>> rows() const { return {rows_.data(), rows_.size()}; }
  [[nodiscard]] std::size_t n_keys() const { return n_keys_; }
  [[nodiscard]] Arena take_arena() && { return std::move(arena_); }
  /// Bytes of the rows of a table for `n_keys`.
  [[nodiscard]] static std::size_t n_bytes_of(std::size_t n_keys) {
    return n_slots_for(n_keys) * sizeof(Row<Value>);
  }
  /// How many keys `n_bytes` are enough for, if the others are as long as those that it has.
  [[nodiscard]] std::size_t n_keys_within(std::size_t n_bytes) const {
    const double bytes_of_one =
        sizeof(Row<Value>) / max_load +
        static_cast<double>(arena_.n_bytes()) / static_cast<double>(std::max<std::size_t>(n_keys_, 1));
    return static_cast<std::size_t>(static_cast<double>(n_bytes) / bytes_of_one);
  }

 private:
  struct Addition {
    Row<Value> row;
    std::uint64_t hash;
  };
  static constexpr double max_load = 0.6;
  static constexpr std::size_t min_slots = std::size_t{1} << 12;

  [[nodiscard]] static std::size_t n_slots_for(std::size_t n_keys) {
    return std::max(min_slots, static_cast<std::size_t>(static_cast<double>(n_keys) / max_load) + 1);
  }
  [[nodiscard]] static std::size_t n_keys_of(std::size_t n_slots) {
    return static_cast<std::size_t>(max_load * static_cast<double>(n_slots));
  }
  // The high half of a hash says who owns a key (hash_slice), so all keys in one table may share it: the low
  // half chooses the slot.
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>(hash_slice(std::rotl(hash, 32), rows_.size()));
  }

  // The slot that holds `key`, or the free one where it belongs.
  [[nodiscard]] Row<Value>& find(const StoredKey& key, std::uint64_t hash) noexcept {
    for (std::size_t slot = slot_of(hash);; slot = slot + 1 == rows_.size() ? 0 : slot + 1) {
      Row<Value>& row = rows_[slot];
      if (!row.is_used() || (row.key.tag == key.tag && row.key == key)) {
        return row;
      }
    }
  }

  void insert(const Addition& addition) {
    Row<Value>* row = &find(addition.row.key, addition.hash);
    if (row->is_used()) {
      row->value = combine_(row->value, addition.row.value);
      return;
    }
    if (n_keys_ + 1 > n_keys_of(rows_.size())) [[unlikely]] {
      rehash(estimate_keys());
      row = &find(addition.row.key, addition.hash);
    }
    *row = addition.row;
    if (!row->key.is_short() && long_keys_ == long_keys_are_copied) {
      row->key.words.low = std::bit_cast<std::uint64_t>(arena_.keep(addition.row.key.view()));
    }
    ++n_keys_;
  }

  void rehash(std::size_t n_keys) {
    ZeroedArray<Row<Value>> old(n_slots_for(n_keys));
    std::swap(old, rows_);
    for (const Row<Value>& row : old) {
      if (row.is_used()) {
        find(row.key, row.key.hash()) = row;
      }
    }
  }

  // Distinct keys grow as a power of the input, with an exponent that is measured since the last growth. At
  // least double, at most 16 times what there is: a wrong estimate must not cost more memory than keys do.
  [[nodiscard]] std::size_t estimate_keys() {
    double exponent = 0.8;  // of English and of source code, roughly
    if (keys_before_ > 0 && progress_ > 1.5 * progress_before_) {
      exponent = std::log(static_cast<double>(n_keys_) / static_cast<double>(keys_before_)) /
                 std::log(progress_ / progress_before_);
      exponent = std::clamp(exponent, 0.3, 1.0);
    }
    keys_before_ = n_keys_;
    progress_before_ = progress_;
    const double factor = progress_ > 0 ? std::pow(1 / progress_, exponent) : 2;
    constexpr double margin = 1.1;
    return static_cast<std::size_t>(static_cast<double>(n_keys_) * std::clamp(margin * factor, 2.0, 16.0));
  }

  Combine combine_;
  ZeroedArray<Row<Value>> rows_;
  LongKeys long_keys_;
  Arena arena_;
  std::size_t n_keys_ = 0;
  std::size_t keys_before_ = 0;
  double progress_ = 0;
  double progress_before_ = 0;
  std::unique_ptr<ReductionCheck<Value, Combine>> check_;  // usually none
  std::size_t n_batched_ = 0;
  std::array<Addition, 64> batch_;
};

}  // namespace serried::mapreduce
