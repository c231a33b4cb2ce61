/// Where each of all ranks' blocks of records will be in what is written of them. Part of dataset_output.hpp, saved_output.hpp
/// and parts_output.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>

namespace serried::mapreduce::detail {

/// Encoded records, as what a format takes the size of.
struct BlockRecords {
  std::span<const char> bytes;

  template <class Visit>
  void for_each(Visit&& visit) const {
    for_each_record(bytes, visit);
  }
  [[nodiscard]] std::uint64_t n_records() const {
    std::uint64_t n = 0;
    for_each([&](std::string_view) { ++n; });
    return n;
  }
  [[nodiscard]] std::uint64_t n_bytes() const { return bytes.size() - n_records() * sizeof(std::uint32_t); }
};

/// Local: the text of encoded records by `format`, in pieces of about a megabyte.
template <class Format, class Put>
void put_text(std::span<const char> records, const Format& format, Put&& put) {
  constexpr std::size_t piece_bytes = std::size_t{1} << 20;
  std::vector<char> text;
  for_each_record(records, [&](std::string_view record) {
    format.append(text, record);
    if (text.size() >= piece_bytes) {
      put(std::span<const char>(text));
      text.clear();
    }
  });
  put(std::span<const char>(text));
}

/// Collective: `work(i, bytes)` for each block `mine[i]` of this rank, on all its threads.
template <class Work>
void for_each_block_here(const StoredBlocks& blocks, std::span<const StoredBlocks::Index> mine, Work&& work) {
  const int n_threads = blocks.source->n_threads();
  mpi::together(blocks.source->comm(), [&] {
    std::vector<std::vector<char>> buffers(static_cast<std::size_t>(n_threads));
    for_each_on_threads(n_threads, mine.size(), [&](std::size_t i, std::size_t thread) {
      work(i, blocks.read(mine[i], buffers[thread]));
    });
  });
}

struct PlacedBlock {
  std::uint64_t place = 0;
  std::uint64_t n_bytes = 0;  ///< as it will be written
  int rank = 0;
};

/// Collective: all ranks' blocks in order, `mine` being those of this rank; `measure(bytes)` says how long one will be.
template <class Measure>
[[nodiscard]] std::vector<PlacedBlock> place_blocks(const StoredBlocks& blocks,
                                                    std::span<const StoredBlocks::Index> mine,
                                                    const Measure& measure) {
  std::vector<PlacedBlock> here(mine.size());
  for_each_block_here(blocks, mine, [&](std::size_t i, std::span<const char> bytes) {
    here[i] = {blocks.place(mine[i]), measure(bytes), blocks.source->comm().rank()};
  });
  std::vector<PlacedBlock> all;
  mpi::allgather_ragged(blocks.source->comm(), here, all);
  std::ranges::sort(all, {}, &PlacedBlock::place);
  return all;
}

/// Where this rank's blocks begin if the first of all begins at `begin`, and where the last of all ends.
struct BlockOffsets {
  std::vector<std::uint64_t> here;
  std::uint64_t end = 0;
};
[[nodiscard]] inline BlockOffsets offsets_of(std::span<const PlacedBlock> all, int rank,
                                             std::uint64_t begin = 0) {
  BlockOffsets offsets{{}, begin};
  for (const PlacedBlock& block : all) {
    if (block.rank == rank) {
      offsets.here.push_back(offsets.end);
    }
    offsets.end += block.n_bytes;
  }
  return offsets;
}

}  // namespace serried::mapreduce::detail
