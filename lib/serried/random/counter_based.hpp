/// Random numbers as a function of a counter and a key: Philox and Threefry of J. Salmon, M. Moraes, R. Dror and D. Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011), by their library Random123.
///
///     const auto words = philox4x64_10({index, 0, 0, 0}, {seed, purpose});
///
/// Streams (stream.hpp) are seeded by them and far faster; these are for who wants a number by its place.
#pragma once

#include <array>
#include <cstdint>

namespace serried::random {

/// Philox4x64-10. Different counters of one key give different results; the results of different keys are independent.
[[nodiscard]] std::array<std::uint64_t, 4> philox4x64_10(const std::array<std::uint64_t, 4>& counter,
                                                         const std::array<std::uint64_t, 2>& key) noexcept;

/// Threefry4x64-20, the same with a longer key.
[[nodiscard]] std::array<std::uint64_t, 4> threefry4x64_20(const std::array<std::uint64_t, 4>& counter,
                                                           const std::array<std::uint64_t, 4>& key) noexcept;

}  // namespace serried::random
