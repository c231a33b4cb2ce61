/// Stored records in order, in a file, on a stream or on one rank.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <serried/job/stop_checks.hpp>
#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/placed_blocks.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/report/timed_phase.hpp>
#include <serried/store/output.hpp>

namespace serried::mapreduce {

/// Writes stored blocks in the order of their places; `format` as record_format.hpp has it. Used once.
template <class Format>
class DatasetOutput {
 public:
  /// Local.
  DatasetOutput(const StoredBlocks& blocks, const Format& format)
      : blocks_(blocks), format_(format), mine_(blocks.in_order()) {}

  /// Collective. A file is committed. Throws on all ranks if it cannot be written.
  void write(store::Output& output) {
    const report::TimedPhase phase(blocks_.source->record(), comm(), "write");
    const job::StopChecks stop(blocks_.source->options().job.checkpoint, "while writing what was read");
    all_ = detail::place_blocks(blocks_, mine_, [&](std::span<const char> bytes) {
      stop.check();
      return format_.n_bytes(detail::BlockRecords{bytes});
    });
    std::visit([&](auto& kind) { write(kind, stop); }, output);
    phase.finish(blocks_.source->n_threads());
  }

 private:
  [[nodiscard]] const mpi::Communicator& comm() const { return blocks_.source->comm(); }

  void write(store::OutputFile& file, const job::StopChecks& stop) {
    detail::BlockOffsets offsets = detail::offsets_of(all_, comm().rank());
    detail::for_each_block_here(blocks_, mine_, [&](std::size_t i, std::span<const char> bytes) {
      detail::put_text(bytes, format_, [&](std::span<const char> text) {
        stop.check();
        file.local_write_at(offsets.here[i], text);
        offsets.here[i] += text.size();
      });
    });
    file.commit(offsets.end);
  }

  // Blocks that follow one another on one rank at once.
  void write(store::OrderedOutput& output, const job::StopChecks& /*stop*/) {
    std::size_t next_here = 0;
    std::vector<char> buffer;
    for (std::size_t begin = 0; begin < all_.size();) {
      std::size_t end = begin + 1;
      while (end < all_.size() && all_[end].rank == all_[begin].rank) {
        ++end;
      }
      output.write([&](const store::OrderedOutput::Put& put) {
        for (std::size_t i = begin; i < end && all_[begin].rank == comm().rank(); ++i) {
          detail::put_text(blocks_.read(mine_[next_here++], buffer), format_, put);
        }
      });
      begin = end;
    }
  }

  const StoredBlocks& blocks_;
  Format format_;
  std::vector<StoredBlocks::Index> mine_;
  std::vector<detail::PlacedBlock> all_;
};

/// Local: `visit(record)` for this rank's records, in order.
template <Encodable T, class Visit>
void visit_records(const StoredBlocks& blocks, Visit&& visit) {
  std::vector<char> buffer;
  for (const StoredBlocks::Index& block : blocks.in_order()) {
    for_each_record(blocks.read(block, buffer),
                    [&](std::string_view record) { visit(decode_record<T>(record)); });
  }
}

/// Collective: the records of all ranks in order on `root`, nothing on the other ranks.
template <Encodable T>
[[nodiscard]] std::vector<OwnedOf<T>> collect_records(const StoredBlocks& blocks, int root) {
  const mpi::Communicator& comm = blocks.source->comm();
  struct Header {
    std::uint64_t place = 0;
    std::uint64_t n_bytes = 0;
  };
  std::vector<char> mine;
  mpi::together(comm, [&] {
    std::vector<char> buffer;
    for (const StoredBlocks::Index& block : blocks.in_order()) {
      const std::span<const char> bytes = blocks.read(block, buffer);
      const Header header{blocks.place(block), bytes.size()};
      detail::append_raw(mine, &header, sizeof header);
      detail::append_raw(mine, bytes.data(), bytes.size());
    }
  });
  const std::vector<char> all = mpi::gather_ragged(comm, mine, root);
  std::vector<OwnedOf<T>> records;
  mpi::together(comm, [&] {
    struct Found {
      std::uint64_t place = 0;
      std::span<const char> bytes;
    };
    std::vector<Found> found;
    for (const char* next = all.data(); next != all.data() + all.size();) {
      const auto header = detail::take_raw<Header>(next);
      found.push_back({header.place, {next, header.n_bytes}});
      next += header.n_bytes;
    }
    std::ranges::sort(found, {}, &Found::place);
    for (const Found& block : found) {
      for_each_record(block.bytes, [&](std::string_view record) {
        records.push_back(owned<T>(decode_record<T>(record)));
      });
    }
  });
  return records;
}

}  // namespace serried::mapreduce
