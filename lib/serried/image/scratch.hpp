/// Memory of one thread that is there again for the next block.
///
///     const std::span<float> sums = scratch.array<float>(0, n);          // whatever is in it
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include <serried/base/zeroed_array.hpp>

namespace serried::image {

/// Move-only; of one thread.
class Scratch {
 public:
  /// Array number `i`, of `n` values of any kind; begins at a multiple of 64 bytes, and has room for 64 bytes more than it is said to
  /// have. What was got for the same number is gone.
  template <class T>
  [[nodiscard]] std::span<T> array(std::size_t i, std::size_t n) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (arrays_.size() <= i) {
      arrays_.resize(i + 1);
    }
    const std::size_t n_bytes = n * sizeof(T) + 64;
    if (arrays_[i].size() < n_bytes) {
      arrays_[i] = ZeroedArray<std::byte>(n_bytes + n_bytes / 2);
    }
    return {reinterpret_cast<T*>(arrays_[i].data()), n};
  }

 private:
  std::vector<ZeroedArray<std::byte>> arrays_;
};

}  // namespace serried::image
