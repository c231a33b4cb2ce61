#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string_view>

#include <fmt/format.h>

#include <serried/base/error.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/store/output_file.hpp>

namespace serried::store {
namespace {

namespace fs = std::filesystem;

// The file that `path` names in the end, whether it exists or not: renaming onto a symbolic link would
// replace the link.
std::string resolved(const std::string& path) {
  constexpr int max_links = 40;  // as Linux has it
  fs::path target = path;
  std::error_code ignored;  // what is wrong with the path shows when the file is made
  for (int n_links = 0; fs::is_symlink(target, ignored); ++n_links) {
    if (n_links == max_links) {
      throw system_error("write", ELOOP, path);
    }
    target = target.parent_path() / fs::read_symlink(target);
  }
  return target.string();
}

// What is in these folders are doors to something else, whatever they lead to: /dev/stdout may lead to a regular file, to
// which somebody else has written and will write.
bool is_special_here(const std::string& path) {
  if (path.starts_with("/dev/fd/") || path.starts_with("/dev/std") || path.starts_with("/proc/")) {
    return true;
  }
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// Where this fails, as on some file systems that know no permissions, the file has the usual ones.
void change_permissions(const FileDescriptor& file, mode_t permissions) {
  static_cast<void>(::fchmod(file.get(), permissions));
}

}  // namespace

bool is_partial_file(const std::string& path) {
  constexpr std::string_view mark = ".partial-";
  constexpr std::size_t n_digits = 8;
  if (path.size() < mark.size() + n_digits) {
    return false;
  }
  const std::string_view end = std::string_view(path).substr(path.size() - mark.size() - n_digits);
  return end.starts_with(mark) &&
         end.find_first_not_of("0123456789abcdef", mark.size()) == std::string_view::npos;
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) {
    ::unlink(path_.c_str());
  }
}

bool is_special_file(const mpi::Communicator& comm, const std::string& path) {
  return mpi::broadcast_value(comm, comm.is_root() && is_special_here(path));
}

OutputFile::OutputFile(const mpi::Communicator& comm, const std::string& path)
    : comm_(comm.dup()), path_(path) {
  mpi::on_root(comm_, [&] {
    if (path.empty()) {
      throw Error("cannot write: the output has no name");
    }
    if (is_special_here(path)) {
      throw Error("cannot replace: it is a device or a pipe").at(path);
    }
    path_ = resolved(path);
    struct stat before {};
    const bool exists = ::stat(path_.c_str(), &before) == 0;
    if (exists && S_ISDIR(before.st_mode)) {
      throw Error("cannot write: it is a directory").at(path);
    }
    partial_path_ = fmt::format("{}.partial-{:08x}", path_, std::random_device()());
    try {
      file_ = FileDescriptor::open(partial_path_, O_WRONLY | O_CREAT | O_EXCL, "create the output");
    } catch (const Error& error) {
      throw Error(error.problem()).at(path);  // the name that the user gave, not ours
    }
    partial_ = TemporaryFile(partial_path_);
    if (exists) {
      permissions_ = before.st_mode & (S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO);
      // Who may not read the old file may not read this one meanwhile; the other ranks must open it, even if it is to be
      // read-only.
      change_permissions(file_, (before.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)) | S_IRUSR | S_IWUSR);
    }
  });
  mpi::broadcast_resized(comm_, path_);
  mpi::broadcast_resized(comm_, partial_path_);
  mpi::together(comm_, [&] {
    if (!comm_.is_root()) {
      file_ = FileDescriptor::open(partial_path_, O_WRONLY, "open the output that rank 0 created");
    }
  });
}

void OutputFile::local_write_at(std::uint64_t offset, std::span<const char> bytes) const {
  file_.write_at(offset, bytes);
  // While the ranks go on working, the device does too: then `commit` has little to wait for.
  constexpr std::size_t worth_it = std::size_t{128} << 10;
  if (bytes.size() >= worth_it) {
    file_.begin_sync(offset, bytes.size());
  }
}

void OutputFile::commit(std::uint64_t n_bytes) {
  mpi::together(comm_, [&] {
    if (permissions_) {
      change_permissions(file_, *permissions_);
    }
    file_.sync();
  });
  mpi::on_root(comm_, [&] {
    if (const std::uint64_t size = file_.size(); size != n_bytes) {
      throw Error(fmt::format("wrote {} bytes, but the file has {}", n_bytes, size))
          .at(partial_path_)
          .hint("do all ranks see the same file system?");
    }
    if (std::rename(partial_path_.c_str(), path_.c_str()) != 0) {
      throw system_error("rename the finished output to its name", errno, path_);
    }
    partial_.keep();
    sync_folder_of(path_);
  });
}

}  // namespace serried::store
