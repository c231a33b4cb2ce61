/// Inversion of a discrete distribution by search from 0 on: for small means. Internal: not installed.
#pragma once

#include <cstdint>

namespace serried::random::detail {

/// The k for which the probabilities of 0 … k - 1 sum to at most `u`, and those of 0 … k to more. `probability` is that
/// of 0, ratio(k) is what that of k is to that of k - 1, and does not rise. What is left of the distribution beyond the
/// last probability above 2^-60 is less than u can tell, and is not reached.
template <class Ratio>
[[nodiscard]] std::uint64_t by_inversion(double u, double probability, const Ratio& ratio) noexcept {
  for (std::uint64_t k = 0;; ++k) {
    if (u < probability) {
      return k;
    }
    u -= probability;
    const double step = ratio(k + 1);
    probability *= step;
    if (step < 1.0 && probability < 0x1p-60) [[unlikely]] {
      return k;  // u was within rounding of 1
    }
  }
}

}  // namespace serried::random::detail
