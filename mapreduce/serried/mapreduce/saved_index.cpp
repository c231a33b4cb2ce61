#include <algorithm>
#include <tuple>

#include <serried/base/crc32c.hpp>
#include <serried/mapreduce/saved_index.hpp>

namespace serried::mapreduce::detail {

void BlockPieces::begin_piece() {
  shares_.push_back({.place = place_,
                     .piece = at_ / saved_piece_bytes,
                     .begin = at_,
                     .is_first_of_block = shares_.empty()});
}

void BlockPieces::add(std::span<const char> bytes) {
  at_ += bytes.size();
  if (!bytes.empty()) {
    PieceShare& share = shares_.back();
    share.n_bytes += bytes.size();
    share.crc = crc32c(std::as_bytes(bytes), share.crc);
  }
}

void BlockPieces::finish(const PutPieces& put, std::vector<PieceShare>& shared) const {
  if (shares_.empty()) {
    return;
  }
  shared.push_back(shares_.front());
  if (shares_.size() == 1) {
    return;
  }
  std::vector<SavedPiece> pieces;
  const std::uint64_t first = shares_.front().piece + 1;
  for (const PieceShare& share : std::span(shares_).subspan(1)) {
    pieces.resize(share.piece - first, {.begin = share.begin});  // no record begins in these
    pieces.push_back({share.begin, share.n_records, share.crc});
  }
  pieces.pop_back();
  put(first, pieces);
  shared.push_back(shares_.back());
}

void put_shared_pieces(std::vector<PieceShare> shared, std::uint64_t end, std::uint64_t n_records,
                       const PutPieces& put) {
  std::ranges::sort(shared, {}, [](const PieceShare& share) { return std::tuple(share.place, share.piece); });
  std::uint64_t next = 0;  // piece to come
  std::vector<SavedPiece> pieces;
  for (std::size_t i = 0; i < shared.size();) {
    const PieceShare& share = shared[i];
    SavedPiece piece{share.begin, 0, 0};
    for (; i < shared.size() && shared[i].piece == share.piece; ++i) {
      piece.n_records += shared[i].n_records;
      piece.crc = crc32c_of_both(piece.crc, shared[i].crc, shared[i].n_bytes);
    }
    pieces.clear();
    if (share.is_first_of_block) {
      pieces.resize(share.piece - next, {.begin = share.begin});
    }
    pieces.push_back(piece);
    put(share.piece + 1 - pieces.size(), pieces);
    next = share.piece + 1;
  }
  pieces.clear();
  pieces.resize(n_saved_pieces(end) - next, {.begin = end});
  pieces.push_back({end, n_records, 0});
  put(next, pieces);
}

}  // namespace serried::mapreduce::detail
