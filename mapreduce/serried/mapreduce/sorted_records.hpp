/// Partitions of records, each of which is sorted, once, when it is written. Part of record_sort.hpp.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/partition.hpp>
#include <serried/job/stop_checks.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/partitioned_records.hpp>
#include <serried/mapreduce/record_format.hpp>
#include <serried/mapreduce/record_order.hpp>
#include <serried/mapreduce/sorted_partition.hpp>
#include <serried/mapreduce/splitters.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/report/timed_phase.hpp>
#include <serried/store/output.hpp>

namespace serried::mapreduce {

namespace detail {

template <class Order>
[[nodiscard]] std::vector<bool> parts_equals_of(const Splitters<Order>& splitters) {
  std::vector<bool> parts_equals;
  for (std::size_t i = 0; i < splitters.n_partitions(); ++i) {
    parts_equals.push_back(splitters.parts_equals(i));
  }
  return parts_equals;
}

}  // namespace detail

/// Records that have been cut into partitions; what is left is to sort each of them, once, when they are written. Move-only.
template <RecordOrder Order>
class SortedRecords {
 public:
  struct Written {
    std::uint64_t n_records = 0;
    std::uint64_t n_bytes = 0;
  };

  /// Collective. For sort_records: `stores` of this rank hold records in partitions cut by `splitters`, which should have
  /// `bytes_each`.
  SortedRecords(std::shared_ptr<const TextSource> source, const Order& order, Equals equals,
                PartitionedRecords::Stores stores, const Splitters<Order>& splitters,
                std::uint64_t bytes_each, const SourceCounts& counts)
      : source_(std::move(source)),
        order_(order),
        equals_(equals),
        records_(source_->nodes(),
                 {.memory = source_->options().memory,
                  .round_bytes = source_->options().memory / 12,
                  .bytes_each = bytes_each,
                  .tmp = source_->options().tmp},
                 std::move(stores), splitters.n_partitions(), detail::parts_equals_of(splitters)),
        counts_(counts),
        texts_(static_cast<std::size_t>(source_->n_threads())) {
    const job::StopChecks stop(source_->options().job.checkpoint, "while sorting what was read");
    records_.cut_large_ones(stop, [&](const Partition& partition, std::size_t n_wanted) {
      return Cut(order_, splitters_within(partition, n_wanted));
    });
  }

  [[nodiscard]] const SourceCounts& source_counts() const { return counts_; }

  /// Collective: the records in order, as `format` (record_format.hpp) has them. To a file, which is committed, or to a
  /// stream. Returns what was written by all ranks. Throws on all ranks if it cannot be written.
  template <class Format>
  requires(!std::convertible_to<Format, std::string_view>) Written
      write(store::Output& output, const Format& format) {
    return std::visit([&](auto& kind) { return write(kind, format); }, output);
  }
  /// The same for the records as they are, with `end` behind each.
  Written write(store::Output& output, std::string_view end) { return write(output, RecordAndEnd{end}); }

  template <class Format>
  Written write(store::OutputFile& output, const Format& format) {
    Written all;
    for_each_round([&](std::uint64_t, Sorted sorted) {
      std::vector<std::uint64_t> offsets;
      const Written here = place(sorted, format, offsets);
      const auto everywhere = mpi::allgather_value(comm(), here.n_bytes);
      const auto before = everywhere.begin() + comm().rank();
      const std::uint64_t begin = std::accumulate(everywhere.begin(), before, all.n_bytes);
      mpi::together(comm(), [&] {
        for_each_on_threads(source_->n_threads(), sorted.size(), [&](std::size_t i, std::size_t thread) {
          std::uint64_t offset = begin + offsets[i];
          for_each_text(sorted[i], format, texts_[thread], [&](std::span<const char> text) {
            output.local_write_at(offset, text);
            offset += text.size();
          });
        });
      });
      all.n_bytes = std::accumulate(everywhere.begin(), everywhere.end(), all.n_bytes);
      all.n_records += mpi::allreduce_value(comm(), here.n_records, std::plus<>{});
    });
    output.commit(all.n_bytes);
    return all;
  }

  template <class Format>
  Written write(store::OrderedOutput& output, const Format& format) {
    Written here;
    for_each_round([&](std::uint64_t, Sorted sorted) {
      std::vector<std::uint64_t> offsets;
      const Written more = place(sorted, format, offsets);
      here.n_bytes += more.n_bytes;
      here.n_records += more.n_records;
      output.write([&](const store::OrderedOutput::Put& put) {
        for (const auto& partition : sorted) {
          for_each_text(partition, format, texts_[0], put);
        }
      });
    });
    return {.n_records = mpi::allreduce_value(comm(), here.n_records, std::plus<>{}),
            .n_bytes = mpi::allreduce_value(comm(), here.n_bytes, std::plus<>{})};
  }

  using Sorted = std::span<const detail::SortedPartition<Order>>;

