/// What a file of saved records is made of. Part of saved_records.hpp and saved_output.hpp.
///
///     header     mark, version, length and name of the type of the records, checksum of these
///     records    each a 32-bit length and its bytes (saved_type.hpp), in order
///     index      a SavedPiece for every 64 KiB of what is above, and one that ends it
///     trailer    where the index is, how many pieces and records there are, checksum of these, mark
///
/// Piece i is the records that begin in the i-th 64 KiB of the file. All numbers are little-endian, all checksums CRC32C. Every
/// byte is under one of them, so that nothing damaged is taken for records.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <serried/base/file_descriptor.hpp>
#include <serried/mapreduce/inputs.hpp>

namespace serried::mapreduce::detail {

inline constexpr std::uint64_t saved_piece_bytes = std::uint64_t{64} << 10;

struct SavedPiece {
  std::uint64_t begin = 0;  ///< offset of its first record, or of the next one if it has none
  std::uint64_t n_records = 0;
  std::uint32_t crc = 0;       ///< of its records, up to where the next piece begins
  std::uint32_t checksum = 0;  ///< of the number of the piece, and of what is above
};
struct SavedTrailer {
  std::uint64_t index_begin = 0;
  std::uint64_t n_pieces = 0;
  std::uint64_t n_records = 0;
  std::uint32_t checksum = 0;
  std::array<char, 12> mark{};
};
static_assert(sizeof(SavedPiece) == 24 && sizeof(SavedTrailer) == 40);

[[nodiscard]] std::string saved_header(std::string_view type_name);
/// How many pieces there are if records end at `end`.
[[nodiscard]] std::uint64_t n_saved_pieces(std::uint64_t end) noexcept;
/// Puts their checksums into pieces, of which the first is number `first`.
void seal(std::span<SavedPiece> pieces, std::uint64_t first) noexcept;
/// The bytes of a trailer for records that end at `end`.
[[nodiscard]] SavedTrailer saved_trailer(std::uint64_t end, std::uint64_t n_records) noexcept;

/// A file that is read. All functions are local and throw serried::Error with path and offset if the file is damaged.
class SavedFile {
 public:
  /// Opens it, and checks header and trailer.
  SavedFile(const Input& input, std::string_view type_name);

  [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
  [[nodiscard]] std::uint64_t n_pieces() const noexcept { return trailer_.n_pieces; }
  /// Pieces first to first + n - 1, and the one behind them.
  void read_index(std::uint64_t first, std::uint64_t n, std::vector<SavedPiece>& pieces) const;
  /// The records of `pieces`, which follow one another; the last one only ends them.
  void read_records(std::span<const SavedPiece> pieces, std::vector<char>& records) const;

 private:
  void check_header(std::string_view type_name) const;
  void read_trailer();
  void check_piece(const SavedPiece& piece, std::span<const char> records) const;
  void read_at(std::uint64_t offset, std::span<char> bytes) const;

  FileDescriptor file_;
  std::uint64_t size_;
  std::uint64_t begin_;  // of the records
  SavedTrailer trailer_;
};

}  // namespace serried::mapreduce::detail
