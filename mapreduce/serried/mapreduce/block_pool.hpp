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
      : block_bytes_(block_bytes), slab_bytes_(std::max(block_bytes, slab_bytes)) {}

  [[nodiscard]] char* take() {
    if (!free_.empty()) {
      char* const block = free_.back();
      free_.pop_back();
      return block;
    }
    if (slabs_.empty() || used_of_last_ + block_bytes_ > slab_bytes_) {
      slabs_.emplace_back(slab_bytes_);
      used_of_last_ = 0;
    }
    return slabs_.back().data() + std::exchange(used_of_last_, used_of_last_ + block_bytes_);
  }
  void give_back(char* block) { free_.push_back(block); }

 private:
  std::size_t block_bytes_;
  std::size_t slab_bytes_;
  std::vector<ZeroedArray<char>> slabs_;
  std::size_t used_of_last_ = 0;
  std::vector<char*> free_;
};

}  // namespace serried::mapreduce
