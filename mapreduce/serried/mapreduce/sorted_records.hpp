/// Records cut into partitions, which every rank sorts and writes some of, round by round. Part of record_sort.hpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/base/parallel.hpp>
#include <serried/base/partition.hpp>
#include <serried/job/stop_signals.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/record_order.hpp>
#include <serried/mapreduce/sorted_partition.hpp>
#include <serried/mapreduce/splitters.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/report/timed_phase.hpp>
#include <serried/store/output.hpp>

namespace serried::mapreduce {

/// Records that have been cut into partitions; what is left is to sort each of them, once, when they are written. Move-only.
template <RecordOrder Order>
class SortedRecords {
  using Stores = std::vector<std::unique_ptr<PartitionStore>>;

 public:
  struct Written {
    std::uint64_t n_records = 0;
    std::uint64_t n_bytes = 0;
  };

  /// Collective. For sort_records: `stores` of this rank hold records in `n_partitions` each, which should have `bytes_each`.
  SortedRecords(std::shared_ptr<const TextSource> source, const Order& order, Equals equals, Stores stores,
                std::size_t n_partitions, std::uint64_t bytes_each, const SourceCounts& counts)
      : source_(std::move(source)),
        order_(order),
        equals_(equals),
        bytes_each_(bytes_each),
        counts_(counts),
        texts_(static_cast<std::size_t>(source_->n_threads())) {
    for (std::size_t i = 0; i < n_partitions; ++i) {
      partitions_.push_back({.level = 0, .index = i});
    }
    levels_.push_back(std::move(stores));
    measure();
    constexpr int max_levels = 4;  // records that compare equal and have one place cannot be parted
    for (int level = 1; level < max_levels && cut_again(); ++level) {
      measure();
    }
  }

  [[nodiscard]] const SourceCounts& source_counts() const { return counts_; }

  /// Collective: the records in order, each with `end` behind it. To a file, which is committed, or to a stream. Returns
  /// what was written by all ranks. Throws on all ranks if it cannot be written.
  Written write(store::Output& output, std::string_view end) {
    return std::visit([&](auto& kind) { return write(kind, end); }, output);
  }

