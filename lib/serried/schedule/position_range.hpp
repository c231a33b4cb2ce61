/// A range of positions in one atomic word, so that its owner and thieves can take from its two ends.
///
///     RangeWord mine;
///     mine.store({0, 1000});
///     mine.take_front(one);               // its owner: {0, 1}
///     mine.take_back(half);               // a thief: {500, 1000}
///
/// A position is a unit of work, numbered with 32 bits: 2^48 indices are dealt 2^16 at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace serried::schedule {

struct PositionRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  [[nodiscard]] constexpr std::uint32_t size() const noexcept { return end - begin; }
  [[nodiscard]] constexpr bool empty() const noexcept { return begin == end; }
  friend constexpr bool operator==(const PositionRange&, const PositionRange&) = default;
};

[[nodiscard]] constexpr std::uint64_t packed(PositionRange range) noexcept {
  return range.begin | std::uint64_t{range.end} << 32;
}
[[nodiscard]] constexpr PositionRange unpacked(std::uint64_t word) noexcept {
  return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}

/// How much to take of `n` positions: one, or half of them, rounded up.
[[nodiscard]] constexpr std::uint32_t one(std::uint32_t /*n*/) noexcept { return 1; }
[[nodiscard]] constexpr std::uint32_t half(std::uint32_t n) noexcept { return n - n / 2; }

/// Works between threads and, in shared memory, between processes. The word is the whole state: that it was changed and
/// changed back meanwhile does no harm. No memory but the word is synchronised.
class RangeWord {
 public:
  [[nodiscard]] PositionRange load() const noexcept {
    return unpacked(word_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] bool empty() const noexcept { return load().empty(); }

  /// Only while the word is empty, which others leave alone, and by one thread, its owner.
  void store(PositionRange range) noexcept { word_.store(packed(range), std::memory_order_relaxed); }

  /// Takes up to `count(size)` positions (at least 1) from the front; an empty range if there are none.
  template <class Count>
  [[nodiscard]] PositionRange take_front(Count count) noexcept {
    std::uint64_t old = word_.load(std::memory_order_relaxed);
    for (;;) {
      const PositionRange whole = unpacked(old);
      if (whole.empty()) {
        return {};
      }
      const std::uint32_t middle = whole.begin + std::min(count(whole.size()), whole.size());
      if (word_.compare_exchange_weak(old, packed({middle, whole.end}), std::memory_order_relaxed)) {
        return {whole.begin, middle};
      }
    }
  }

  /// The same from the back.
  template <class Count>
  [[nodiscard]] PositionRange take_back(Count count) noexcept {
    std::uint64_t old = word_.load(std::memory_order_relaxed);
    for (;;) {
      const PositionRange whole = unpacked(old);
      if (whole.empty()) {
        return {};
      }
      const std::uint32_t middle = whole.end - std::min(count(whole.size()), whole.size());
      if (word_.compare_exchange_weak(old, packed({whole.begin, middle}), std::memory_order_relaxed)) {
        return {middle, whole.end};
      }
    }
  }

 private:
  std::atomic<std::uint64_t> word_{0};
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "it works between processes");

}  // namespace serried::schedule
