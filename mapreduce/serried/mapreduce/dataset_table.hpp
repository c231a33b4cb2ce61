/// Stored records as a table in an HDF5 file, in their order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/hdf5/complete_file.hpp>
#include <serried/hdf5/file.hpp>
#include <serried/hdf5/table.hpp>
#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/indexed_stage.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>

namespace serried::mapreduce {

/// Collective: a file that holds one table, which appears complete or not at all. `fill(record, std::span<std::byte> row)` puts
/// a record into a row of zeros of `type`.
template <Encodable T, class Fill>
void write_table_file(const StoredBlocks& blocks, const std::string& path, const std::string& table,
                      const hdf5::RowType& type, const Fill& fill) {
  const mpi::Communicator& comm = blocks.source->comm();
  const std::vector<StoredBlocks::Index> mine = blocks.in_order();
  std::vector<char> buffer;

  // Which row each block begins with.
  std::vector<BlockCount> counts;
  mpi::together(comm, [&] {
    for (const StoredBlocks::Index& block : mine) {
      std::uint64_t n = 0;
      for_each_record(blocks.read(block, buffer), [&](std::string_view) { ++n; });
      counts.push_back({blocks.place(block), n});
    }
  });
  std::vector<BlockCount> all;
  mpi::allgather_ragged(comm, counts, all);
  std::ranges::sort(all, {}, &BlockCount::place);
  std::uint64_t n_rows = 0;
  for (BlockCount& count : all) {
    count.n_records = std::exchange(n_rows, n_rows + count.n_records);
  }

  const auto put = [&](const hdf5::File& file) {
    const hdf5::Table rows_of_all = file.create_table(table, type, n_rows);
    mpi::together(comm, [&] {
      std::vector<std::byte> rows;
      for (const StoredBlocks::Index& block : mine) {
        const auto first = std::ranges::lower_bound(all, blocks.place(block), {}, &BlockCount::place);
        rows.clear();
        for_each_record(blocks.read(block, buffer), [&](std::string_view record) {
          rows.resize(rows.size() + type.n_bytes);
          fill(decode_record<T>(record), std::span(rows).last(type.n_bytes));
        });
        rows_of_all.write(first->n_records, rows, type);
      }
    });
  };
  hdf5::write_complete_file(comm, path, put, {}, n_rows * type.n_bytes);
}

}  // namespace serried::mapreduce
