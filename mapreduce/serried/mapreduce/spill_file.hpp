/// What does not fit into memory, in a file without a name.
///
///     SpillFile file("/scratch");
///     const SpillFile::Piece piece = file.append(bytes);
///     file.read(piece, bytes_again);
///
/// Its name is removed as soon as it is open, so that nothing is left behind however the process ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <serried/base/file_descriptor.hpp>

namespace serried::mapreduce {

/// For one thread. Pieces are compressed (zstd) where that makes them smaller.
class SpillFile {
 public:
  /// Local. An empty `folder` is $TMPDIR, or /tmp. The file is made when the first piece comes; what goes wrong is an
  /// Error that names the folder.
  explicit SpillFile(std::string folder);

  /// Throws as the first piece would: what cannot be is found before the work.
  static void try_folder(const std::string& folder);

  struct Piece {
    std::uint64_t offset = 0;
    std::uint64_t n_stored = 0;  ///< bytes in the file
    std::uint64_t n_bytes = 0;
  };

  [[nodiscard]] Piece append(std::span<const char> bytes);
  /// `bytes` becomes what was appended.
  void read(const Piece& piece, std::vector<char>& bytes) const;

  /// Gives back the memory that `append` keeps for the next piece.
  void shrink() { compressed_ = {}; }

  /// Bytes in the file.
  [[nodiscard]] std::uint64_t n_stored() const noexcept { return n_stored_; }

 private:
  std::string folder_;
  FileDescriptor file_;
  std::uint64_t n_stored_ = 0;
  int n_to_skip_ = 0;  // pieces not to be compressed, as the last was not worth it
  std::vector<char> compressed_;
};

}  // namespace serried::mapreduce
