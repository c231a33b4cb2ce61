/// All values of each key together, in the order of the input: what group_by_key makes.
///
///     visits.group_by_key().flat_map<Session>([](std::string_view user, auto& times, auto& emit) {
///       for (const std::uint64_t time : times) …
///     });
///
/// The records are sorted by their keys (record_sort.hpp), in bounded memory, and values are handed on one by one: a group may
/// be larger than memory. What the functions make comes in the order of the keys, the same bytes for any number of ranks and
/// threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/partition.hpp>
#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/encoded_order.hpp>
#include <serried/mapreduce/encoded_stage.hpp>
#include <serried/mapreduce/group_output.hpp>
#include <serried/mapreduce/group_values.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/record_sort.hpp>
#include <serried/mapreduce/shared_groups.hpp>
#include <serried/mapreduce/sorted_partition.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mpi/agree.hpp>

namespace serried::mapreduce::detail {

struct AllAreHeads {
  template <class Item>
  constexpr bool operator()(const Item&) const noexcept {
    return true;
  }
};

/// `S::Record` is KeyValue<K, V>.
template <Stage S>
class GroupedRecords {
  using Item = typename S::Record;
  using Order = EncodedOrder<Item, AscendingKey>;
  using Partition = SortedPartition<Order>;
  using GroupKey = ViewOf<decltype(Item::key)>;

 public:
  explicit GroupedRecords(const S& stage)
      : source_(stage.source()),
        sorted_(sort_records(EncodedStage<S>(stage), order_, Equals::all_stay,
                             "groups of " + detail::order_name<Item, AscendingKey>(Equals::all_stay))) {}

  /// Collective, once: `function(key, values, emit)` for each group. A group of which the order was cut amid it is brought to one
  /// rank, unless it has records for which `is_head(record)` is false: they must come after those for which it is true, and
  /// `function` is called for each part of them, wherever it is, with all heads before it.
  template <Encodable Out, class Function, class IsHead = AllAreHeads>
  [[nodiscard]] DatasetStage<Out> flat_map(const Function& function, const IsHead& is_head = {}) {
    const auto n_threads = static_cast<std::size_t>(source_->n_threads());
    std::vector<BlockStore> stores;
    std::vector<BlockStore> aside;
    for (std::size_t i = 0; i < n_threads; ++i) {
      stores.emplace_back(memory_for_blocks(*source_), source_->options().tmp);
      aside.emplace_back(memory_for_blocks(*source_) / 4, source_->options().tmp);
    }
    std::vector<GroupPart> shared;
    const auto put_aside = [&](const Partition& partition, const Range& records, std::uint64_t place,
                               std::size_t thread) {
      GroupPart part =
          store_group(partition, records, place, aside[thread], block_bytes_of_parts(*source_), is_head);
      part.thread = thread;
      const std::scoped_lock lock(mutex_);
      shared.push_back(std::move(part));
    };
    std::uint64_t n_partitions = 0;
    sorted_.for_each_round([&](std::uint64_t first, std::span<const Partition> partitions) {
      n_partitions = std::max<std::uint64_t>(n_partitions, first + partitions.size());
      in_parallel(partitions.size(), [&](std::size_t i, std::size_t thread) {
        GroupOutput<Out> output(stores[thread], zone_place(first + i, Zone::inside));
        visit_partition(first + i, partitions[i], output, function, [&](const Range& records, Zone zone) {
          put_aside(partitions[i], records, zone_place(first + i, zone), thread);
        });
        output.finish();
      });
    });
    const SharedGroups all_shared(*source_, std::move(shared), aside, is_same_key);
    in_parallel(all_shared.groups().size(), [&](std::size_t i, std::size_t thread) {
      const SharedGroup& group = all_shared.groups()[i];
      GroupOutput<Out> output(stores[thread], group.place());
      visit_shared(group, output, function);
      output.finish();
    });
    n_partitions = mpi::allreduce_value(source_->comm(), n_partitions, mpi::max);
    return DatasetStage<Out>(gather_blocks(source_, std::move(stores), zone_place(n_partitions, Zone::head)));
  }

  [[nodiscard]] const std::shared_ptr<const TextSource>& source() const { return source_; }

 private:
  using Sorted = SortedRecords<Order>;

  static decltype(auto) key_of(std::string_view record) { return decode_record<Item>(record).key; }
  // As the sort sees it, which tells 0.0 from -0.0.
  static bool is_same_group(std::string_view a, std::string_view b) {
    return Order(AscendingKey()).compare(a, b) == 0;
  }

  [[nodiscard]] static std::string encoded_key_of(std::string_view record) {
    std::vector<char> bytes;
    encode_record<GroupKey>(bytes, key_of(record));
    return {bytes.begin(), bytes.end()};
  }
  static bool is_same_key(std::string_view a, std::string_view b) {
    return EncodedOrder<GroupKey, Ascending>(ascending).compare(a, b) == 0;
  }

  // The records of a partition from `next` on that have the key of that one.
  class PartitionCursor {
   public:
    PartitionCursor(const Partition& partition, std::size_t& next)
        : partition_(&partition), next_(&next), first_(partition.record(next)) {}
    bool next(std::string_view& record) {
      if (*next_ == partition_->n_records()) {
        return false;
      }
      record = partition_->record(*next_);
      if (!is_same_group(first_, record)) {
        return false;
      }
      ++*next_;
      return true;
    }

   private:
    const Partition* partition_;
    std::size_t* next_;
    std::string_view first_;
  };

