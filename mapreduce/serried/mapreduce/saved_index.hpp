/// The index of a file of saved records (saved_file.hpp), made of what every block of records knows of its pieces. Part of
/// saved_output.hpp.
///
/// A piece that lies within a block is in the index as soon as that block is written. The first and the last piece of a block
/// may have records of other blocks, on other ranks; rank 0 puts these together, for checksums can be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <serried/mapreduce/saved_file.hpp>

namespace serried::mapreduce::detail {

/// What one block has of one piece.
struct PieceShare {
  std::uint64_t place = 0;  ///< of the block
  std::uint64_t piece = 0;
  std::uint64_t begin = 0;  ///< offset of the first of these records
  std::uint64_t n_bytes = 0;
  std::uint64_t n_records = 0;
  std::uint32_t crc = 0;
  bool is_first_of_block = false;
};

/// Takes pieces, of which the first is number `first`, to where the index will be.
using PutPieces = std::function<void(std::uint64_t first, std::span<SavedPiece> pieces)>;

/// Of a block whose records begin at `begin`, while they are written.
class BlockPieces {
 public:
  BlockPieces(std::uint64_t place, std::uint64_t begin) : place_(place), at_(begin) {}

  /// Whether the next record begins another piece than the last one, at the offset behind the bytes that were added and
  /// `n_not_added` more.
  [[nodiscard]] bool begins_piece(std::uint64_t n_not_added) const noexcept {
    return shares_.empty() || (at_ + n_not_added) / saved_piece_bytes != shares_.back().piece;
  }
  void begin_piece();
  void count_record() { ++shares_.back().n_records; }
  /// Bytes of the piece that was begun last.
  void add(std::span<const char> bytes);

  /// Puts what lies between the block's first and last piece, and appends these two to `shared`.
  void finish(const PutPieces& put, std::vector<PieceShare>& shared) const;

 private:
  std::uint64_t place_;
  std::uint64_t at_;
  std::vector<PieceShare> shares_;
};

/// Puts the pieces that `shared` of all blocks have, those without a record between blocks and behind the last one, and what ends
/// the index. Records end at `end`.
void put_shared_pieces(std::vector<PieceShare> shared, std::uint64_t end, std::uint64_t n_records,
                       const PutPieces& put);

}  // namespace serried::mapreduce::detail
