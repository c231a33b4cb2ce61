#include <algorithm>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/mapreduce/partition_store.hpp>

namespace serried::mapreduce {
namespace {

// Blocks that are being filled take an eighth of the memory at most.
std::size_t block_bytes_for(const PartitionStore::Options& options) {
  constexpr std::size_t smallest = std::size_t{4} << 10;
  const std::size_t n_filled = options.n_filled > 0 ? options.n_filled : options.n_partitions;
  return std::clamp(options.memory / 8 / n_filled, smallest, options.largest_block);
}

// Whether they are so many whole records.
bool are_records(std::span<const char> bytes, std::uint32_t n_records) {
  for (; n_records > 0; --n_records) {
    std::uint32_t size = 0;
    if (bytes.size() < sizeof size) {
      return false;
    }
    std::memcpy(&size, bytes.data(), sizeof size);
    if (bytes.size() - sizeof size < size) {
      return false;
    }
    bytes = bytes.subspan(sizeof size + size);
  }
  return bytes.empty();
}

}  // namespace

std::vector<Chunk> checked_chunks(std::span<const char> block) {
  std::vector<Chunk> chunks;
  while (!block.empty()) {
    Chunk& chunk = chunks.emplace_back();
    bool is_whole = block.size() >= sizeof chunk.header;
    if (is_whole) {
      std::memcpy(&chunk.header, block.data(), sizeof chunk.header);
      block = block.subspan(sizeof chunk.header);
      is_whole = block.size() >= chunk.header.n_bytes;
    }
    if (is_whole) {
      chunk.records = block.first(chunk.header.n_bytes);
      block = block.subspan(chunk.header.n_bytes);
    }
    if (!is_whole || !are_records(chunk.records, chunk.header.n_records)) {
      throw Error("saved records are no such").hint("were they written by another version of the program?");
    }
  }
  return chunks;
}

void sort_by_place(std::vector<Chunk>& chunks) {
  std::ranges::sort(chunks, [](const Chunk& a, const Chunk& b) {
    return a.header.place != b.header.place ? a.header.place < b.header.place
                                            : a.header.first < b.header.first;
  });
}

void Position::throw_too_many() {
  throw Error("one block of the input becomes more than 2^32 records")
      .hint("a smaller window_bytes makes smaller blocks");
}

PartitionStore::PartitionStore(const Options& options)
    : memory_(options.memory),
      block_bytes_(block_bytes_for(options)),
      pool_(make_pool()),
      open_(options.n_partitions),
      partitions_(options.n_partitions),
      spill_(options.tmp),
      hand_over_(options.hand_over) {
  expects(options.n_partitions > 0, "there is a partition");
}

std::uint64_t PartitionStore::n_bytes(std::size_t partition) const {
  const Partition& of = partitions_[partition];
  std::uint64_t n = of.n_bytes_spilled;
  for (const Block& block : of.blocks) {
    n += block.size;
  }
  return n;
}

std::uint64_t PartitionStore::n_bytes() const {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    n += n_bytes(i);
  }
  return n;
}

void PartitionStore::open_chunk(std::size_t partition, const Position& position, std::size_t n_bytes) {
  constexpr std::size_t longest = std::size_t{1} << 31;
  if (n_bytes > longest) {
    throw Error("a record of more than 2 GiB").hint("a sort holds records in memory");
  }
  close_chunk(partition);
  Open& open = open_[partition];
  if (open.room() < sizeof(ChunkHeader) + n_bytes) {
    add_block(partition, sizeof(ChunkHeader) + n_bytes);
  }
  partitions_[partition].chunk = open.next;
  partitions_[partition].first = position.ordinal;
  open.place = position.place;
  open.n_records = 0;
  open.next += sizeof(ChunkHeader);
}

void PartitionStore::close_chunk(std::size_t partition) {
  Open& open = open_[partition];
  if (open.place == Open::none) {
    return;
  }
  Partition& of = partitions_[partition];
  const auto n_bytes = static_cast<std::size_t>(open.next - of.chunk);
  const ChunkHeader header = {.place = open.place,
                              .first = of.first,
                              .n_records = open.n_records,
                              .n_bytes = n_bytes - sizeof(ChunkHeader)};
  std::memcpy(of.chunk, &header, sizeof header);
  of.blocks.back().size += n_bytes;
  open.place = Open::none;
}

