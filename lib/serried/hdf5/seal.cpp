#include <fcntl.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <xxhash.h>

#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/hdf5/seal.hpp>

namespace serried::hdf5 {
namespace {

constexpr std::string_view mark = "\nserried-checkpoint xxh3-64 ";

std::string seal_of(std::uint64_t hash, std::uint64_t n_bytes) {
  return fmt::format("{}{:016x} of {:020} bytes\n", mark, hash, n_bytes);
}

const std::uint64_t seal_size = seal_of(0, 0).size();

// XXH3-64 of the file's first `n_bytes`.
std::uint64_t hash_of(const FileDescriptor& file, std::uint64_t n_bytes) {
  constexpr std::size_t piece_size = std::size_t{4} << 20;
  std::vector<char> piece(std::min<std::uint64_t>(piece_size, n_bytes));
  XXH3_state_t state;
  XXH3_INITSTATE(&state);
  XXH3_64bits_reset(&state);
  for (std::uint64_t done = 0; done < n_bytes;) {
    const std::size_t wanted = std::min<std::uint64_t>(piece_size, n_bytes - done);
    const std::size_t n = file.read_at(done, {piece.data(), wanted});
    if (n < wanted) {
      throw Error("became shorter while it was read").at(file.path(), done + n);
    }
    XXH3_64bits_update(&state, piece.data(), n);
    done += n;
  }
  return XXH3_64bits_digest(&state);
}

}  // namespace

std::uint64_t seal(const std::string& path) {
  const FileDescriptor file = FileDescriptor::open(path, O_RDWR);
  const std::uint64_t n_bytes = file.size();
  file.write_at(n_bytes, seal_of(hash_of(file, n_bytes), n_bytes));
  file.sync();
  return n_bytes + seal_size;
}

void verify_seal(const std::string& path) {
  const FileDescriptor file = FileDescriptor::open(path, O_RDONLY);
  const std::uint64_t size = file.size();
  const std::uint64_t n_bytes = size - std::min(size, seal_size);
  std::string found(size - n_bytes, '\0');
  found.resize(file.read_at(n_bytes, found));
  if (!found.starts_with(mark)) {
    throw Error("does not end in the checksum of a checkpoint: it is cut short, or something else")
        .at(path, n_bytes)
        .hint("use an earlier checkpoint, or remove it to start anew");
  }
  if (found != seal_of(hash_of(file, n_bytes), n_bytes)) {
    throw Error("is damaged: its bytes do not match the checksum at its end")
        .at(path)
        .hint("use an earlier checkpoint, or remove it to start anew");
  }
}

}  // namespace serried::hdf5
