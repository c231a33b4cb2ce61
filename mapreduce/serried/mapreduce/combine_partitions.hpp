/// Partitions of the hash range that lie in the stores of all ranks, combined. Part of reduce.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <serried/job/stop_checks.hpp>
#include <serried/mapreduce/combined_rows.hpp>
#include <serried/mapreduce/hash_cut.hpp>
#include <serried/mapreduce/keyed_rows.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/packed_rows.hpp>
#include <serried/mapreduce/partition_table.hpp>
#include <serried/mapreduce/partitioned_records.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mapreduce/stored_rows.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>

namespace serried::mapreduce::detail {

/// Collective: what a partition of packed rows should have, so that a thread combines or sorts it in its cache.
[[nodiscard]] inline std::uint64_t packed_bytes_each(const TextSource& source) {
  constexpr std::uint64_t largest = std::uint64_t{1} << 20;
  constexpr std::uint64_t smallest = std::uint64_t{16} << 10;
  const auto n_threads = static_cast<std::uint64_t>(source.n_threads());
  const std::uint64_t wanted = std::clamp(source.options().memory / 32 / n_threads, smallest, largest);
  return mpi::allreduce_value(source.comm(), wanted, mpi::min);
}

/// Packed rows, of which half of the memory holds as many as it can.
template <Key K, class V>
[[nodiscard]] StoredRows<K, V> stored_rows_of(const TextSource& source) {
  return {source.n_threads(), source.options().memory / 2, source.options().tmp};
}

/// Beside stored rows.
[[nodiscard]] inline PartitionedRecords::Options rounds_of(const TextSource& source) {
  // More would only take fresh memory; less from each rank would be many small messages.
  constexpr std::uint64_t enough = std::uint64_t{4} << 20;
  constexpr std::uint64_t enough_of_rank = std::uint64_t{64} << 10;
  const auto n_ranks = static_cast<std::uint64_t>(source.comm().size());
  return {.memory = source.options().memory / 2,
          .round_bytes = std::min(source.options().memory / 24, std::max(enough, n_ranks * enough_of_rank)),
          .bytes_each = packed_bytes_each(source),
          .tmp = source.options().tmp};
}

/// Collective: `stores` of this rank have 2^partition_bits partitions each, the same number on all ranks.
template <Key K, class V, class Op>
[[nodiscard]] KeyedRows<K, V> combine_partitions(const TextSource& source, PartitionedRecords::Stores stores,
                                                 int partition_bits, const Op& op) {
  using Packed = PackedRows<K, V>;
  const mpi::Communicator& comm = source.comm();
  const job::StopChecks stop(source.options().job.checkpoint, "while combining what was read");
  PartitionedRecords records(source.nodes(), rounds_of(source), std::move(stores),
                             std::size_t{1} << partition_bits);
  records.cut_large_ones(stop, [&](const PartitionedRecords::Partition& partition, std::size_t n_wanted) {
    return HashCut<K, V, Op>(op, partition, n_wanted);
  });

  struct alignas(64) OfThread {
    explicit OfThread(const Op& op) : table(op) {}
    PartitionTable<K, V, Op> table;
    std::vector<std::vector<char>> from_disk;
  };
  std::vector<OfThread> threads;
  threads.reserve(static_cast<std::size_t>(source.n_threads()));
  for (int i = 0; i < source.n_threads(); ++i) {
    threads.emplace_back(op);
  }
  StoredRows<K, V> combined = stored_rows_of<K, V>(source);
  records.for_each_round(Deal::in_slices, stop, [&](Range mine) {
    const std::size_t first = combined.add_parts(mine.size());
    mpi::together(comm, [&] {
      for_each_on_threads(source.n_threads(), mine.size(), [&](std::size_t i, std::size_t thread) {
        auto& table = threads[thread].table;
        auto& from_disk = threads[thread].from_disk;
        const std::vector<Chunk> chunks = records.chunks_of(mine.begin + i, from_disk);
        std::size_t n_rows = 0;
        for (const Chunk& chunk : chunks) {
          n_rows += chunk.header.n_records;
        }
        table.begin(n_rows);
        for (const Chunk& chunk : chunks) {
          Packed::for_each(chunk.records,
                           [&](const HashedKey& hashed, const V& value) { table.add(hashed, value); });
        }
        combined.write(first + i, thread, table.n_keys(), [&](const auto& visit) { table.for_each(visit); });
        records.drop(mine.begin + i);
      });
    });
  });
  KeyedRows<K, V> result;
  result.stored = std::move(combined);
  return result;
}

}  // namespace serried::mapreduce::detail
