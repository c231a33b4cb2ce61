/// How often a worker looks up from its work, and how long it sleeps when it has none.
#pragma once

#include <algorithm>
#include <cstdint>

namespace serried::schedule {

/// Seconds between two looks of the MPI thread at messages, stop and progress, while bodies are shorter than that.
inline constexpr double attend_interval = 1e-3;

/// After so many bodies the clock is read again, if the last `stride` of them took `span` seconds: after each body of 50
/// us or more, for the next ones may be long as well, and never after more than 16.
[[nodiscard]] constexpr std::uint32_t next_stride(std::uint32_t stride, double span) noexcept {
  constexpr double long_body = 50e-6;
  constexpr double longest_stride = 16;
  return span * longest_stride <= long_body * stride
             ? static_cast<std::uint32_t>(longest_stride)
             : std::max(std::uint32_t{1}, static_cast<std::uint32_t>(long_body * stride / span));
}

/// Seconds to sleep after having found nothing `n_rests` times before; 0: just let others run. Waiting ranks may share a
/// core with those they wait for.
[[nodiscard]] constexpr double rest_seconds(int n_rests) noexcept {
  constexpr int n_yields = 8;
  constexpr double shortest = 20e-6;
  constexpr double longest = 200e-6;
  return n_rests < n_yields ? 0 : std::min(longest, shortest * (1 << std::min(n_rests - n_yields, 10)));
}

}  // namespace serried::schedule
