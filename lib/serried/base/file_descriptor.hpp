/// An open file that closes itself, with reads and writes that either do all of it or throw.
///
///     const FileDescriptor file = FileDescriptor::open(path, O_RDONLY);
///     const std::size_t n_bytes = file.read_at(offset, buffer);   // fewer only at the file's end
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace serried {

/// Move-only owner of a POSIX file descriptor. All errors are serried::Error with path and, where known,
/// offset.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  /// Opens `path` with the flags of open(2) (O_CLOEXEC is added) and, for a new file, mode 0666 less the
  /// umask. Where that fails, the message is "cannot ACTION: REASON".
  [[nodiscard]] static FileDescriptor open(const std::string& path, int flags,
                                           const std::string& action = "open");
  /// A descriptor of the caller's, which this object closes from now on.
  [[nodiscard]] static FileDescriptor own(int descriptor, std::string name);
  /// A descriptor that is open already, such as standard input: never closed by this object.
  [[nodiscard]] static FileDescriptor borrow(int descriptor, std::string name);

  /// Fills `buffer` from byte `offset` on; returns the bytes read, fewer than buffer.size() only at the end
  /// of file.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, std::span<char> buffer) const;
  /// Fills `buffer` as read_at does, from the current position on.
  [[nodiscard]] std::size_t read(std::span<char> buffer) const;
  /// From the current position, what is there: at least one byte unless the file has ended. For pipes.
  [[nodiscard]] std::size_t read_some(std::span<char> buffer) const;
  /// Writes all of `bytes`, at `offset` or at the current position.
  void write_at(std::uint64_t offset, std::span<const char> bytes) const;
  void write(std::span<const char> bytes) const;
  /// sync_file_range(2): the device is to begin with these bytes, which are written. Only a wish: does not replace `sync`.
  void begin_sync(std::uint64_t offset, std::size_t n_bytes) const noexcept;
  /// fsync(2): returns when the data is on the device.
  void sync() const;
  [[nodiscard]] std::uint64_t size() const;

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  int descriptor_ = -1;
  bool is_owned_ = false;
  std::string path_;
};

/// Returns when the name `path`, just made or changed, is on the device: syncs the folder that holds it. No error: a folder
/// that may be written but not read, or one that its file system cannot sync, has the name all the same, if not yet for
/// certain after a loss of power.
void sync_folder_of(const std::string& path);

}  // namespace serried