  /// Collective, once, instead of writing. Calls `visit(first, Sorted)` in each round, in which every rank has the next few
  /// partitions, numbers `first`, first + 1, …: those of rank 0, then those of rank 1, …
  template <class Visit>
  void for_each_round(Visit&& visit) {
    expects(!std::exchange(is_written_, true), "records are written once");
    const report::TimedPhase phase(source_->record(), comm(), "sort");
    const job::StopChecks stop(source_->options().job.checkpoint, "while sorting what was read");
    records_.for_each_round(Deal::in_turn, stop, [&](Range mine) {
      if (sorted_.size() < mine.size()) {
        sorted_.resize(mine.size());
      }
      mpi::together(comm(), [&] {
        for_each_on_threads(source_->n_threads(), mine.size(), [&](std::size_t i, std::size_t) {
          std::vector<std::vector<char>> from_disk;
          sorted_[i].assign(records_.chunks_of(mine.begin + i, from_disk), order_, equals_);
          records_.drop(mine.begin + i);
        });
      });
      visit(mine.begin, Sorted(sorted_).first(mine.size()));
    });
    std::vector<detail::SortedPartition<Order>>().swap(sorted_);
    phase.finish(source_->n_threads());
  }

  /// Whether records of partition `i` may compare equal to some of the one before. Local.
  [[nodiscard]] bool parts_equals(std::size_t i) const {
    return i < records_.n_partitions() && records_.partition(i).parts_equals;
  }

  /// Bytes that this rank has put on disk. Local.
  [[nodiscard]] std::uint64_t n_spilled() const { return records_.n_spilled(); }

 private:
  using Partition = PartitionedRecords::Partition;

  // How one partition becomes several.
  class Cut {
   public:
    Cut(const Order& order, Splitters<Order> splitters) : order_(&order), splitters_(std::move(splitters)) {}

    [[nodiscard]] std::size_t n_partitions() const { return splitters_.n_partitions(); }
    [[nodiscard]] bool parts_equals(std::size_t i) const { return splitters_.parts_equals(i); }
    void cut(const Chunk& chunk, PartitionStore& store, std::size_t first) const {
      Position position{chunk.header.place, chunk.header.first};
      for_each_record(chunk.records, [&](std::string_view record) {
        const std::size_t i = splitters_.partition_of(order_->prefix(record), record, position.place);
        store.add(first + i, position, record);
        ++position.ordinal;
      });
    }
    static void finish(PartitionStore& /*store*/, std::size_t /*first*/) {}

   private:
    const Order* order_;
    Splitters<Order> splitters_;
  };

  [[nodiscard]] const mpi::Communicator& comm() const { return source_->comm(); }

  // Collective.
  [[nodiscard]] Splitters<Order> splitters_within(const Partition& partition, std::size_t n_wanted) {
    constexpr std::size_t n_samples_each = 64;
    const std::uint64_t stride = partition.n_bytes / (n_wanted * n_samples_each) + 1;
    Sample sample;
    mpi::together(comm(), [&] {
      std::uint64_t n_since = stride / 2;
      records_.for_each_chunk_here(partition, [&](const Chunk& chunk) {
        for_each_record(chunk.records, [&](std::string_view record) {
          n_since += record.size() + 1;
          if (n_since >= stride) {
            n_since %= stride;
            sample.template add_for<Order>(record, chunk.header.place);
          }
        });
      });
    });
    return Splitters<Order>::of_samples(comm(), order_, sample, n_wanted, equals_ == Equals::all_stay);
  }

  // Where each of this rank's partitions begins in what it writes in this round.
  template <class Format>
  [[nodiscard]] Written place(Sorted sorted, const Format& format, std::vector<std::uint64_t>& offsets) {
    std::vector<std::uint64_t> sizes(sorted.size());
    mpi::together(comm(), [&] {
      for_each_on_threads(source_->n_threads(), sorted.size(),
                          [&](std::size_t i, std::size_t) { sizes[i] = format.n_bytes(sorted[i]); });
    });
    Written here;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      offsets.push_back(here.n_bytes);
      here.n_bytes += sizes[i];
      here.n_records += sorted[i].n_records();
    }
    return here;
  }

  // The records by `format`, in pieces of about a megabyte.
  template <class Format, class Put>
  static void for_each_text(const detail::SortedPartition<Order>& sorted, const Format& format,
                            std::vector<char>& text, Put&& put) {
    constexpr std::size_t text_bytes = std::size_t{1} << 20;
    text.clear();
    sorted.for_each([&](std::string_view record) {
      format.append(text, record);
      if (text.size() >= text_bytes) {
        put(std::span<const char>(text));
        text.clear();
      }
    });
    if (!text.empty()) {
      put(std::span<const char>(text));
    }
  }

  std::shared_ptr<const TextSource> source_;
  Order order_;
  Equals equals_;
  PartitionedRecords records_;
  SourceCounts counts_;
  bool is_written_ = false;
  // Memory that every round uses again.
  std::vector<detail::SortedPartition<Order>> sorted_;
  std::vector<std::vector<char>> texts_;  // of the threads
};

}  // namespace serried::mapreduce
