/// Which bins of many were scored in. Part of tally.hpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace serried::montecarlo {

/// A set of numbers below n, to be visited in ascending order, for then the caches are of use: a bit for each, and one for each
/// 64 of them, so that a few of many cost a few steps.
class BinSet {
 public:
  explicit BinSet(std::size_t n) : bits_(n / 64 + 1), words_(n / 4096 + 1) {}

  void insert(std::size_t i) noexcept {
    bits_[i / 64] |= std::uint64_t{1} << i % 64;
    words_[i / 4096] |= std::uint64_t{1} << i / 64 % 64;
  }
  /// Calls `visit(i)` for each and forgets them.
  template <class F>
  void take_each(const F& visit) {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      for_each_bit(std::exchange(words_[w], 0), [&](std::size_t word) {
        const std::size_t b = 64 * w + word;
        for_each_bit(std::exchange(bits_[b], 0), [&](std::size_t bit) { visit(64 * b + bit); });
      });
    }
  }

 private:
  template <class F>
  static void for_each_bit(std::uint64_t bits, const F& visit) {
    for (; bits != 0; bits &= bits - 1) {
      visit(static_cast<std::size_t>(std::countr_zero(bits)));
    }
  }

  std::vector<std::uint64_t> bits_;
  std::vector<std::uint64_t> words_;
};

}  // namespace serried::montecarlo