// Whether what the last block holds was handed over, so that it has room for `n_bytes`.
bool PartitionStore::empties_block(std::size_t partition, std::size_t n_bytes) {
  std::vector<Block>& blocks = partitions_[partition].blocks;
  if (!hand_over_ || blocks.empty() || blocks.back().size == 0 || blocks.back().capacity < n_bytes) {
    return false;
  }
  Block& last = blocks.back();
  if (!hand_over_(partition, {last.bytes, last.size})) {
    return false;
  }
  last.size = 0;
  open_[partition].next = last.bytes;
  open_[partition].end = last.bytes + last.capacity;
  return true;
}

// A record that is longer than a block gets one of its own.
void PartitionStore::add_block(std::size_t partition, std::size_t n_bytes) {
  if (empties_block(partition, n_bytes)) {
    return;
  }
  const std::size_t capacity = std::max(block_bytes_, n_bytes);
  if (n_held_ + capacity > memory_) {
    spill_full_blocks();
  }
  Block& block = partitions_[partition].blocks.emplace_back();
  if (capacity > block_bytes_) {
    block.own = std::make_unique_for_overwrite<char[]>(capacity);
    block.bytes = block.own.get();
  } else {
    block.bytes = pool_.take();
  }
  block.capacity = capacity;
  open_[partition].next = block.bytes;
  open_[partition].end = block.bytes + capacity;
  n_held_ += capacity;
}

// All but the block that a partition is filling, unless that is so full that little is lost.
void PartitionStore::spill_full_blocks() {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Open& open = open_[i];
    std::vector<Block> full = std::exchange(partitions_[i].blocks, {});
    const bool is_filling =
        !full.empty() && (open.place != Open::none || open.room() > full.back().capacity / 2);
    if (is_filling) {
      partitions_[i].blocks.push_back(std::move(full.back()));
      full.pop_back();
    } else {
      open = {};
    }
    spill(partitions_[i], std::move(full));
  }
}

void PartitionStore::spill(Partition& partition, std::vector<Block> blocks) {
  constexpr std::size_t piece_bytes = std::size_t{1} << 20;
  spill_buffer_.clear();
  const auto flush = [&] {
    if (!spill_buffer_.empty()) {
      partition.n_bytes_spilled += spill_buffer_.size();
      partition.spilled.push_back(spill_.append(spill_buffer_));
      spill_buffer_.clear();
    }
  };
  for (Block& block : blocks) {
    spill_buffer_.insert(spill_buffer_.end(), block.bytes, block.bytes + block.size);
    n_held_ -= block.capacity;
    if (block.own) {
      block.own.reset();
    } else {
      pool_.give_back(block.bytes);
    }
    if (spill_buffer_.size() >= piece_bytes) {
      flush();
    }
  }
  flush();
}

void PartitionStore::add_chunks(std::size_t partition, std::span<const char> block) {
  close_chunk(partition);
  Open& open = open_[partition];
  for_each_chunk(block, [&](const Chunk& chunk) {
    const std::size_t n_bytes = sizeof(ChunkHeader) + chunk.records.size();
    if (open.room() < n_bytes) {
      add_block(partition, n_bytes);
    }
    std::memcpy(open.next, &chunk.header, sizeof(ChunkHeader));
    std::memcpy(open.next + sizeof(ChunkHeader), chunk.records.data(), chunk.records.size());
    open.next += n_bytes;
    partitions_[partition].blocks.back().size += n_bytes;
  });
}

void PartitionStore::absorb(const PartitionStore& other) {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    other.for_each_block(i, [&](std::span<const char> block) { add_chunks(i, block); });
  }
}

void PartitionStore::read_spilled(std::size_t partition, std::vector<char>& bytes) const {
  bytes.clear();
  std::vector<char> piece_bytes;
  for (const SpillFile::Piece& piece : partitions_[partition].spilled) {
    spill_.read(piece, piece_bytes);
    bytes.insert(bytes.end(), piece_bytes.begin(), piece_bytes.end());
  }
}

void PartitionStore::finish() {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    close_chunk(i);
  }
  shrink_buffers();  // there may be many stores
}

void PartitionStore::spill_all() {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    open_[i] = {};
    spill(partitions_[i], std::exchange(partitions_[i].blocks, {}));
  }
  pool_ = make_pool();
  n_held_ = 0;
  shrink_buffers();
}

void PartitionStore::shrink_buffers() {
  spill_buffer_ = {};
  spill_.shrink();
}

BlockPool PartitionStore::make_pool() const {
  return {block_bytes_, std::min(memory_ / 8, std::size_t{32} << 20)};
}

void PartitionStore::drop(std::size_t partition) {
  partitions_[partition] = {};
  open_[partition] = {};
}

}  // namespace serried::mapreduce
