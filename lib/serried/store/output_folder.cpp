#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <random>
#include <system_error>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/store/output_folder.hpp>

namespace serried::store {
namespace {

namespace fs = std::filesystem;

Error folder_error(const std::string& action, const std::error_code& reason, const std::string& path) {
  return system_error(action, reason.value(), path);
}

// The folder that `path` names in the end, without slashes behind it: the partial one is to be beside it, and renaming onto a
// symbolic link is no way to replace what it leads to.
fs::path resolved_folder(const std::string& path) {
  std::error_code reason;
  fs::path target = fs::weakly_canonical(fs::absolute(path), reason);
  if (reason) {
    throw folder_error("make the folder", reason, path);
  }
  if (!target.has_filename()) {
    target = target.parent_path();
  }
  if (fs::is_symlink(target)) {
    throw Error("cannot make the folder: it is a symbolic link that leads nowhere").at(path);
  }
  return target;
}

// Throws if `target` may not be replaced; its permissions if it is an empty folder, nothing if there is none.
std::optional<mode_t> permissions_to_keep(const fs::path& target, const std::string& path) {
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0) {
    return std::nullopt;  // what is wrong with the path shows when the folder is made
  }
  if (!S_ISDIR(status.st_mode)) {
    throw Error("cannot make the folder: there is a file of that name").at(path);
  }
  std::error_code reason;
  const bool is_empty = fs::is_empty(target, reason);
  if (reason) {
    throw folder_error("look into the folder", reason, path);
  }
  if (!is_empty) {
    throw Error("the folder is not empty").at(path).hint("name a new one, or remove what is in it");
  }
  struct stat parent {};
  if (::stat(target.parent_path().c_str(), &parent) != 0 || parent.st_dev != status.st_dev ||
      parent.st_ino == status.st_ino) {
    throw Error("cannot replace the folder: it is a file system of its own").at(path).hint("name one in it");
  }
  struct stat here {};
  if (::stat(".", &here) == 0 && here.st_dev == status.st_dev && here.st_ino == status.st_ino) {
    throw Error("cannot replace the folder in which the program runs").at(path).hint("name one in it");
  }
  return status.st_mode & (S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO);
}

void expect_files(const std::string& folder, const std::vector<OutputFolder::FileSize>& files) {
  for (const auto& [name, n_bytes] : files) {
    const std::string path = fmt::format("{}/{}", folder, name);
    std::error_code reason;
    const std::uint64_t size = fs::file_size(path, reason);
    if (reason) {
      throw folder_error("find what was written", reason, path);
    }
    if (size != n_bytes) {
      throw Error(fmt::format("wrote {} bytes, but the file has {}", n_bytes, size))
          .at(path)
          .hint("do all ranks see the same file system?");
    }
  }
  const auto n_files =
      static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  if (n_files != files.size()) {
    throw Error(fmt::format("wrote {} files, but the folder holds {}", files.size(), n_files)).at(folder);
  }
}

}  // namespace

TemporaryFolder::~TemporaryFolder() {
  if (!path_.empty()) {
    try {
      std::error_code ignored;  // nobody to tell
      fs::remove_all(path_, ignored);
    } catch (...) {  // out of memory
    }
  }
}

OutputFolder::OutputFolder(const mpi::Communicator& comm, const std::string& path)
    : comm_(comm.dup()), path_(path) {
  mpi::on_root(comm_, [&] {
    if (path.empty()) {
      throw Error("cannot write: the folder has no name");
    }
    const fs::path target = resolved_folder(path);
    permissions_ = permissions_to_keep(target, path);
    path_ = target.string();
    partial_path_ = fmt::format("{}.partial-{:08x}", path_, std::random_device()());
    if (::mkdir(partial_path_.c_str(), S_IRWXU | S_IRWXG | S_IRWXO) != 0) {
      throw system_error("make the folder", errno, path);  // the name that the user gave, not ours
    }
    partial_ = TemporaryFolder(partial_path_);
  });
  mpi::broadcast_resized(comm_, path_);
  mpi::broadcast_resized(comm_, partial_path_);
  mpi::together(comm_, [&] {
    std::error_code reason;
    if (!fs::is_directory(partial_path_, reason)) {
      throw Error("cannot find the folder that rank 0 has made")
          .at(partial_path_)
          .hint("do all ranks see the same file system?");
    }
  });
}

void OutputFolder::commit(const std::vector<FileSize>& files) {
  mpi::on_root(comm_, [&] {
    expect_files(partial_path_, files);
    sync_folder_of(partial_path_ + "/");
    if (permissions_) {
      static_cast<void>(
          ::chmod(partial_path_.c_str(), *permissions_));  // where there are none, it has the usual ones
    }
    if (std::rename(partial_path_.c_str(), path_.c_str()) != 0) {
      throw system_error("rename the finished folder to its name", errno, path_);
    }
    partial_.keep();
    sync_folder_of(path_);
  });
}

}  // namespace serried::store
