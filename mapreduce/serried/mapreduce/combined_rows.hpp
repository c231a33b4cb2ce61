/// What a thread combines of what it reads, in bounded memory. Part of reduce.hpp.
///
/// It begins with a table of all its keys. Where that shows that most records bring a key of their own, so that it would only
/// grow and cost a miss or two a record, rows go to partitions of the hash range from then on, with a small table in front of
/// them for the keys that are frequent nevertheless (Müller, Sanders, Lacurie, Lehner, Färber: Cache-efficient aggregation:
/// hashing is sorting, 2015). Where the table only becomes too large, its rows go there, and it begins again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <serried/job/run.hpp>
#include <serried/mapreduce/combine_table.hpp>
#include <serried/mapreduce/early_exchange.hpp>
#include <serried/mapreduce/hot_rows.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/packed_rows.hpp>
#include <serried/mapreduce/partition_store.hpp>

namespace serried::mapreduce::detail {

struct CombineOptions {
  int partition_bits = 6;  ///< of a hash: there are 2^partition_bits partitions, the same number on all ranks
  std::size_t table_bytes = std::size_t{1} << 30;  ///< the most that a table may have
  std::size_t store_bytes = std::size_t{1} << 30;  ///< beyond it, partitions go to disk
  std::size_t cache_bytes = std::size_t{2} << 20;  ///< a table of this size is not worth avoiding
  std::string tmp{};                               ///< see SpillFile
  EarlyExchange* early = nullptr;                  ///< takes full blocks
  bool checked = false;                            ///< see TextOptions
};

/// HotRows tells no more bits of a hash.
inline constexpr int most_partition_bits = 13;

[[nodiscard]] inline std::size_t partition_of(std::uint64_t hash, int partition_bits) noexcept {
  return partition_bits == 0 ? 0 : static_cast<std::size_t>(hash >> (64 - partition_bits));
}

// A job::Partial.
template <Key K, class V, class Op>
class CombinedRows {
  using Table = CombineTable<V, Op>;
  using Packed = PackedRows<K, V>;
  static_assert(HotRows<K, V, Op>::n_bits >= most_partition_bits);

 public:
  CombinedRows(const Op& op, const CombineOptions& options)
      : op_(std::make_unique<const Op>(op)), options_(options), table_(std::make_unique<Table>(op)) {
    n_keys_to_look_at_ = next_look();
    if (options.checked) {
      table_->check_by(std::make_unique<ReductionCheck<V, Op>>(op, described_key<K>));
    }
  }

  /// A long key is referred to until `flush`, or until it returns if `is_passing`.
  void add(const HashedKey& hashed, const V& value, bool is_passing = false) {
    ++n_records_;
    if (hot_) {
      hot_->add(hashed, value, put_);
      return;
    }
    table_->add(hashed, value);
    if (is_passing) [[unlikely]] {
      table_->flush();
    }
    if (table_->n_keys() >= n_keys_to_look_at_) [[unlikely]] {
      look_at_table();
    }
  }
  /// Finishes the additions so far: afterwards no key outside is referred to. After each block of input, for few long keys may
  /// have filled the table's memory.
  void flush() {
    table_->flush();
    if (table_->n_bytes() > options_.table_bytes && table_->n_keys() > 0) {
      look_at_table();
    }
  }
  /// See CombineTable.
  void set_progress(double share) { table_->set_progress(share); }

  /// Whether rows have gone to partitions.
  [[nodiscard]] bool is_partitioned() const { return store_ != nullptr; }
  /// If not, all rows are here.
  [[nodiscard]] Table& table() const { return *table_; }
  /// All rows in partitions.
  [[nodiscard]] std::unique_ptr<PartitionStore> take_store() && {
    make_store();
    empty_table();
    table_.reset();
    if (hot_) {
      hot_->flush(put_);
      hot_.reset();
    }
    store_->finish();
    return std::move(store_);
  }

  // What is saved is in memory as a whole.
  [[nodiscard]] bool wants_save() const {
    return table_->n_bytes() + (store_ ? store_->n_held() + store_->n_spilled() : 0) >=
           std::max<std::size_t>(options_.table_bytes / 2, std::size_t{1} << 20);
  }
  void merge(CombinedRows&& other) {
    if (!store_ && !other.store_ &&
        Table::n_bytes_of(table_->n_keys() + other.table_->n_keys()) <= options_.table_bytes) {
      add_table(*other.table_);
      return;
    }
    make_store();
    other.for_each_here(put_);
    if (other.store_) {
      other.store_->finish();
      store_->absorb(*other.store_);
    }
  }
  // Their number, and the rows.
  void save(std::vector<std::byte>& bytes) const {
    const std::size_t first = bytes.size();
    job::append_bytes(bytes, std::uint64_t{0});
    std::uint64_t n_rows = 0;
    for_each_here([&](std::uint64_t, const StoredKey& key, const V& value) {
      const std::size_t at = bytes.size();
      bytes.resize(at + Packed::max_bytes(key));
      char* const begin = reinterpret_cast<char*>(bytes.data() + at);
      bytes.resize(at + static_cast<std::size_t>(Packed::write(begin, key, value) - begin));
      ++n_rows;
    });
    if (store_) {
      store_->finish();
      for (std::size_t i = 0; i < store_->n_partitions(); ++i) {
        store_->for_each_block(i, [&](std::span<const char> block) {
          for_each_chunk(block, [&](const Chunk& chunk) {
            const auto rows = std::as_bytes(chunk.records);
            bytes.insert(bytes.end(), rows.begin(), rows.end());
            n_rows += chunk.header.n_records;
          });
        });
      }
    }
    std::memcpy(bytes.data() + first, &n_rows, sizeof n_rows);
  }
  void load(std::span<const std::byte> bytes) {
    const auto front = bytes.first(std::min(bytes.size(), sizeof(std::uint64_t)));
    const auto n_rows = std::min<std::uint64_t>(job::value_of_bytes<std::uint64_t>(front), bytes.size());
    const auto rows = bytes.subspan(front.size());
    const std::span text(reinterpret_cast<const char*>(rows.data()), rows.size());
    if (!store_ && Table::n_bytes_of(table_->n_keys() + n_rows) + rows.size() <= options_.table_bytes) {
      // In a table that is too small for all of them, rows in the order of the slots of another would pile up.
      table_->reserve(n_rows);
      Packed::for_each(text, [&](const HashedKey& key, const V& value) { table_->add(key, value); });
      table_->flush();
      n_keys_to_look_at_ = next_look();
    } else {
      make_store();
      Packed::for_each(text, [&](const HashedKey& key, const V& value) { put_(key.hash, key.key, value); });
    }
  }

