/// Stored records as a file of saved records (saved_file.hpp), written by all ranks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/mapreduce/block_store.hpp>
#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/dataset.hpp>
#include <serried/mapreduce/placed_blocks.hpp>
#include <serried/mapreduce/saved_file.hpp>
#include <serried/mapreduce/saved_index.hpp>
#include <serried/mapreduce/saved_type.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/report/timed_phase.hpp>
#include <serried/store/output_file.hpp>

namespace serried::mapreduce {

/// Collective: the records of all ranks in the order of their places. `file` is committed.
template <Saveable T>
void write_saved(const StoredBlocks& blocks, store::OutputFile& file) {
  using namespace detail;
  constexpr std::size_t buffer_bytes = std::size_t{1} << 20;
  const mpi::Communicator& comm = blocks.source->comm();
  const report::TimedPhase phase(blocks.source->record(), comm, "save");
  const std::vector<StoredBlocks::Index> mine = blocks.in_order();
  const std::string header = saved_header(saved_type_name<T>());
  const auto append = [](std::vector<char>& saved, std::string_view record) {
    append_record(
        saved, [&](std::vector<char>& bytes) { encode_saved<ViewOf<T>>(bytes, decode_record<T>(record)); });
  };

  std::atomic<std::uint64_t> n_records_here{0};
  const std::vector<PlacedBlock> all = place_blocks(blocks, mine, [&](std::span<const char> block) {
    std::vector<char> saved;
    std::uint64_t n_bytes = 0;
    std::uint64_t n_records = 0;
    for_each_record(block, [&](std::string_view record) {
      saved.clear();
      append(saved, record);
      n_bytes += saved.size();
      ++n_records;
    });
    n_records_here += n_records;
    return n_bytes;
  });
  const BlockOffsets offsets = offsets_of(all, comm.rank(), header.size());
  const std::uint64_t n_records = mpi::allreduce_value(comm, n_records_here.load(), std::plus<>{});
  const PutPieces put = [&](std::uint64_t first, std::span<SavedPiece> pieces) {
    seal(pieces, first);
    file.local_write_at(offsets.end + first * sizeof(SavedPiece),
                        {reinterpret_cast<const char*>(pieces.data()), pieces.size_bytes()});
  };

  std::vector<std::vector<PieceShare>> shared_of(mine.size());
  for_each_block_here(blocks, mine, [&](std::size_t i, std::span<const char> block) {
    BlockPieces pieces(blocks.place(mine[i]), offsets.here[i]);
    std::uint64_t offset = offsets.here[i];
    std::vector<char> saved;
    std::size_t n_added = 0;  // of `saved`, to pieces
    const auto add = [&] {
      pieces.add(std::span<const char>(saved).subspan(std::exchange(n_added, saved.size())));
    };
    const auto write = [&] {
      add();
      file.local_write_at(offset, saved);
      offset += saved.size();
      saved.clear();
      n_added = 0;
    };
    for_each_record(block, [&](std::string_view record) {
      if (pieces.begins_piece(saved.size() - n_added)) {
        add();
        pieces.begin_piece();
      }
      append(saved, record);
      pieces.count_record();
      if (saved.size() >= buffer_bytes) {
        write();
      }
    });
    write();
    pieces.finish(put, shared_of[i]);
  });

  std::vector<PieceShare> shared;
  for (const auto& of_block : shared_of) {
    shared.insert(shared.end(), of_block.begin(), of_block.end());
  }
  shared = mpi::gather_ragged(comm, shared, 0);
  const SavedTrailer trailer = saved_trailer(offsets.end, n_records);
  const std::uint64_t trailer_begin = offsets.end + (trailer.n_pieces + 1) * sizeof(SavedPiece);
  mpi::on_root(comm, [&] {
    file.local_write_at(0, header);
    put_shared_pieces(std::move(shared), offsets.end, n_records, put);
    file.local_write_at(trailer_begin, {reinterpret_cast<const char*>(&trailer), sizeof trailer});
  });
  file.commit(trailer_begin + sizeof trailer);
  phase.finish(blocks.source->n_threads());
}

/// Throws a usage error if what is saved there could not be loaded again.
inline void expect_loadable_name(const std::string& path) {
  if (path == "-" || path.ends_with(".gz") || path.ends_with(".zst")) {
    throw usage_error(path + ": saved records are a file that is not compressed")
        .hint("give it another name");
  }
}

}  // namespace serried::mapreduce
