/// Cutting an index range [0, n) into nearly equal, contiguous parts, the same on every rank.
///
///     const Range mine = block(n_items, n_parts, part);   // for (i = mine.begin; i < mine.end; ++i)
#pragma once

#include <cstdint>

#include <serried/base/contract.hpp>

namespace serried {

/// The indices begin, begin + 1, ..., end - 1.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  [[nodiscard]] constexpr std::uint64_t size() const noexcept { return end - begin; }
  friend constexpr bool operator==(const Range&, const Range&) = default;
};

/// Part number `part` of [0, n) cut into `n_parts`: sizes differ by at most one, larger parts first, no
/// overflow.
[[nodiscard]] constexpr Range block(std::uint64_t n, std::uint64_t n_parts, std::uint64_t part) {
  expects(part < n_parts, "part < n_parts");
  const std::uint64_t size = n / n_parts;
  const std::uint64_t n_larger = n % n_parts;
  const auto start = [&](std::uint64_t p) { return p * size + (p < n_larger ? p : n_larger); };
  return {start(part), start(part + 1)};
}

/// The part that holds `index` where block() cuts [0, n).
[[nodiscard]] constexpr std::uint64_t block_of(std::uint64_t index, std::uint64_t n, std::uint64_t n_parts) {
  expects(index < n, "the index is one of n");
  const std::uint64_t size = n / n_parts;
  const std::uint64_t n_larger = n % n_parts;
  const std::uint64_t n_in_larger = n_larger * (size + 1);
  return index < n_in_larger ? index / (size + 1) : n_larger + (index - n_in_larger) / size;
}

/// The part of `n_parts` to which a 64-bit hash belongs: contiguous, nearly equal slices of the hash range,
/// so that parts in order hold hashes in order. Uses the high bits of the hash.
[[nodiscard]] inline std::uint64_t hash_slice(std::uint64_t hash, std::uint64_t n_parts) noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(hash) * n_parts) >> 64);
}

}  // namespace serried