  // Groups that other partitions may have parts of are put aside.
  template <class Output, class Function, class PutAside>
  void visit_partition(std::uint64_t number, const Partition& partition, Output& output,
                       const Function& function, const PutAside& put_aside) {
    std::size_t next = 0;
    std::size_t end = partition.n_records();
    if (end > 0 && sorted_.parts_equals(number)) {
      next = end_of_group(partition, 0);
      put_aside(Range{0, next}, Zone::head);
    }
    if (next < end && sorted_.parts_equals(number + 1)) {
      const std::size_t last = end;
      end = begin_of_last_group(partition, next);
      put_aside(Range{end, last}, Zone::tail);
    }
    while (next < end) {
      const std::string_view first = partition.record(next);
      GroupValues<Item, PartitionCursor> values(PartitionCursor(partition, next));
      function(key_of(first), values, output);
      next = end_of_group(partition, next, first);
    }
  }

  template <class Output, class Function>
  void visit_shared(const SharedGroup& group, Output& output, const Function& function) {
    SharedGroup::Cursor first_cursor(group);
    std::string_view first;
    if (first_cursor.next(first)) {
      GroupValues<Item, SharedGroup::Cursor> values{SharedGroup::Cursor(group)};
      function(key_of(first), values, output);
    }
  }

  [[nodiscard]] static std::size_t end_of_group(const Partition& partition, std::size_t begin) {
    return end_of_group(partition, begin, partition.record(begin));
  }
  [[nodiscard]] static std::size_t end_of_group(const Partition& partition, std::size_t at,
                                                std::string_view first) {
    while (at < partition.n_records() && is_same_group(first, partition.record(at))) {
      ++at;
    }
    return at;
  }
  [[nodiscard]] static std::size_t begin_of_last_group(const Partition& partition, std::size_t begin) {
    std::size_t at = partition.n_records() - 1;
    while (at > begin && is_same_group(partition.record(at - 1), partition.record(at))) {
      --at;
    }
    return at;
  }

  template <class IsHead>
  [[nodiscard]] static GroupPart store_group(const Partition& partition, const Range& records,
                                             std::uint64_t place, BlockStore& store, std::size_t block_bytes,
                                             const IsHead& is_head) {
    GroupPart part{.key = encoded_key_of(partition.record(records.begin)),
                   .place = place,
                   .first_block = store.n_blocks()};
    std::vector<char> block;
    const auto finish_block = [&] {
      if (!block.empty()) {
        store.add(place++, block);
        part.n_bytes += block.size();
        block.clear();
      }
    };
    bool is_in_heads = true;
    for (std::size_t i = records.begin; i < records.end; ++i) {
      const std::string_view record = partition.record(i);
      if (is_in_heads && !is_head(decode_record<Item>(record))) {
        finish_block();
        part.n_heads = store.n_blocks() - part.first_block;
        is_in_heads = false;
      }
      append_record(block, record);
      if (block.size() >= block_bytes) {
        finish_block();
      }
    }
    finish_block();
    part.n_blocks = store.n_blocks() - part.first_block;
    if (is_in_heads) {
      part.n_heads = part.n_blocks;
    }
    return part;
  }

  // Collective: work(i, thread) for i in [0, n) on this rank's threads.
  template <class Work>
  void in_parallel(std::size_t n, const Work& work) {
    mpi::together(source_->comm(), [&] { for_each_on_threads(source_->n_threads(), n, work); });
  }

  std::shared_ptr<const TextSource> source_;
  Order order_{AscendingKey()};
  Sorted sorted_;
  std::mutex mutex_;  // of what is put aside
};

}  // namespace serried::mapreduce::detail

namespace serried::mapreduce {

template <Stage S>
class Pipeline;

/// What is to become of the records of a pipeline, key by key. Its operators are collective and read the pipeline; the
/// functions given to them are called by several threads at once, must not communicate, and see each key once, with all its
/// values, in the order of the input. Equal keys that are many cost no memory.
template <Stage S>
class Groups {
  using Item = typename S::Record;
  using K = decltype(Item::key);

 public:
  explicit Groups(S stage) : stage_(std::move(stage)) {}

  /// Each group becomes any number of records of type Out: `function(key, values, emit)` calls `emit(out)` for each. `values`
  /// can be gone through once, in a range-based for loop.
  template <Encodable Out, class Function>
  [[nodiscard]] auto flat_map(const Function& function) const {
    detail::GroupedRecords<S> groups(stage_);
    return Pipeline(groups.template flat_map<Out>(function));
  }

  /// Each group becomes one record: `function(key, values)`.
  template <class Out, class Function>
  [[nodiscard]] auto map(const Function& function) const {
    return flat_map<Out>([&](const auto& key, auto& values, auto& emit) { emit(function(key, values)); });
  }

  /// Each group becomes its key and what `add(sum, value)` returns for its last value, where sum is what it returned for the one
  /// before, and `start` for the first: in the order of the input, so that `add` need be neither associative nor commutative.
  template <class Sum, class Add>
  [[nodiscard]] auto fold_in_order(const Sum& start, const Add& add) const {
    using Out = KeyValue<ViewOf<K>, Sum>;
    return flat_map<Out>([&](const auto& key, auto& values, auto& emit) {
      Sum sum = start;
      for (const auto& value : values) {
        sum = add(std::move(sum), value);
      }
      emit(Out{key, std::move(sum)});
    });
  }

 private:
  S stage_;
};

}  // namespace serried::mapreduce
