/// Memory for many byte strings that live and die together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace serried::mapreduce {

/// Copies of strings, one after the other in chunks of a megabyte; they stay where they are until the arena
/// is gone.
class Arena {
 public:
  [[nodiscard]] const char* keep(std::string_view bytes) {
    if (bytes.size() > room_) {
      n_bytes_ += room_;  // that nobody gets
      room_ = std::max(chunk_bytes, bytes.size());
      next_ = chunks_.emplace_back(std::make_unique_for_overwrite<char[]>(room_)).get();
    }
    char* const copy = next_;
    if (!bytes.empty()) {
      std::memcpy(copy, bytes.data(), bytes.size());
    }
    next_ += bytes.size();
    room_ -= bytes.size();
    n_bytes_ += bytes.size();
    return copy;
  }

  /// Kept in it; it may have room for a chunk more.
  [[nodiscard]] std::size_t n_bytes() const noexcept { return n_bytes_; }

 private:
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t room_ = 0;
  std::size_t n_bytes_ = 0;
};

}  // namespace serried::mapreduce
