/// A key and its value as they lie in tables and runs: 32 bytes for a 64-bit value, whatever the key.
///
/// Keys are byte strings. Up to 16 bytes lie in the row itself; a longer one lies elsewhere (a read window
/// while it is looked up, then an Arena, or the buffer in which it was received), and the row holds its
/// address and its hash. Two rows can so be compared, nearly always, without looking anywhere else.
#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/base/self_contained.hpp>

namespace serried::mapreduce {

/// The part of a row that holds the key.
struct StoredKey {
  ShortBytes words;        // the key, or {address, hash} of a long one
  std::uint32_t size = 0;  // of the key, in bytes
  std::uint32_t tag = 0;   // 32 bits of the hash, never 0 in a row that is in use

  [[nodiscard]] bool is_short() const noexcept { return size <= short_bytes_capacity; }
  [[nodiscard]] const char* data() const noexcept {
    return is_short() ? reinterpret_cast<const char*>(&words) : std::bit_cast<const char*>(words.low);
  }
  /// Asks for the bytes of a long key, which lie elsewhere, before they are needed.
  void prefetch() const noexcept {
    if (!is_short()) {
      __builtin_prefetch(data());
    }
  }
  /// Valid while the row and, for a long key, the memory that it points to stay where they are.
  [[nodiscard]] std::string_view view() const noexcept { return {data(), size}; }
  [[nodiscard]] std::uint64_t hash() const noexcept {
    return is_short() ? hash_short(words, size) : words.high;
  }

  /// The 8 bytes from `depth` <= size on as a number that sorts as the bytes do, zero beyond the end.
  [[nodiscard]] std::uint64_t sort_prefix(std::size_t depth = 0) const noexcept {
    return __builtin_bswap64(load_short(data() + depth, std::min<std::size_t>(size - depth, 8)).low);
  }
};

static_assert(sizeof(const char*) == sizeof(std::uint64_t));

/// A stored key and its hash, both of which follow from the key.
struct HashedKey {
  StoredKey key;
  std::uint64_t hash = 0;
};

/// The stored form of `key`; a long one is referred to where it is. Throws if it is 4 GiB or longer.
[[nodiscard]] inline HashedKey store_key(std::string_view key) {
  if (key.size() > std::numeric_limits<std::uint32_t>::max()) [[unlikely]] {
    throw Error("a key of more than 4 GiB").hint("keys must be shorter than 2^32 bytes");
  }
  HashedKey stored;
  stored.key.size = static_cast<std::uint32_t>(key.size());
  if (stored.key.is_short()) [[likely]] {
    stored.key.words = load_short(key.data(), key.size());
    stored.hash = hash_short(stored.key.words, key.size());
  } else {
    stored.hash = hash_long(key);
    stored.key.words = {std::bit_cast<std::uint64_t>(key.data()), stored.hash};
  }
  stored.key.tag = static_cast<std::uint32_t>(stored.hash) | 1;
  return stored;
}

[[nodiscard]] inline bool operator==(const StoredKey& a, const StoredKey& b) noexcept {
  if (a.size != b.size) {
    return false;
  }
  return a.is_short() ? a.words == b.words
                      : a.words.high == b.words.high && std::memcmp(a.data(), b.data(), a.size) == 0;
}

/// By bytes, as memcmp does, a prefix first.
[[nodiscard]] inline std::strong_ordering operator<=>(const StoredKey& a, const StoredKey& b) noexcept {
  if (const auto order = a.sort_prefix() <=> b.sort_prefix(); std::is_neq(order)) {
    return order;
  }
  return a.view() <=> b.view();
}

template <class Value>
struct Row {
  static_assert(SelfContained<Value>,
                "values are copied as bytes, in tables and between ranks: a value must be trivially "
                "copyable, and no view "
                "or pointer");
  StoredKey key;
  Value value;

  [[nodiscard]] bool is_used() const noexcept { return key.tag != 0; }
};

/// How many rows ahead a loop over rows asks for their long keys.
inline constexpr std::size_t prefetch_distance = 16;

/// Calls `visit(row)` for each row whose keys' bytes are needed, which come from memory in time.
template <class V, class Visit>
void for_each_row(std::span<const Row<V>> rows, Visit&& visit) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + prefetch_distance < rows.size()) {
      rows[i + prefetch_distance].key.prefetch();
    }
    visit(rows[i]);
  }
}

}  // namespace serried::mapreduce
