/// Stored records in several files of a folder: write_parts.
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <serried/base/file_descriptor.hpp>
#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/on_threads.hpp>
#include <serried/mapreduce/partition_store.hpp>
#include <serried/mapreduce/placed_blocks.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/report/timed_phase.hpp>
#include <serried/store/output_folder.hpp>

namespace serried::mapreduce {

/// part-00000-of-00004.tsv: names sort as the parts do.
[[nodiscard]] std::string part_name(std::uint64_t part, std::uint64_t n_parts, const std::string& extension);

namespace detail {

// Records of a block that go to the same part, one behind the other.
struct PartRun {
  std::uint64_t place = 0;  // of the block
  std::uint64_t part = 0;
  std::uint64_t n_bytes = 0;  // as they will be written
  int rank = 0;
  std::uint64_t offset = 0;  // in the file of the part
};

// Calls `visit(part, records)` for each run of a block.
template <class PartOf, class Visit>
void for_each_run(std::span<const char> block, const PartOf& part_of, Visit&& visit) {
  std::size_t begin = 0;
  std::uint64_t part = 0;
  for_each_record(block, [&](std::string_view record) {
    const auto at = static_cast<std::size_t>(record.data() - block.data()) - sizeof(std::uint32_t);
    const std::uint64_t next = part_of(record);
    if (next != part && at > begin) {
      visit(part, block.subspan(begin, at - begin));
      begin = at;
    }
    part = next;
  });
  if (!block.empty()) {
    visit(part, block.subspan(begin));
  }
}

}  // namespace detail

/// Collective: `part_of(encoded record)`, below `n_parts`, says which file a record goes to, and grows within a block; in each file
/// records are in the order of their places, as `format` (record_format.hpp) has them. There is a file for each part, be it
/// empty. `folder` is committed.
template <class Format, class PartOf>
void write_part_files(const StoredBlocks& blocks, store::OutputFolder& folder, const Format& format,
                      std::uint64_t n_parts, const PartOf& part_of, const std::string& extension) {
  using detail::PartRun;
  const mpi::Communicator& comm = blocks.source->comm();
  const report::TimedPhase phase(blocks.source->record(), comm, "write");
  const std::vector<StoredBlocks::Index> mine = blocks.in_order();
  const auto path_of = [&](std::uint64_t part) {
    return folder.partial_path() + "/" + part_name(part, n_parts, extension);
  };

  std::vector<std::vector<PartRun>> runs_of(mine.size());
  detail::for_each_block_here(blocks, mine, [&](std::size_t i, std::span<const char> block) {
    detail::for_each_run(block, part_of, [&](std::uint64_t part, std::span<const char> records) {
      runs_of[i].push_back(
          {blocks.place(mine[i]), part, format.n_bytes(detail::BlockRecords{records}), comm.rank()});
    });
  });
  std::vector<PartRun> runs_here;
  for (const auto& runs : runs_of) {
    runs_here.insert(runs_here.end(), runs.begin(), runs.end());
  }
  std::vector<PartRun> all;
  mpi::allgather_ragged(comm, runs_here, all);
  std::ranges::sort(all, {}, [](const PartRun& run) { return std::tuple(run.part, run.place); });
  std::vector<std::uint64_t> n_bytes_of(n_parts);
  for (PartRun& run : all) {
    run.offset = std::exchange(n_bytes_of[run.part], n_bytes_of[run.part] + run.n_bytes);
  }
  std::erase_if(all, [&](const PartRun& run) { return run.rank != comm.rank(); });
  std::ranges::stable_sort(all, {}, &PartRun::place);  // and within a block by the part, as runs_of has them

  mpi::on_root(comm, [&] {
    for (std::uint64_t part = 0; part < n_parts; ++part) {
      (void)FileDescriptor::open(path_of(part), O_WRONLY | O_CREAT | O_EXCL, "create a part of the output");
    }
  });
  detail::for_each_block_here(blocks, mine, [&](std::size_t i, std::span<const char> block) {
    auto next = std::ranges::lower_bound(all, blocks.place(mine[i]), {}, &PartRun::place);
    detail::for_each_run(block, part_of, [&](std::uint64_t part, std::span<const char> records) {
      const auto file = FileDescriptor::open(path_of(part), O_WRONLY, "open a part of the output");
      if (next == all.end() || next->place != blocks.place(mine[i]) || next->part != part) {
        throw std::logic_error("the parts of a block do not grow");
      }
      std::uint64_t offset = next++->offset;
      detail::put_text(records, format, [&](std::span<const char> text) {
        file.write_at(offset, text);
        offset += text.size();
      });
    });
  });
  mpi::together(comm, [&] {
    std::set<std::uint64_t> parts_here;
    for (const PartRun& run : all) {
      parts_here.insert(run.part);
    }
    const std::vector<std::uint64_t> parts(parts_here.begin(), parts_here.end());
    for_each_on_threads(blocks.source->n_threads(), parts.size(), [&](std::size_t i, std::size_t) {
      FileDescriptor::open(path_of(parts[i]), O_WRONLY).sync();
    });
  });

  std::vector<store::OutputFolder::FileSize> files;
  for (std::uint64_t part = 0; part < n_parts; ++part) {
    files.push_back({part_name(part, n_parts, extension), n_bytes_of[part]});
  }
  folder.commit(files);
  phase.finish(blocks.source->n_threads());
}

}  // namespace serried::mapreduce