 private:
  // Gives a row to its partition.
  struct Put {
    PartitionStore* store = nullptr;
    int partition_bits = 0;

    void operator()(std::uint64_t hash, const StoredKey& key, const V& value) const {
      store->add_bare(partition_of(hash, partition_bits), Packed::max_bytes(key),
                      [&](char* to) { return Packed::write(to, key, value); });
    }
  };

  // When the table is about to grow, at the latest; before that so often that long keys do not become too many.
  [[nodiscard]] std::size_t next_look() const {
    constexpr std::size_t n_batched = 64;
    constexpr std::size_t n_between = 8192;
    return std::min(table_->capacity() - n_batched, table_->n_keys() + n_between);
  }

  void look_at_table() {
    constexpr std::size_t n_about_to_come = 64;
    table_->flush();
    const bool must_grow = table_->n_keys() + n_about_to_come >= table_->capacity();
    if (must_grow && table_->n_bytes() >= options_.cache_bytes && combines_little()) {
      make_store();
      empty_table();
      table_ = std::make_unique<Table>(*op_);
      hot_ = std::make_unique<HotRows<K, V, Op>>(*op_);
      return;
    }
    const std::size_t n_most = table_->n_keys_within(options_.table_bytes);
    if (table_->n_bytes() > options_.table_bytes ||
        (must_grow && n_most < table_->n_keys() + table_->n_keys() / 2)) {
      make_store();
      const std::size_t n_keys = table_->n_keys();
      empty_table();
      if (n_keys < table_->capacity() / 2) {  // keys were longer than those before
        table_->shrink(n_keys);
      }
    } else if (must_grow) {
      table_->grow(n_most);
    }
    n_keys_to_look_at_ = next_look();
  }

  // Whether, since the table was last that full, most records have brought a key of their own.
  [[nodiscard]] bool combines_little() {
    const std::uint64_t n_records = n_records_ - std::exchange(n_records_before_, n_records_);
    const std::uint64_t n_keys = table_->n_keys() - std::exchange(n_keys_before_, table_->n_keys());
    constexpr double least_share = 0.25;
    return static_cast<double>(n_keys) > least_share * static_cast<double>(n_records);
  }

  void make_store() {
    if (!store_) {
      store_ = std::make_unique<PartitionStore>(
          PartitionStore::Options{.n_partitions = std::size_t{1} << options_.partition_bits,
                                  .memory = options_.store_bytes,
                                  .tmp = options_.tmp,
                                  .largest_block = std::size_t{16} << 10,
                                  .hand_over = hand_over()});
      put_ = {store_.get(), options_.partition_bits};
    }
  }

  [[nodiscard]] std::function<bool(std::size_t, std::span<const char>)> hand_over() const {
    if (options_.early == nullptr) {
      return {};
    }
    return [early = options_.early](std::size_t partition, std::span<const char> block) {
      return early->take(partition, block);
    };
  }

  // All rows that are not in the store.
  template <class Visit>
  void for_each_here(Visit&& visit) const {
    for_each_row(table_->rows(), [&](const Row<V>& row) {
      if (row.is_used()) {
        visit(row.key.hash(), row.key, row.value);
      }
    });
    if (hot_) {
      hot_->for_each(visit);
    }
  }
  void empty_table() {
    table_->flush();
    for_each_row(table_->rows(), [&](const Row<V>& row) {
      if (row.is_used()) {
        put_(row.key.hash(), row.key, row.value);
      }
    });
    table_->clear();
    n_keys_before_ = 0;
    n_records_before_ = n_records_;
  }
  void add_table(const Table& other) {
    table_->reserve(other.n_keys());
    for_each_row(other.rows(), [&](const Row<V>& row) {
      if (row.is_used()) {
        table_->add(HashedKey{row.key, row.key.hash()}, row.value);
      }
    });
    table_->flush();
    n_keys_to_look_at_ = next_look();
  }

  std::unique_ptr<const Op> op_;  // a lambda can be moved, but not assigned
  CombineOptions options_;
  std::unique_ptr<Table> table_;  // large, and moved
  std::unique_ptr<HotRows<K, V, Op>> hot_;
  std::unique_ptr<PartitionStore> store_;
  Put put_;
  std::size_t n_keys_to_look_at_ = 0;
  std::uint64_t n_records_ = 0;
  // When `combines_little` was last asked.
  std::uint64_t n_records_before_ = 0;
  std::uint64_t n_keys_before_ = 0;
};

}  // namespace serried::mapreduce::detail
