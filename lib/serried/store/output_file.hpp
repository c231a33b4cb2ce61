/// A file that all ranks write together and that appears under its name only when it is complete.
///
///     OutputFile output(world, "counts.tsv");         // fails at once if the folder is not there
///     output.local_write_at(my_offset, bytes);        // any rank, any thread
///     output.commit(n_bytes_in_all);                  // synced, size verified, renamed
///
/// The data goes to a file beside it, NAME.partial-XXXXXXXX, which is removed if the job fails. If the job is
/// killed that file may stay, but never anything incomplete under NAME.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <serried/base/file_descriptor.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::store {

/// True if `path` is something else than a regular file, or a link to one, and so cannot be replaced by
/// renaming: a device, a pipe. Local.
[[nodiscard]] bool is_special_file(const std::string& path);

/// Move-only.
class OutputFile {
 public:
  /// Collective. Makes the file beside `path` (or beside what the symbolic link `path` points to). Throws the
  /// same serried::Error on all ranks if that is impossible, or if `path` is a directory.
  OutputFile(const mpi::Communicator& comm, const std::string& path);
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = default;
  /// Removes the partial file if it was not committed.
  ~OutputFile();

  /// Local, thread-safe for different ranges. Throws serried::Error if the device is full or fails.
  void local_write_at(std::uint64_t offset, std::span<const char> bytes) const;

  /// Collective. Returns when the data of all ranks is on the device and the file has its final name. Throws
  /// if a rank's data cannot be synced or the file is not `n_bytes` long.
  void commit(std::uint64_t n_bytes);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::optional<mpi::Communicator> comm_;
  std::string path_;
  std::string partial_path_;
  FileDescriptor file_;
  bool is_owner_ = false;  // rank 0, until the file is committed
};

}  // namespace serried::store
