/// How a partition of the hash range becomes several. Part of reduce.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <serried/mapreduce/combined_rows.hpp>
#include <serried/mapreduce/packed_rows.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/partition_table.hpp>
#include <serried/mapreduce/partitioned_records.hpp>

namespace serried::mapreduce::detail {

/// By the next bits of the hashes. Rows of equal keys, which no cut can part, are combined on the way: what made the partition
/// so large may be that a few keys are in it very often.
template <Key K, class V, class Op>
class HashCut {
  using Packed = PackedRows<K, V>;

 public:
  /// `op` must outlive it.
  HashCut(const Op& op, const PartitionedRecords::Partition& partition, std::size_t n_wanted)
      : op_(&op),
        n_bits_before_(partition.n_bits),
        n_bits_(std::min(static_cast<int>(std::bit_width(n_wanted)) - 1, most_bits - partition.n_bits)) {}

  [[nodiscard]] std::size_t n_partitions() const { return std::size_t{1} << n_bits_; }

  void cut(const Chunk& chunk, PartitionStore& store, std::size_t first) {
    if (!table_) {
      table_.emplace(*op_);
      table_->begin(n_most_keys);
    }
    if constexpr (refers_to_chunk) {
      table_->begin(std::min<std::size_t>(chunk.header.n_records, n_most_keys));
    }
    Packed::for_each(chunk.records, [&](const HashedKey& hashed, const V& value) {
      table_->add(hashed, value);
      if (table_->n_keys() == n_most_keys) {
        put_rows(store, first);
        table_->begin(n_most_keys);
      }
    });
    if constexpr (refers_to_chunk) {
      put_rows(store, first);
    }
  }
  void finish(PartitionStore& store, std::size_t first) {
    if (table_ && !refers_to_chunk) {
      put_rows(store, first);
    }
    table_.reset();  // there are many cuts, one after the other
  }

 private:
  static constexpr int most_bits = 48;
  static constexpr std::size_t n_most_keys = std::size_t{1} << 14;
  static constexpr bool refers_to_chunk = TextKey<K> || sizeof(K) > short_bytes_capacity;

  void put_rows(PartitionStore& store, std::size_t first) const {
    table_->for_each([&](const StoredKey& key, const V& value) {
      const std::size_t i = partition_of(key.hash() << n_bits_before_, n_bits_);
      store.add_bare(first + i, Packed::max_bytes(key),
                     [&](char* to) { return Packed::write(to, key, value); });
    });
  }

  const Op* op_;
  std::optional<PartitionTable<K, V, Op>> table_;  // while something is cut
  int n_bits_before_;
  int n_bits_;
};

}  // namespace serried::mapreduce::detail
