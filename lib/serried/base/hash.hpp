/// The 64-bit hash of a byte string, the same on every rank, host and version of the library: who owns a key,
/// and the order of unsorted results, follow from it.
///
///     const std::uint64_t owner = hash_slice(hash_bytes(key), n_ranks);
///
/// Keys of up to 16 bytes, the usual ones, are first loaded into two words without a branch on the length,
/// mixed by one 64 x 64 -> 128 bit product (the construction of wyhash; Wang Yi, 2019); longer ones go
/// through XXH3.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace serried {

static_assert(std::endian::native == std::endian::little,
              "hashes and file formats assume little-endian words");

/// Up to 16 bytes as two little-endian words, zero beyond the end. Equal words and equal lengths mean equal
/// bytes.
struct ShortBytes {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const ShortBytes&, const ShortBytes&) = default;
};

inline constexpr std::size_t short_bytes_capacity = 16;

namespace detail {

// Reads 16 bytes at `data`, of which only some belong to the key: harmless, as a load that stays within one
// page cannot fault, but a sanitizer would report it, and a compiler that saw how short the key is would
// warn.
#if defined(__clang__) || defined(__GNUC__)
__attribute__((no_sanitize("address")))
#endif
inline ShortBytes
load_16_within_page(const char* data) noexcept {
  ShortBytes words;
  __asm__(""
          : "+r"(data));  // no instruction: from here on the compiler does not know where the pointer is from
  __builtin_memcpy(&words, data, sizeof words);
  return words;
}

}  // namespace detail

/// The first min(size, 16) bytes at `data`.
[[nodiscard]] inline ShortBytes load_short(const char* data, std::size_t size) noexcept {
  ShortBytes words;
#if !defined(__SANITIZE_ADDRESS__)
  // A page's first byte is left out: an empty key may point to nothing, or behind the last page of a mapped
  // file.
  constexpr std::uintptr_t page_size = 4096;
  const std::uintptr_t in_page = reinterpret_cast<std::uintptr_t>(data) & (page_size - 1);
  if (in_page - 1 < page_size - 16) [[likely]] {
    words = detail::load_16_within_page(data);
    // Masks of the bytes that count; a shift by 64 is undefined, so each is cut to 0..63 and a full word
    // selected.
    const std::size_t n_low = size < 8 ? size : 8;
    const std::size_t n_high = size < 8 ? 0 : size < 16 ? size - 8 : 8;
    const std::uint64_t low_mask = n_low == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * n_low)) - 1;
    const std::uint64_t high_mask = n_high == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * n_high)) - 1;
    words.low &= low_mask;
    words.high &= high_mask;
    return words;
  }
#endif
  if (size != 0) {
    std::memcpy(&words, data, size < short_bytes_capacity ? size : short_bytes_capacity);
  }
  return words;
}

/// The low and high half of a 128-bit product, xor-ed: every bit of the result depends on every bit of both.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The hash of a key of at most 16 bytes.
[[nodiscard]] inline std::uint64_t hash_short(ShortBytes words, std::size_t size) noexcept {
  // Odd constants with as many ones as zeros (wyhash's secret).
  constexpr std::uint64_t secret_0 = 0xa0761d6478bd642f;
  constexpr std::uint64_t secret_1 = 0xe7037ed1a0b428db;
  constexpr std::uint64_t secret_2 = 0x8ebc6af09c88c6e3;
  const std::uint64_t first = mix(words.low ^ secret_0, words.high ^ secret_1 ^ size);
  return mix(first ^ secret_2, secret_1 ^ size);
}

/// The hash of a key of more than 16 bytes (XXH3).
[[nodiscard]] std::uint64_t hash_long(std::string_view key) noexcept;

/// The hash of any key.
[[nodiscard]] inline std::uint64_t hash_bytes(std::string_view key) noexcept {
  return key.size() <= short_bytes_capacity ? hash_short(load_short(key.data(), key.size()), key.size())
                                            : hash_long(key);
}

}  // namespace serried
