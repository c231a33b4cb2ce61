/// What a sort of records needs to know of their order.
///
/// Records are bytes. Comparing two of them takes them both from memory, so that an order also gives a number for each
/// record that sorts as the records do, as far as it goes: most pairs need nothing else.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <serried/base/hash.hpp>

namespace serried::mapreduce {

/// `prefix(a) < prefix(b)` implies `compare(a, b) < 0`; `compare` is negative, zero or positive, a strict weak order. Both are
/// called by several threads at once, on any bytes.
template <class O>
concept RecordOrder = std::copy_constructible<O> && requires(const O& order, std::string_view record) {
  { order.prefix(record) } -> std::same_as<std::uint64_t>;
  { order.compare(record, record) } -> std::convertible_to<int>;
};

/// Whether `O` can only look at whole records: it says so with `static constexpr bool needs_whole_records`. Of a long record
/// of any other order, the beginning stands for all of it where the order is cut.
template <class O>
inline constexpr bool needs_whole_records = false;
template <class O>
requires(O::needs_whole_records) inline constexpr bool needs_whole_records<O> = true;

/// One whose prefix is the first eight bytes of a key, and which can tell those that follow, too: `prefix(record, depth)` is
/// the eight from byte `depth` on, zeros beyond the end.
template <class O>
concept OrderByBytes = RecordOrder<O> &&
    requires(const O& order, std::string_view record, std::size_t depth) {
  { order.prefix(record, depth) } -> std::same_as<std::uint64_t>;
};

/// By the bytes, as memcmp does, a shorter one first.
struct ByteOrder {
  [[nodiscard]] std::uint64_t prefix(std::string_view record, std::size_t depth = 0) const noexcept {
    const std::string_view rest = record.substr(std::min(depth, record.size()));
    return __builtin_bswap64(load_short(rest.data(), std::min<std::size_t>(rest.size(), 8)).low);
  }
  [[nodiscard]] int compare(std::string_view a, std::string_view b) const noexcept { return a.compare(b); }
};

/// By `key_bytes` bytes from `key_offset` on, or what a record has of them; the rest of it does not count.
struct KeyBytesOrder {
  std::size_t key_offset = 0;
  std::size_t key_bytes = 0;

  [[nodiscard]] std::string_view key(std::string_view record) const {
    return record.substr(std::min(key_offset, record.size()), key_bytes);
  }
  [[nodiscard]] std::uint64_t prefix(std::string_view record, std::size_t depth = 0) const {
    return ByteOrder().prefix(key(record), depth);
  }
  [[nodiscard]] int compare(std::string_view a, std::string_view b) const { return key(a).compare(key(b)); }
};

}  // namespace serried::mapreduce
