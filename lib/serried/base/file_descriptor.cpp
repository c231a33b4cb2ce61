#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

#include <serried/base/checked_cast.hpp>
#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>

namespace serried {
namespace {

// Linux moves at most 0x7ffff000 bytes a call; asking for less keeps every call whole.
constexpr std::size_t max_bytes_per_call = std::size_t{1} << 30;

// Calls `transfer(done, n)` until `total` bytes are done or it returns 0; interrupted calls are repeated. (A
// write of more than 0 bytes never returns 0 on Linux: it fails instead.) `offset` is that of the first byte,
// if it is known.
template <class Transfer>
std::size_t transfer_all(std::size_t total, const char* action, const std::string& path,
                         std::optional<std::uint64_t> offset, Transfer transfer) {
  std::size_t done = 0;
  while (done < total) {
    const ssize_t n = transfer(done, std::min(total - done, max_bytes_per_call));
    if (n == 0) {
      break;
    }
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      Error error = system_error(action, errno, path);
      throw offset ? std::move(error).at(path, *offset + done) : std::move(error);
    }
  }
  return done;
}

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      is_owned_(std::exchange(other.is_owned_, false)),
      path_(std::move(other.path_)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(is_owned_, other.is_owned_);
  std::swap(path_, other.path_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (is_owned_) {
    ::close(descriptor_);
  }
}

FileDescriptor FileDescriptor::open(const std::string& path, int flags, const std::string& action) {
  FileDescriptor file;
  constexpr mode_t mode = 0666;
  do {
    file.descriptor_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (file.descriptor_ < 0 && errno == EINTR);
  if (file.descriptor_ < 0) {
    throw system_error(action, errno, path);
  }
  file.is_owned_ = true;
  file.path_ = path;
  return file;
}

FileDescriptor FileDescriptor::own(int descriptor, std::string name) {
  FileDescriptor file = borrow(descriptor, std::move(name));
  file.is_owned_ = true;
  return file;
}

FileDescriptor FileDescriptor::borrow(int descriptor, std::string name) {
  FileDescriptor file;
  file.descriptor_ = descriptor;
  file.path_ = std::move(name);
  return file;
}

std::size_t FileDescriptor::read_at(std::uint64_t offset, std::span<char> buffer) const {
  return transfer_all(buffer.size(), "read", path_, offset, [&](std::size_t done, std::size_t n) {
    return ::pread(descriptor_, buffer.data() + done, n, checked_cast<off_t>(offset + done));
  });
}

std::size_t FileDescriptor::read(std::span<char> buffer) const {
  return transfer_all(buffer.size(), "read", path_, std::nullopt, [&](std::size_t done, std::size_t n) {
    return ::read(descriptor_, buffer.data() + done, n);
  });
}

std::size_t FileDescriptor::read_some(std::span<char> buffer) const {
  ssize_t n = 0;
  do {
    n = ::read(descriptor_, buffer.data(), std::min(buffer.size(), max_bytes_per_call));
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    throw system_error("read", errno, path_);
  }
  return static_cast<std::size_t>(n);
}

void FileDescriptor::write_at(std::uint64_t offset, std::span<const char> bytes) const {
  transfer_all(bytes.size(), "write", path_, offset, [&](std::size_t done, std::size_t n) {
    return ::pwrite(descriptor_, bytes.data() + done, n, checked_cast<off_t>(offset + done));
  });
}

void FileDescriptor::write(std::span<const char> bytes) const {
  transfer_all(bytes.size(), "write", path_, std::nullopt,
               [&](std::size_t done, std::size_t n) { return ::write(descriptor_, bytes.data() + done, n); });
}

void FileDescriptor::begin_sync(std::uint64_t offset, std::size_t n_bytes) const noexcept {
  // What fails here, `sync` will say.
  static_cast<void>(::sync_file_range(descriptor_, static_cast<off64_t>(offset),
                                      static_cast<off64_t>(n_bytes), SYNC_FILE_RANGE_WRITE));
}

void FileDescriptor::sync() const {
  if (::fsync(descriptor_) != 0) {
    throw system_error("sync", errno, path_);
  }
}

std::uint64_t FileDescriptor::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    throw system_error("stat", errno, path_);
  }
  return checked_cast<std::uint64_t>(status.st_size);
}

void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0) {
    ::fsync(descriptor);
    ::close(descriptor);
  }
}

}  // namespace serried