  Written write(store::OutputFile& output, std::string_view end) {
    Written all;
    for_each_round([&](Sorted sorted) {
      std::vector<std::uint64_t> offsets;
      const Written here = place(sorted, end, offsets);
      const auto everywhere = mpi::allgather_value(comm(), here.n_bytes);
      const auto before = everywhere.begin() + comm().rank();
      const std::uint64_t begin = std::accumulate(everywhere.begin(), before, all.n_bytes);
      mpi::together(comm(), [&] {
        for_each_in_parallel(sorted.size(), [&](std::size_t i, std::size_t thread) {
          std::uint64_t offset = begin + offsets[i];
          for_each_text(sorted[i], end, texts_[thread], [&](std::span<const char> text) {
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

  Written write(store::OrderedOutput& output, std::string_view end) {
    Written here;
    for_each_round([&](Sorted sorted) {
      std::vector<std::uint64_t> offsets;
      const Written more = place(sorted, end, offsets);
      here.n_bytes += more.n_bytes;
      here.n_records += more.n_records;
      output.write([&](const store::OrderedOutput::Put& put) {
        for (const auto& partition : sorted) {
          for_each_text(partition, end, texts_[0], put);
        }
      });
    });
    return {.n_records = mpi::allreduce_value(comm(), here.n_records, std::plus<>{}),
            .n_bytes = mpi::allreduce_value(comm(), here.n_bytes, std::plus<>{})};
  }

  /// Bytes that this rank has put on disk. Local.
  [[nodiscard]] std::uint64_t n_spilled() const {
    std::uint64_t n = 0;
    for (const Stores& level : levels_) {
      for (const auto& store : level) {
        n += store->n_spilled();
      }
    }
    return n;
  }

 private:
  using Sorted = std::span<const detail::SortedPartition<Order>>;
  // A partition of the stores of a level: 0 is that of the first cut.
  struct Partition {
    std::size_t level = 0;
    std::size_t index = 0;
    std::uint64_t n_bytes = 0;       // over all ranks
    std::uint64_t n_bytes_most = 0;  // on the rank that has most of it
  };

  [[nodiscard]] const mpi::Communicator& comm() const { return source_->comm(); }
  [[nodiscard]] Stores& stores_of(const Partition& partition) { return levels_[partition.level]; }

  [[nodiscard]] std::uint64_t n_bytes_here(const Partition& partition) {
    std::uint64_t n = 0;
    for (const auto& store : stores_of(partition)) {
      n += store->n_bytes(partition.index);
    }
    return n;
  }

  // Collective.
  void measure() {
    std::vector<std::uint64_t> sizes;
    for (const Partition& partition : partitions_) {
      sizes.push_back(n_bytes_here(partition));
    }
    std::vector<std::uint64_t> most = sizes;
    mpi::allreduce(comm(), sizes, std::plus<>{});
    mpi::allreduce(comm(), most, mpi::max);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      partitions_[i].n_bytes = sizes[i];
      partitions_[i].n_bytes_most = most[i];
    }
  }

  // Collective: partitions that are far larger than they should be become several. False if there is none.
  bool cut_again() {
    const std::uint64_t half = source_->options().memory / 2;
    constexpr std::uint64_t bytes_of_one = std::uint64_t{32} << 10;  // a block of 4 KiB is an eighth of it
    std::vector<std::pair<Partition, Splitters<Order>>> cuts;
    std::vector<Partition> refined;
    std::size_t n_new = 0;
    for (const Partition& partition : partitions_) {
      const std::size_t n_wanted =
          std::min<std::uint64_t>(partition.n_bytes / bytes_each_ + 1,
                                  half / bytes_of_one - std::min<std::uint64_t>(n_new, half / bytes_of_one));
      if (partition.n_bytes <= 2 * bytes_each_ || n_wanted < 2) {
        refined.push_back(partition);
        continue;
      }
      Splitters<Order> splitters = splitters_within(partition, n_wanted);
      if (splitters.n_partitions() == 1) {
        refined.push_back(partition);
        continue;
      }
      for (std::size_t i = 0; i < splitters.n_partitions(); ++i) {
        refined.push_back({.level = levels_.size(), .index = n_new++});
      }
      cuts.emplace_back(partition, std::move(splitters));
    }
    if (cuts.empty()) {
      return false;
    }
    std::uint64_t held = 0;
    for (const Stores& level : levels_) {
      for (const auto& store : level) {
        held += store->n_held();
      }
    }
    const PartitionStore::Options options{.n_partitions = n_new,
                                          .memory = std::max(half - std::min(half, held), half / 4),
                                          .tmp = source_->options().tmp};
    Stores stores(1);
    mpi::together(comm(), [&] {
      stores[0] = std::make_unique<PartitionStore>(options);
      std::size_t first = 0;
      for (const auto& [partition, splitters] : cuts) {
        for_each_chunk_here(partition, [&, first, &by = splitters](const Chunk& chunk) {
          Position position{chunk.header.place, chunk.header.first};
          for_each_record(chunk.records, [&](std::string_view record) {
            const std::size_t i = by.partition_of(order_.prefix(record), record, position.place);
            stores[0]->add(first + i, position, record);
            ++position.ordinal;
          });
        });
        first += splitters.n_partitions();
        drop(partition);
      }
      stores[0]->finish();
    });
    levels_.push_back(std::move(stores));
    partitions_ = std::move(refined);
    return true;
  }

  // Collective.
  [[nodiscard]] Splitters<Order> splitters_within(const Partition& partition, std::size_t n_wanted) {
    constexpr std::size_t n_samples_each = 64;
    const std::uint64_t stride = partition.n_bytes / (n_wanted * n_samples_each) + 1;
    Sample sample;
    mpi::together(comm(), [&] {
      std::uint64_t n_since = stride / 2;
      for_each_chunk_here(partition, [&](const Chunk& chunk) {
        for_each_record(chunk.records, [&](std::string_view record) {
          n_since += record.size() + 1;
          if (n_since >= stride) {
            n_since %= stride;
            sample.add(record, chunk.header.place);
          }
        });
      });
    });
    return Splitters<Order>::of_samples(comm(), order_, sample, n_wanted, equals_ == Equals::all_stay);
  }

  template <class Visit>
  void for_each_chunk_here(const Partition& partition, Visit&& visit) {
    for (const auto& store : stores_of(partition)) {
      store->for_each_block(partition.index,
                            [&](std::span<const char> block) { for_each_chunk(block, visit); });
    }
  }

  void drop(const Partition& partition) {
    for (const auto& store : stores_of(partition)) {
      store->drop(partition.index);
    }
  }

  // Which partitions a rank gets in a round.
  struct Round {
    std::size_t first = 0;
    std::size_t n_each = 0;
    std::size_t n_partitions = 0;

    [[nodiscard]] Range of(std::size_t rank) const {
      const std::size_t begin = std::min(n_partitions, first + rank * n_each);
      return {begin, std::min(n_partitions, begin + n_each)};
    }
  };

  // Collective. Calls `visit(const Sorted&)` in each round, in which every rank has the next few partitions: those of rank
  // 0, then those of rank 1, …
  template <class Visit>
  void for_each_round(Visit&& visit) {
    expects(!std::exchange(is_written_, true), "records are written once");
    const report::TimedPhase phase(source_->record(), comm(), "sort");
    std::optional<job::StopSignals> signals;
    if (!source_->options().job.checkpoint.empty()) {
      signals.emplace();
    }
    const auto n_ranks = static_cast<std::size_t>(comm().size());
    Round round{.first = 0, .n_each = 0, .n_partitions = partitions_.size()};
    while (round.first < partitions_.size()) {
      round.n_each = n_each_from(round, n_ranks);
      throw_if_stopped();
      exchange(round);
      const Range mine = round.of(static_cast<std::size_t>(comm().rank()));
      if (sorted_.size() < mine.size()) {
        sorted_.resize(mine.size());
      }
      mpi::together(comm(), [&] {
        for_each_in_parallel(mine.size(), [&](std::size_t i, std::size_t) {
          sort_partition(partitions_[mine.begin + i], i, round.n_each);
        });
      });
      visit(Sorted(sorted_).first(mine.size()));
      round.first += round.n_each * n_ranks;
    }
    phase.finish(source_->n_threads());
  }

  // Collective: with a checkpoint, a signal ends the job here, too.
  void throw_if_stopped() const {
    const int signal = mpi::allreduce_value(comm(), job::StopSignals::received().value_or(0), mpi::max);
    if (signal != 0) {
      throw Error(std::string("stopped by ") + job::signal_name(signal) + " while sorting what was read")
          .at(source_->options().job.checkpoint)
          .hint("go on with --resume")
          .exit_code(ExitCode::resumable);
    }
  }

  // So many partitions for each rank that what any of them gets, which is there three times over while it is sorted, and what
  // any of them sends is within a twelfth of the memory.
  [[nodiscard]] std::size_t n_each_from(Round round, std::size_t n_ranks) const {
    const std::uint64_t limit = source_->options().memory / 12;
    const auto fits = [&] {
      std::uint64_t n_bytes_sent = 0;
      for (std::size_t rank = 0; rank < n_ranks; ++rank) {
        std::uint64_t n_bytes = 0;
        for (std::size_t i = round.of(rank).begin; i < round.of(rank).end; ++i) {
          n_bytes += partitions_[i].n_bytes;
          n_bytes_sent += partitions_[i].n_bytes_most;
        }
        if (n_bytes > limit || n_bytes_sent > 2 * limit) {
          return false;
        }
      }
      return true;
    };
    const std::size_t n_most = (partitions_.size() - round.first + n_ranks - 1) / n_ranks;
    for (round.n_each = 2; round.n_each <= n_most && fits(); ++round.n_each) {
    }
    return round.n_each - 1;
  }

  // Collective: what the other ranks hold of this rank's partitions: from each the sizes of all of these, and then their
  // blocks.
  void exchange(const Round& round) {
    const auto me = static_cast<std::size_t>(comm().rank());
    outgoing_.resize(static_cast<std::size_t>(comm().size()));
    mpi::together(comm(), [&] {
      for (std::size_t rank = 0; rank < outgoing_.size(); ++rank) {
        if (rank == me) {
          continue;
        }
        std::vector<std::uint64_t> sizes(round.n_each);
        const Range theirs = round.of(rank);
        for (std::size_t i = theirs.begin; i < theirs.end; ++i) {
          sizes[i - theirs.begin] = n_bytes_here(partitions_[i]);
        }
        std::vector<char>& message = outgoing_[rank];
        message.clear();
        const std::size_t header_bytes = sizes.size() * sizeof(std::uint64_t);
        message.reserve(header_bytes + std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}));
        const auto* const header = reinterpret_cast<const char*>(sizes.data());
        message.insert(message.end(), header, header + header_bytes);
        for (std::size_t i = theirs.begin; i < theirs.end; ++i) {
          for (const auto& store : stores_of(partitions_[i])) {
            store->for_each_block(partitions_[i].index, [&](std::span<const char> block) {
              message.insert(message.end(), block.begin(), block.end());
            });
          }
          drop(partitions_[i]);
        }
      }
    });
    const std::vector<std::span<const char>> messages(outgoing_.begin(), outgoing_.end());
    mpi::alltoall_ragged<char>(comm(), messages, received_);
  }

  // Number `i` of this rank's in a round.
  void sort_partition(const Partition& partition, std::size_t i, std::size_t n_each) {
    std::vector<Chunk> chunks;
    const auto keep = [&](const Chunk& chunk) { chunks.push_back(chunk); };
    std::vector<std::vector<char>> from_disk;
    for (const auto& store : stores_of(partition)) {
      store->read_spilled(partition.index, from_disk.emplace_back());
      for_each_chunk(from_disk.back(), keep);
      store->for_each_held_block(partition.index,
                                 [&](std::span<const char> block) { for_each_chunk(block, keep); });
    }
    for (const std::vector<char>& message : received_) {
      if (message.empty()) {
        continue;  // from this rank itself
      }
      std::vector<std::uint64_t> sizes(n_each);
      const std::size_t header_bytes = n_each * sizeof(std::uint64_t);
      std::memcpy(sizes.data(), message.data(), header_bytes);
      const auto before = std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(i),
                                          std::uint64_t{header_bytes});
      for_each_chunk(std::span(message).subspan(before, sizes[i]), keep);
    }
    sorted_[i].assign(std::move(chunks), order_, equals_);
    drop(partition);
  }

  // Calls work(i, thread) for i in [0, n) on this rank's threads.
  template <class Work>
  void for_each_in_parallel(std::size_t n, Work&& work) {
    std::atomic<std::size_t> next{0};
    const auto n_threads =
        static_cast<int>(std::min<std::size_t>(n, static_cast<std::size_t>(source_->n_threads())));
    on_threads(n_threads, [&](int thread) {
      for (std::size_t i = next++; i < n; i = next++) {
        work(i, static_cast<std::size_t>(thread));
      }
    });
  }

  // Where each of this rank's partitions begins in what it writes in this round.
  static Written place(Sorted sorted, std::string_view end, std::vector<std::uint64_t>& offsets) {
    Written here;
    for (const auto& partition : sorted) {
      offsets.push_back(here.n_bytes);
      here.n_bytes += partition.n_bytes() + partition.n_records() * end.size();
      here.n_records += partition.n_records();
    }
    return here;
  }

  // The records with `end` behind each, in pieces of about a megabyte.
  template <class Put>
  static void for_each_text(const detail::SortedPartition<Order>& sorted, std::string_view end,
                            std::vector<char>& text, Put&& put) {
    constexpr std::size_t text_bytes = std::size_t{1} << 20;
    text.clear();
    sorted.for_each([&](std::string_view record) {
      text.insert(text.end(), record.begin(), record.end());
      text.insert(text.end(), end.begin(), end.end());
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
  std::vector<Stores> levels_;
  std::vector<Partition> partitions_;  // in order
  std::uint64_t bytes_each_;
  SourceCounts counts_;
  bool is_written_ = false;
  // Memory that every round uses again.
  std::vector<std::vector<char>> outgoing_;
  std::vector<std::vector<char>> received_;
  std::vector<detail::SortedPartition<Order>> sorted_;
  std::vector<std::vector<char>> texts_;  // of the threads
};

}  // namespace serried::mapreduce
