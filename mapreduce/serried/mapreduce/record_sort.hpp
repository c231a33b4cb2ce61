/// Sorts records of any number, larger than memory, with the same bytes for any number of ranks, threads and any memory.
///
///     auto sorted = sort_records(stage, ByteOrder(), Equals::all_stay, "by bytes");
///     sorted.write(output, "\n");
///
/// Sample sort: a sample of the input cuts the order into partitions of some megabytes; every thread puts the records that it
/// reads into its PartitionStore; partitions that came out too large are cut again. Then, round by round, each rank gets some
/// whole partitions, sorts them in memory and writes them. Equal records stay in the order of the input.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/record_order.hpp>
#include <serried/mapreduce/sorted_partition.hpp>
#include <serried/mapreduce/sorted_records.hpp>
#include <serried/mapreduce/spill_file.hpp>
#include <serried/mapreduce/splitters.hpp>
#include <serried/mapreduce/stage.hpp>
#include <serried/mapreduce/stored_records.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>

namespace serried::mapreduce {

namespace detail {

// Collective: what a partition should have, so that a thread sorts it in its cache and within its share of the memory.
[[nodiscard]] inline std::uint64_t partition_bytes(const TextSource& source) {
  constexpr std::uint64_t largest = std::uint64_t{16} << 20;
  constexpr std::uint64_t smallest = std::uint64_t{64} << 10;
  const auto n_threads = static_cast<std::uint64_t>(source.n_threads());
  const std::uint64_t wanted = std::clamp(source.options().memory / 12 / n_threads, smallest, largest);
  return mpi::allreduce_value(source.comm(), wanted, mpi::min);
}

// Collective: how many partitions the input should be cut into, as far as its size is known. A thread fills a block of 4 KiB
// at least for each of them.
[[nodiscard]] inline std::size_t n_partitions_for(const TextSource& source, std::uint64_t n_bytes,
                                                  std::uint64_t bytes_each) {
  constexpr std::uint64_t bytes_of_one = std::uint64_t{32} << 10;
  constexpr std::uint64_t smallest = std::uint64_t{256} << 10;
  constexpr std::uint64_t n_each = 4;  // of a thread, so that none has much more than the others
  const std::uint64_t n_threads =
      mpi::allreduce_value(source.comm(), static_cast<std::uint64_t>(source.n_threads()), std::plus<>{});
  const std::uint64_t n_most =
      source.options().memory / 2 / static_cast<std::uint64_t>(source.n_threads()) / bytes_of_one;
  const std::uint64_t n_by_size =
      (n_bytes + n_bytes / 4) / bytes_each + 1;  // headers and lengths, and chance
  const std::uint64_t n_by_threads = std::min(n_each * n_threads, n_bytes / smallest + 1);
  const std::uint64_t wanted =
      std::min(std::max(n_by_size, n_by_threads), std::max<std::uint64_t>(n_most, 1));
  return mpi::allreduce_value(source.comm(), wanted, mpi::min);
}

}  // namespace detail

/// Collective: the records of `stage`, which are text, sorted by `order`. Equal records stay in the order of the input.
/// `purpose` says by what order, in one line: a checkpoint of another is refused. Throws the same serried::Error on all
/// ranks.
template <Stage S, RecordOrder Order>
requires std::convertible_to<typename S::Record, std::string_view>
[[nodiscard]] SortedRecords<Order> sort_records(const S& stage, const Order& order, Equals equals,
                                                const std::string& purpose) {
  const std::shared_ptr<const TextSource>& source = stage.source();
  const mpi::Communicator& comm = source->comm();
  const std::uint64_t memory =
      source->options().memory / 2 / static_cast<std::uint64_t>(source->n_threads()) / stage.n_sources();

  mpi::together(comm, [&] { SpillFile::try_folder(source->options().tmp); });

  // A cut of the order, by what is here and there in the files.
  const std::uint64_t bytes_each = detail::partition_bytes(*source);
  const std::size_t n_wanted = detail::n_partitions_for(*source, stage.n_bytes_known(), bytes_each);
  Sample sample;
  mpi::together(comm, [&] {
    if (n_wanted > 1) {
      stage.sample_blocks([&](std::uint64_t place, std::size_t n_most, auto&& each) {
        std::size_t n = 0;
        each([&](std::string_view record) {
          if (n++ < n_most) {
            sample.add_for<Order>(record, place);
          }
        });
      });
    }
  });
  const auto splitters =
      Splitters<Order>::of_samples(comm, order, sample, n_wanted, equals == Equals::all_stay);

  using Stored = detail::StoredRecords<Order>;
  const PartitionStore::Options options{
      .n_partitions = splitters.n_partitions(), .memory = memory, .tmp = source->options().tmp};
  auto parts = stage.for_each_block(
      "sort 1 " + purpose, [&] { return Stored(order, splitters, equals, options); },
      [&](Stored& stored, const RecordBlock& block, auto&& each) {
        Position position{block.place, 0};
        each([&](std::string_view record) {
          stored.add(position, record);
          position.advance();
        });
        return std::uint64_t{position.ordinal};
      });
  const SourceCounts counts = source->counts_of(parts);
  std::vector<std::unique_ptr<PartitionStore>> stores;
  mpi::together(comm, [&] {
    for (auto& part : parts) {
      stores.push_back(std::move(part.part).take_store());
    }
  });
  return SortedRecords<Order>(source, order, equals, std::move(stores), splitters, bytes_each, counts);
}

}  // namespace serried::mapreduce
