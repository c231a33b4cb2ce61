/// Rows as bytes that are put aside or sent: no more than their keys and values need.
///
///     char* const end = PackedRows<K, V>::write(to, key, value);       // at most max_bytes(key)
///     PackedRows<K, V>::for_each(bytes, [&](const HashedKey& key, const V& value) { … });
///
/// Keys and values of at most eight bytes are written without the zeros at their ends, which for integers are most of them:
/// a byte that says how many bytes of each follow, then these. Other rows are a key, with a 32-bit length in front if it is
/// text, and a value.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include <serried/base/error.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/row.hpp>

namespace serried::mapreduce {

/// Keys that are one word and values that are at most one.
template <class K, class V>
inline constexpr bool are_words = !TextKey<K> && sizeof(K) <= 8 && sizeof(V) <= 8;

template <Key K, class V>
class PackedRows {
 public:
  /// Of a row with this key; `write` may touch so many.
  [[nodiscard]] static constexpr std::size_t max_bytes([[maybe_unused]] const StoredKey& key) noexcept {
    if constexpr (are_words<K, V>) {
      return max_word_row;
    } else if constexpr (TextKey<K>) {
      return sizeof key.size + key.size + sizeof(V);
    } else {
      return sizeof(K) + sizeof(V);
    }
  }

  /// Returns the end of what it has written.
  static char* write(char* to, const StoredKey& key, const V& value) noexcept {
    if constexpr (are_words<K, V>) {
      std::uint64_t word = 0;
      std::memcpy(&word, &value, sizeof value);
      return write_words(to, key.words.low, word);
    } else {
      if constexpr (TextKey<K>) {
        std::memcpy(to, &key.size, sizeof key.size);
        to += sizeof key.size;
        std::memcpy(to, key.data(), key.size);
        to += key.size;
      } else {
        std::memcpy(to, key.data(), sizeof(K));
        to += sizeof(K);
      }
      std::memcpy(to, &value, sizeof value);
      return to + sizeof value;
    }
  }

  /// Calls `visit(const HashedKey&, const V&)` for each row in `bytes`; long keys refer to them. Throws if they are not
  /// such rows.
  template <class Visit>
  static void for_each(std::span<const char> bytes, Visit&& visit) {
    const char* next = bytes.data();
    for (const char* const end = next + bytes.size(); next != end;) {
      next = read(next, end, visit);
    }
  }

  /// Calls `visit(std::string_view)` with the bytes of each row.
  template <class Visit>
  static void for_each_record(std::span<const char> bytes, Visit&& visit) {
    const char* next = bytes.data();
    for (const char* const end = next + bytes.size(); next != end;) {
      const std::size_t size = size_of(next, end);
      visit(std::string_view(next, size));
      next += size;
    }
  }

  /// The row that `bytes` begins with.
  [[nodiscard]] static Row<V> row_of(std::string_view record) {
    Row<V> row;
    read(record.data(), record.data() + record.size(), [&](const HashedKey& hashed, const V& value) {
      row = {hashed.key, value};
    });
    return row;
  }

 private:
  static constexpr std::size_t max_word_row = 1 + 2 * sizeof(std::uint64_t);

  static unsigned n_bytes_of(std::uint64_t word) noexcept {
    return (71U - static_cast<unsigned>(std::countl_zero(word))) / 8;
  }
  static std::uint64_t first_bytes(const char* from, unsigned n) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return n >= 8 ? word : word & ((std::uint64_t{1} << (8 * n)) - 1);
  }

  static char* write_words(char* to, std::uint64_t key, std::uint64_t value) noexcept {
    const unsigned n_key = n_bytes_of(key);
    const unsigned n_value = n_bytes_of(value);
    *to = static_cast<char>(n_key | n_value << 4);
    std::memcpy(to + 1, &key, sizeof key);
    std::memcpy(to + 1 + n_key, &value, sizeof value);
    return to + 1 + n_key + n_value;
  }

  [[noreturn]] static void throw_torn() {
    throw Error("rows of keys and values end in the middle of one")
        .hint("were they written by another version of the program?");
  }
  // Of the row at `next`; all of it lies before `end`.
  static std::size_t size_of(const char* next, const char* end) {
    const auto n_left = static_cast<std::size_t>(end - next);
    std::size_t size = sizeof(V);
    if constexpr (are_words<K, V>) {
      const auto sizes = static_cast<unsigned char>(*next);
      size = std::size_t{1} + (sizes & 15U) + (sizes >> 4);
    } else if constexpr (TextKey<K>) {
      std::uint32_t key_size = 0;
      if (n_left < sizeof key_size) [[unlikely]] {
        throw_torn();
      }
      std::memcpy(&key_size, next, sizeof key_size);
      size += sizeof key_size + key_size;
    } else {
      size += sizeof(K);
    }
    if (n_left < size) [[unlikely]] {
      throw_torn();
    }
    return size;
  }

  template <class Visit>
  static const char* read(const char* next, const char* end, Visit&& visit) {
    const std::size_t size = size_of(next, end);
    HashedKey hashed;
    V value;
    if constexpr (are_words<K, V>) {
      char copy[max_word_row] = {};  // where reading whole words would read beyond the end
      const char* from = next;
      if (static_cast<std::size_t>(end - next) < max_word_row) [[unlikely]] {
        std::memcpy(copy, next, size < max_word_row ? size : max_word_row);
        from = copy;
      }
      const auto sizes = static_cast<unsigned char>(*from);
      const unsigned n_key = sizes & 15U;
      const std::uint64_t key = first_bytes(from + 1, n_key);
      const std::uint64_t word = first_bytes(from + 1 + (n_key < 8 ? n_key : 8), sizes >> 4);
      hashed.key.words = {key, 0};
      hashed.key.size = sizeof(K);
      hashed.hash = hash_short(hashed.key.words, sizeof(K));
      hashed.key.tag = static_cast<std::uint32_t>(hashed.hash) | 1;
      std::memcpy(&value, &word, sizeof value);
    } else {
      if constexpr (TextKey<K>) {
        hashed = store_key({next + sizeof(std::uint32_t), size - sizeof(std::uint32_t) - sizeof(V)});
      } else {
        hashed = store_key({next, sizeof(K)});
      }
      std::memcpy(&value, next + size - sizeof(V), sizeof value);
    }
    visit(hashed, value);
    return next + size;
  }
};

}  // namespace serried::mapreduce
