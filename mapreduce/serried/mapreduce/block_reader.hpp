/// A split of a text, block by block, each made of whole records.
///
///     BlockReader reader(window_bytes);
///     reader.read(input, split, Separator::newline, [&](std::span<char> block) { … });
///
/// A record belongs to the split in which its first byte lies, so the first part of a split, up to the end of
/// the record that began before it, is skipped, and its last record is read to the end beyond it. The block
/// is in a window of fixed size that is used again and again; a record longer than the window makes it grow
/// to hold that record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <serried/mapreduce/inputs.hpp>
#include <serried/mapreduce/text.hpp>

namespace serried::mapreduce {

class BlockReader {
 public:
  /// `must_stop`: see open_stream.
  explicit BlockReader(std::size_t window_bytes, std::function<bool()> must_stop = {});

  /// Called with each block (which it may change; it is gone afterwards) and the bytes taken from the file
  /// since the last call, for progress. Returns false to stop early.
  using Visit = std::function<bool(std::span<char> block, std::uint64_t n_bytes_taken)>;

  /// Throws serried::Error with path and offset, as ByteStream::read does.
  void read(const Input& input, const Split& split, Separator separator, const Visit& visit);

  /// While a block is visited: of its first byte in the input, decompressed.
  [[nodiscard]] std::uint64_t block_offset() const { return block_offset_; }

 private:
  template <Separator separator>
  void read_records(const Input& input, const Split& split, const Visit& visit);

  std::vector<char> window_;
  std::uint64_t block_offset_ = 0;
  std::function<bool()> must_stop_;
};

}  // namespace serried::mapreduce
