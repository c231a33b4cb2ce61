/// Blocks of records that stay with the rank that has them, in memory as long as there is room, then on disk.
///
///     BlockStore store(64 << 20, tmp);
///     store.add(place, bytes);
///     store.read(0, buffer);          // the bytes of the first block
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/spill_file.hpp>

namespace serried::mapreduce {

/// Of one thread while blocks are added; many may read.
class BlockStore {
 public:
  /// `memory`: bytes that may be held before what comes goes to disk; `tmp`: see SpillFile.
  BlockStore(std::size_t memory, std::string tmp) : memory_(memory), spill_(std::move(tmp)) {}

  /// `place` is where the block is in the order of all blocks of all ranks.
  void add(std::uint64_t place, std::span<const char> bytes) {
    Block& block = blocks_.emplace_back();
    block.place = place;
    block.n_bytes = bytes.size();
    n_bytes_ += bytes.size();
    if (n_held_ + bytes.size() <= memory_) {
      block.held.assign(bytes.begin(), bytes.end());
      n_held_ += bytes.size();
    } else {
      block.piece = spill_.append(bytes);
      block.is_spilled = true;
    }
  }

  [[nodiscard]] std::size_t n_blocks() const { return blocks_.size(); }
  [[nodiscard]] std::uint64_t place(std::size_t i) const { return blocks_[i].place; }
  [[nodiscard]] std::uint64_t n_bytes(std::size_t i) const { return blocks_[i].n_bytes; }
  /// Adds all that `other` has, at the places that it has there.
  void absorb(const BlockStore& other) {
    std::vector<char> buffer;
    for (std::size_t i = 0; i < other.n_blocks(); ++i) {
      add(other.place(i), other.read(i, buffer));
    }
  }

  /// Bytes of all blocks, and those on disk.
  [[nodiscard]] std::uint64_t n_bytes() const { return n_bytes_; }
  [[nodiscard]] std::uint64_t n_spilled() const { return spill_.n_stored(); }

  /// The bytes of block `i`, in the store itself or in `buffer`.
  [[nodiscard]] std::span<const char> read(std::size_t i, std::vector<char>& buffer) const {
    const Block& block = blocks_[i];
    if (!block.is_spilled) {
      return block.held;
    }
    spill_.read(block.piece, buffer);
    return buffer;
  }

 private:
  struct Block {
    std::uint64_t place = 0;
    std::uint64_t n_bytes = 0;
    std::vector<char> held;
    SpillFile::Piece piece;
    bool is_spilled = false;
  };

  std::size_t memory_;
  std::size_t n_held_ = 0;
  std::uint64_t n_bytes_ = 0;
  std::vector<Block> blocks_;
  SpillFile spill_;
};

/// Appends a record to a block: its length, and its bytes by `encode(bytes)`, which appends to them.
template <std::invocable<std::vector<char>&> Encode>
void append_record(std::vector<char>& block, Encode&& encode) {
  const std::size_t at = block.size();
  block.resize(at + sizeof(std::uint32_t));
  encode(block);
  const std::uint32_t size = detail::encoded_size(block.size() - at - sizeof size);
  std::memcpy(block.data() + at, &size, sizeof size);
}

/// The same for a record that is bytes already.
inline void append_record(std::vector<char>& block, std::string_view record) {
  append_record(block,
                [&](std::vector<char>& bytes) { bytes.insert(bytes.end(), record.begin(), record.end()); });
}

}  // namespace serried::mapreduce
