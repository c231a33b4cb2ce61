/// A folder of files that all ranks write and that appears under its name only when all of them are complete.
///
///     OutputFolder folder(world, "parts");            // new, or empty; fails at once if it cannot be made
///     …  write files below folder.partial_path() …    // any rank
///     folder.commit({{"a.tsv", n_bytes}, …});         // synced, sizes verified, renamed
///
/// The files are in a folder beside it, NAME.partial-XXXXXXXX, which is removed if the job fails with an exception that all
/// ranks see. If the job is killed or aborted that folder may stay, but never anything incomplete under NAME.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <serried/mpi/communicator.hpp>

namespace serried::store {

/// A folder that is removed, with all that is in it, with its object, unless it was kept. Move-only.
class TemporaryFolder {
 public:
  TemporaryFolder() = default;
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~TemporaryFolder();

  void keep() noexcept { path_.clear(); }

 private:
  std::string path_;  // empty: nothing to remove
};

/// Move-only. If it is destroyed before it was committed, the partial folder is removed.
class OutputFolder {
 public:
  /// Collective. Makes the folder beside `path`, or beside what the symbolic link `path` leads to. It will have the permissions
  /// of the empty folder that it replaces. Throws the same serried::Error on all ranks if that is impossible, or if `path` is
  /// a file, a folder that holds something, or a file system of its own.
  OutputFolder(const mpi::Communicator& comm, const std::string& path);

  struct FileSize {
    std::string name;
    std::uint64_t n_bytes = 0;
  };
  /// Collective. Every rank has synced what it wrote; `files`, of rank 0, are all that there is. Returns when the folder has its
  /// final name. Throws if the files are not these, or the name has been taken meanwhile.
  void commit(const std::vector<FileSize>& files);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Where the files are to be until `commit`.
  [[nodiscard]] const std::string& partial_path() const noexcept { return partial_path_; }

 private:
  mpi::Communicator comm_;
  std::string path_;
  std::string partial_path_;
  TemporaryFolder partial_;            // on rank 0
  std::optional<mode_t> permissions_;  // on rank 0, those of the folder that is replaced
};

}  // namespace serried::store
