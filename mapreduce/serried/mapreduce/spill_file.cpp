#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <zstd.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/spill_file.hpp>
#include <serried/report/moved_bytes.hpp>

namespace serried::mapreduce {
namespace {

std::string default_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

FileDescriptor open_nameless(const std::string& folder) {
  std::string path = folder + "/serried-spill-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    throw system_error("make a file for what does not fit into memory", errno, folder)
        .hint("name another folder with --tmp");
  }
  ::unlink(path.c_str());
  return FileDescriptor::own(descriptor, folder);
}

}  // namespace

SpillFile::SpillFile(std::string folder) : folder_(folder.empty() ? default_folder() : std::move(folder)) {}

void SpillFile::try_folder(const std::string& folder) {
  (void)open_nameless(folder.empty() ? default_folder() : folder);
}

SpillFile::Piece SpillFile::append(std::span<const char> bytes) {
  constexpr int level = 1;
  constexpr int n_skipped_after_failure = 15;
  if (file_.get() < 0) {
    file_ = open_nameless(folder_);
  }
  std::span<const char> stored = bytes;
  if (n_to_skip_ > 0) {
    --n_to_skip_;
  } else {
    compressed_.resize(ZSTD_compressBound(bytes.size()));
    const std::size_t n =
        ZSTD_compress(compressed_.data(), compressed_.size(), bytes.data(), bytes.size(), level);
    if (ZSTD_isError(n) == 0 && n < bytes.size() - bytes.size() / 16) {
      stored = std::span(compressed_).first(n);
    } else {
      n_to_skip_ = n_skipped_after_failure;
    }
  }
  try {
    file_.write_at(n_stored_, stored);
  } catch (Error& error) {
    throw std::move(error).hint("more room is needed there, or more --memory, or another folder with --tmp");
  }
  const Piece piece{.offset = n_stored_, .n_stored = stored.size(), .n_bytes = bytes.size()};
  n_stored_ += stored.size();
  report::moved_bytes().spilled += stored.size();
  return piece;
}

void SpillFile::read(const Piece& piece, std::vector<char>& bytes) const {
  const auto read_stored = [&](std::span<char> into) {
    if (file_.read_at(piece.offset, into) != into.size()) {
      throw Error("what was written there has become shorter").at(folder_);
    }
  };
  bytes.resize(piece.n_bytes);
  if (piece.n_stored == piece.n_bytes) {
    read_stored(bytes);
    return;
  }
  std::vector<char> stored(piece.n_stored);
  read_stored(stored);
  const std::size_t n = ZSTD_decompress(bytes.data(), bytes.size(), stored.data(), stored.size());
  if (ZSTD_isError(n) != 0 || n != bytes.size()) {
    throw Error("what was written there is damaged").at(folder_);
  }
}

}  // namespace serried::mapreduce
