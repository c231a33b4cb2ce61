/// How a chain's samples are cut into stretches, each of which draws from a stream of its own. Part of chain_set.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace serried::montecarlo {

/// Stretches of `length` samples, the last one shorter; they begin anew after each exchange, if there are any. No two begin with the
/// same sample, whose number is that of the stream.
struct Stretches {
  std::uint64_t total = 0;   ///< samples, those of the warm-up among them: grows when they are doubled
  std::uint64_t length = 1;  ///< 1 or more
  std::uint64_t exchange_every = 0;  ///< samples; 0: never

  /// Of the stretch that holds sample `begin`, the end.
  [[nodiscard]] std::uint64_t end(std::uint64_t begin) const {
    const std::uint64_t in_stretch = (exchange_every > 0 ? begin % exchange_every : begin) % length;
    std::uint64_t n = std::min(length - in_stretch, total - begin);
    if (exchange_every > 0) {
      n = std::min(n, exchange_every - begin % exchange_every);
    }
    return begin + n;
  }
  /// The number of the exchange after the stretch that ends here, if there is one.
  [[nodiscard]] std::optional<std::uint64_t> exchange_after(std::uint64_t end) const {
    return exchange_every > 0 && end % exchange_every == 0 ? std::optional(end / exchange_every - 1)
                                                           : std::nullopt;
  }
};

}  // namespace serried::montecarlo
