/// What a thread puts aside of what it reads, for a sort. Part of record_sort.hpp.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/recent_records.hpp>
#include <serried/mapreduce/record_order.hpp>
#include <serried/mapreduce/sorted_partition.hpp>
#include <serried/mapreduce/splitters.hpp>

namespace serried::mapreduce::detail {

// A job::Partial.
template <RecordOrder Order>
class StoredRecords {
 public:
  StoredRecords(const Order& order, const Splitters<Order>& splitters, Equals equals,
                const PartitionStore::Options& options)
      : order_(&order),
        splitters_(&splitters),
        store_(std::make_unique<PartitionStore>(options)),
        most_unsaved_(options.memory / 4) {
    if (equals == Equals::first_stays) {
      recent_.emplace(options.memory / 8);
    }
  }

  void add(const Position& position, std::string_view record) {
    if (recent_ && recent_->has_earlier(position, record)) {
      return;
    }
    store_->add(splitters_->partition_of(order_->prefix(record), record, position.place), position, record);
  }

  // What is saved is in memory as a whole.
  [[nodiscard]] bool wants_save() const { return store_->n_held() + store_->n_spilled() >= most_unsaved_; }
  void merge(StoredRecords&& other) {
    other.store_->finish();
    store_->absorb(*other.store_);
  }
  // All blocks, of whatever partition: a later run may cut the order elsewhere.
  void save(std::vector<std::byte>& bytes) const {
    store_->finish();
    for (std::size_t i = 0; i < store_->n_partitions(); ++i) {
      store_->for_each_block(i, [&](std::span<const char> block) {
        const auto* const first = reinterpret_cast<const std::byte*>(block.data());
        bytes.insert(bytes.end(), first, first + block.size());
      });
    }
  }
  // Records of one place come partition by partition. Those that compare equal were in one partition, so that their order is
  // that in which they come.
  void load(std::span<const std::byte> bytes) {
    std::vector<Chunk> chunks = checked_chunks({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    sort_by_place(chunks);
    Position position;
    for (const Chunk& chunk : chunks) {
      if (chunk.header.place != position.place) {
        position = {chunk.header.place, 0};
      }
      for_each_record(chunk.records, [&](std::string_view record) {
        add(position, record);
        ++position.ordinal;
      });
    }
  }

  [[nodiscard]] std::unique_ptr<PartitionStore> take_store() && {
    store_->finish();
    return std::move(store_);
  }

 private:
  const Order* order_;
  const Splitters<Order>* splitters_;
  std::unique_ptr<PartitionStore> store_;
  std::size_t most_unsaved_;
  std::optional<RecentRecords> recent_;
};

}  // namespace serried::mapreduce::detail
