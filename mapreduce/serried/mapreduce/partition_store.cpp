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
  constexpr std::size_t largest = std::size_t{256} << 10;
  return std::clamp(options.memory / 8 / options.n_partitions, smallest, largest);
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
      pool_(block_bytes_, std::min(options.memory / 8, std::size_t{32} << 20)),
      partitions_(options.n_partitions),
      spill_(options.tmp) {
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

void PartitionStore::open_chunk(Partition& partition, const Position& position, std::size_t n_bytes) {
  constexpr std::size_t longest = std::size_t{1} << 31;
  if (n_bytes > longest) {
    throw Error("a record of more than 2 GiB").hint("a sort holds records in memory");
  }
  close_chunk(partition);
  if (partition.room < sizeof(ChunkHeader) + n_bytes) {
    add_block(partition, sizeof(ChunkHeader) + n_bytes);
  }
  partition.chunk = {.place = position.place, .first = position.ordinal};
  partition.chunk_place = position.place;
  partition.next += sizeof(ChunkHeader);
  partition.room -= sizeof(ChunkHeader);
}

void PartitionStore::close_chunk(Partition& partition) {
  if (partition.chunk_place == Partition::none) {
    return;
  }
  std::memcpy(partition.next - partition.chunk.n_bytes - sizeof(ChunkHeader), &partition.chunk,
              sizeof(ChunkHeader));
  partition.blocks.back().size += sizeof(ChunkHeader) + partition.chunk.n_bytes;
  partition.chunk_place = Partition::none;
}

// A record that is longer than a block gets one of its own.
void PartitionStore::add_block(Partition& partition, std::size_t n_bytes) {
  const std::size_t capacity = std::max(block_bytes_, n_bytes);
  if (n_held_ + capacity > memory_) {
    spill_full_blocks();
  }
  Block& block = partition.blocks.emplace_back();
  if (capacity > block_bytes_) {
    block.own = std::make_unique_for_overwrite<char[]>(capacity);
    block.bytes = block.own.get();
  } else {
    block.bytes = pool_.take();
  }
  block.capacity = capacity;
  partition.next = block.bytes;
  partition.room = capacity;
  n_held_ += capacity;
}

// All but the block that a partition is filling, unless that is so full that little is lost.
void PartitionStore::spill_full_blocks() {
  for (Partition& partition : partitions_) {
    std::vector<Block> full = std::exchange(partition.blocks, {});
    const bool is_filling = !full.empty() && (partition.chunk_place != Partition::none ||
                                              partition.room > full.back().capacity / 2);
    if (is_filling) {
      partition.blocks.push_back(std::move(full.back()));
      full.pop_back();
    } else {
      partition.room = 0;
    }
    spill(partition, std::move(full));
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

void PartitionStore::absorb(const PartitionStore& other) {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    close_chunk(partition);
    other.for_each_block(i, [&](std::span<const char> block) {
      for_each_chunk(block, [&](const Chunk& chunk) {
        const std::size_t n_bytes = sizeof(ChunkHeader) + chunk.records.size();
        if (partition.room < n_bytes) {
          add_block(partition, n_bytes);
        }
        std::memcpy(partition.next, &chunk.header, sizeof(ChunkHeader));
        std::memcpy(partition.next + sizeof(ChunkHeader), chunk.records.data(), chunk.records.size());
        partition.next += n_bytes;
        partition.room -= n_bytes;
        partition.blocks.back().size += n_bytes;
      });
    });
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

void PartitionStore::finish() { std::ranges::for_each(partitions_, close_chunk); }

void PartitionStore::drop(std::size_t partition) { partitions_[partition] = Partition(); }

}  // namespace serried::mapreduce
