/// A file that all ranks write together and that appears under its name only when it is complete.
///
///     OutputFile output(world, "counts.tsv");         // fails at once if the folder is not there
///     output.local_write_at(my_offset, bytes);        // any rank, any thread
///     output.commit(n_bytes_in_all);                  // synced, size verified, renamed
///
/// The data goes to a file beside it, NAME.partial-XXXXXXXX, which is removed if the job fails with an exception that
/// all ranks see. If the job is killed or aborted that file may stay, but never anything incomplete under NAME.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <serried/base/file_descriptor.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::store {

/// Collective: true on all ranks if `path`, as rank 0 sees it, is a device or a pipe, which cannot be
/// replaced by renaming (see OrderedOutput for these).
[[nodiscard]] bool is_special_file(const mpi::Communicator& comm, const std::string& path);

/// True if `path` ends like the partial file of an OutputFile. Local.
[[nodiscard]] bool is_partial_file(const std::string& path);

/// A file that is removed with its object, unless it was kept. Move-only.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFile& operator=(TemporaryFile&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~TemporaryFile();

  void keep() noexcept { path_.clear(); }

 private:
  std::string path_;  // empty: nothing to remove
};

/// Move-only. If it is destroyed before it was committed, the partial file is removed.
class OutputFile {
 public:
  /// Collective. Makes the file beside `path` (or beside what the symbolic link `path` points to). The new file has the
  /// permissions of the one that it replaces (until `commit` its owner may also read and write it), but the owner of this
  /// process. Throws the same serried::Error on all ranks if that is impossible, or if `path` is a directory, a device or a
  /// pipe.
  OutputFile(const mpi::Communicator& comm, const std::string& path);

  /// Local, thread-safe for different ranges. Throws serried::Error if the device is full or fails.
  void local_write_at(std::uint64_t offset, std::span<const char> bytes) const;

  /// Collective. Returns when the data of all ranks is on the device and the file has its final name. Throws
  /// if a rank's data cannot be synced or the file is not `n_bytes` long.
  void commit(std::uint64_t n_bytes);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Where the data is until `commit`, for libraries that open files themselves.
  [[nodiscard]] const std::string& partial_path() const noexcept { return partial_path_; }

 private:
  mpi::Communicator comm_;
  std::string path_;
  std::string partial_path_;
  FileDescriptor file_;
  TemporaryFile partial_;              // on rank 0
  std::optional<mode_t> permissions_;  // on rank 0, those of the file that is replaced
};

}  // namespace serried::store
