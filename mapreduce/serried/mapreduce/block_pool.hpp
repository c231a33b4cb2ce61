/// Memory for many blocks of one size that are taken, given back and taken again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <serried/base/zeroed_array.hpp>

namespace serried::mapreduce {

/// Takes memory from the system in slabs, in huge pages, and keeps it. For one thread.
class BlockPool {
 public:
  BlockPool(std::size_t block_bytes, std::size_t slab_bytes)
      : stride_(block_bytes + cache_line), slab_bytes_(std::max(stride_, slab_bytes)) {}

  [[nodiscard]] char* take() {
    if (!free_.empty()) {
      char* const block = free_.back();
      free_.pop_back();
      return block;
    }
    if (slabs_.empty() || used_of_last_ + stride_ > slab_bytes_) {
      slabs_.emplace_back(slab_bytes_);
      used_of_last_ = 0;
    }
    return slabs_.back().data() + std::exchange(used_of_last_, used_of_last_ + stride_);
  }
  void give_back(char* block) { free_.push_back(block); }

 private:
  // Blocks that are filled at the same pace, as those of partitions by hash, would all be written at places that are a power
  // of two apart, of which a cache has room for a few only: each begins a line later than the one before.
  static constexpr std::size_t cache_line = 64;

  std::size_t stride_;
  std::size_t slab_bytes_;
  std::vector<ZeroedArray<char>> slabs_;
  std::size_t used_of_last_ = 0;
  std::vector<char*> free_;
};

}  // namespace serried::mapreduce
