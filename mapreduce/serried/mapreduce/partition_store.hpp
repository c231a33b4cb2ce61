/// Records on their way to a sort, partition by partition: in memory as long as there is room, then on disk.
///
///     PartitionStore store({.n_partitions = 64, .memory = 256 << 20});
///     store.add(partition, {.place = place, .ordinal = i}, record);
///     store.for_each_block(partition, [&](std::span<const char> block) {
///       for_each_chunk(block, [&](const Chunk& chunk) { … });
///     });
///
/// A chunk is a header and records, each a 32-bit length and its bytes; a block is chunks one after the other. Blocks can be
/// sent and stored as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <serried/mapreduce/block_pool.hpp>
#include <serried/mapreduce/spill_file.hpp>

namespace serried::mapreduce {

/// Where a record was in the input: positions sort as the input does.
struct Position {
  std::uint64_t place = 0;    ///< of the block of input that it was in (TextBlock::place)
  std::uint32_t ordinal = 0;  ///< within that block
  [[nodiscard]] bool is_before(const Position& other) const noexcept {
    return place != other.place ? place < other.place : ordinal < other.ordinal;
  }
  /// To the next record of the block. Throws after 2^32.
  void advance() {
    if (++ordinal == 0) [[unlikely]] {
      throw_too_many();
    }
  }

 private:
  [[noreturn]] static void throw_too_many();
};

/// Records of one block of input and one partition, in the order of the input.
struct ChunkHeader {
  std::uint64_t place = 0;
  std::uint32_t first = 0;  ///< where its records are in relation to those of other chunks of the same place
  std::uint32_t n_records = 0;
  std::uint64_t n_bytes = 0;  ///< of the records that follow
};
struct Chunk {
  ChunkHeader header;
  std::span<const char> records;
};

/// Calls `visit(const Chunk&)` for each chunk of `block`.
template <class Visit>
void for_each_chunk(std::span<const char> block, Visit&& visit) {
  while (!block.empty()) {
    Chunk chunk;
    std::memcpy(&chunk.header, block.data(), sizeof chunk.header);
    chunk.records = block.subspan(sizeof chunk.header, chunk.header.n_bytes);
    visit(chunk);
    block = block.subspan(sizeof chunk.header + chunk.header.n_bytes);
  }
}

/// Calls `visit(std::string_view)` for each of `records`.
template <class Visit>
void for_each_record(std::span<const char> records, Visit&& visit) {
  for (const char* next = records.data(); next != records.data() + records.size();) {
    std::uint32_t size = 0;
    std::memcpy(&size, next, sizeof size);
    visit(std::string_view(next + sizeof size, size));
    next += sizeof size + size;
  }
}

/// The chunks of `block`, which comes from elsewhere: throws if it is not made of them.
[[nodiscard]] std::vector<Chunk> checked_chunks(std::span<const char> block);

/// Puts chunks into the order of the input.
void sort_by_place(std::vector<Chunk>& chunks);

/// Of one thread.
class PartitionStore {
 public:
  struct Options {
    std::size_t n_partitions = 1;
    std::size_t n_filled = 0;                            ///< of them, about, if not all
    std::size_t memory = std::size_t{1} << 28;           ///< bytes that may be held before some go to disk
    std::string tmp{};                                   ///< see SpillFile
    std::size_t largest_block = std::size_t{256} << 10;  ///< what is not full wastes memory
    /// Is offered the chunks of a block that is full; true if it has taken them, so that they are not here any more.
    std::function<bool(std::size_t partition, std::span<const char> block)> hand_over{};
  };
  explicit PartitionStore(const Options& options);

  /// Records of one place must come in the order of their ordinals. Throws if `record` is longer than 2^31 bytes.
  void add(std::size_t partition, const Position& position, std::string_view record) {
    Open& to = open_[partition];
    const std::size_t n_bytes = sizeof(std::uint32_t) + record.size();
    if (to.place != position.place || to.room() < n_bytes) [[unlikely]] {
      open_chunk(partition, position, n_bytes);
    }
    const auto size = static_cast<std::uint32_t>(record.size());
    std::memcpy(to.next, &size, sizeof size);
    std::memcpy(to.next + sizeof size, record.data(), record.size());
    to.next += n_bytes;
    ++to.n_records;
  }

  /// A record as `write(char* to)` writes it, without a length: it returns the end of what it has written, of at most `n_most`
  /// bytes. Such records are for those who know their lengths; all of them are of one place.
  template <class Write>
  void add_bare(std::size_t partition, std::size_t n_most, Write&& write) {
    Open& to = open_[partition];
    if (to.place != 0 || to.room() < n_most) [[unlikely]] {
      open_chunk(partition, {}, n_most);
    }
    to.next = write(to.next);
    ++to.n_records;
  }

  /// Adds chunks, whose places must not be those of others here.
  void add_chunks(std::size_t partition, std::span<const char> block);
  /// Adds all that `other`, which has as many partitions, has; no place may be in both. After its `finish`.
  void absorb(const PartitionStore& other);

  [[nodiscard]] std::size_t n_partitions() const noexcept { return partitions_.size(); }
  /// What for_each_block gives for it, in bytes.
  [[nodiscard]] std::uint64_t n_bytes(std::size_t partition) const;
  [[nodiscard]] std::uint64_t n_bytes() const;
  /// Bytes of memory for blocks.
  [[nodiscard]] std::uint64_t n_held() const { return n_held_; }
  /// Bytes written to disk.
  [[nodiscard]] std::uint64_t n_spilled() const noexcept { return spill_.n_stored(); }

  /// Calls `visit(std::span<const char>)` for each block of a partition, in the order in which they were added.
  template <class Visit>
  void for_each_block(std::size_t partition, Visit&& visit) const {
    std::vector<char> bytes;
    for (const SpillFile::Piece& piece : partitions_[partition].spilled) {
      spill_.read(piece, bytes);
      visit(std::span<const char>(bytes));
    }
    for_each_held_block(partition, visit);
  }
  /// The same in two parts: `bytes` becomes the blocks that are on disk, one after the other, and then come those in memory,
  /// which stay where they are.
  void read_spilled(std::size_t partition, std::vector<char>& bytes) const;
  template <class Visit>
  void for_each_held_block(std::size_t partition, Visit&& visit) const {
    for (const Block& block : partitions_[partition].blocks) {
      if (block.size > 0) {
        visit(std::span<const char>(block.bytes, block.size));
      }
    }
  }

  /// Ends what was added so far: to be called before anything is read.
  void finish();
  /// Puts all of it on disk and gives its memory back. After `finish`.
  void spill_all();
  /// Forgets a partition. Different ones by different threads. After `finish`.
  void drop(std::size_t partition);

 private:
  struct Block {
    char* bytes = nullptr;        // of the pool, or
    std::unique_ptr<char[]> own;  // for a record that is longer than its blocks
    std::size_t size = 0;         // without the chunk that is open
    std::size_t capacity = 0;
  };
  // What every record needs of its partition: little, for there are many partitions and a cache is small.
  struct Open {
    static constexpr std::uint64_t none = ~std::uint64_t{0};

    char* next = nullptr;        // in the last block
    char* end = nullptr;         // of that
    std::uint64_t place = none;  // of the chunk that is open
    std::uint32_t n_records = 0;

    [[nodiscard]] std::size_t room() const noexcept { return static_cast<std::size_t>(end - next); }
  };
  struct Partition {
    char* chunk = nullptr;  // that is open
    std::uint32_t first = 0;
    std::vector<Block> blocks;
    std::vector<SpillFile::Piece> spilled;
    std::uint64_t n_bytes_spilled = 0;
  };

  void open_chunk(std::size_t partition, const Position& position, std::size_t n_bytes);
  void close_chunk(std::size_t partition);
  void add_block(std::size_t partition, std::size_t n_bytes);
  [[nodiscard]] bool empties_block(std::size_t partition, std::size_t n_bytes);
  void spill_full_blocks();
  void spill(Partition& partition, std::vector<Block> blocks);

  [[nodiscard]] BlockPool make_pool() const;
  void shrink_buffers();

  std::size_t memory_;
  std::size_t block_bytes_;
  std::size_t n_held_ = 0;  // capacity of all blocks, while records are added
  BlockPool pool_;
  std::vector<Open> open_;  // of each partition
  std::vector<Partition> partitions_;
  SpillFile spill_;
  std::vector<char> spill_buffer_;
  std::function<bool(std::size_t, std::span<const char>)> hand_over_;
};

}  // namespace serried::mapreduce
