/// Which types may be keys, and their bytes.
///
/// Text (std::string_view, std::string) of any bytes, and every trivially copyable type whose equal values
/// have equal bytes: integers, enumerations, arrays and structs of them without padding. Not floating point
/// (0.0 and -0.0 are equal, NaN is not).
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include <serried/base/self_contained.hpp>
#include <serried/mapreduce/row.hpp>

namespace serried::mapreduce {

template <class K>
concept TextKey = std::same_as<K, std::string_view> || std::same_as<K, std::string>;

template <class K>
concept BinaryKey = SelfContained<K> && std::has_unique_object_representations_v<K>;

template <class K>
concept Key = TextKey<K> || BinaryKey<K>;

/// The bytes of `key`, in the key itself.
template <Key K>
[[nodiscard]] std::string_view key_bytes(const K& key) noexcept {
  if constexpr (TextKey<K>) {
    return key;
  } else {
    return {reinterpret_cast<const char*>(&key), sizeof(K)};
  }
}

/// The stored form of `key`, as store_key(key_bytes(key)) gives it; a long one is referred to where it is.
template <Key K>
[[nodiscard]] HashedKey stored_form(const K& key) {
  if constexpr (!TextKey<K> && sizeof(K) <= short_bytes_capacity) {
    HashedKey stored;  // all sizes are constants here, and nothing depends on where the key lies
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), &key, sizeof(K));
    stored.key.words = {words[0], words[1]};
    stored.key.size = sizeof(K);
    stored.hash = hash_short(stored.key.words, sizeof(K));
    stored.key.tag = static_cast<std::uint32_t>(stored.hash) | 1;
    return stored;
  } else {
    return store_key(key_bytes(key));
  }
}

/// How a user's functions see a key: text as a view into the row, other keys by value.
template <Key K>
using KeyView = std::conditional_t<TextKey<K>, std::string_view, K>;

template <Key K>
[[nodiscard]] KeyView<K> key_view(const StoredKey& stored) noexcept {
  if constexpr (TextKey<K>) {
    return stored.view();
  } else {
    K key;
    std::memcpy(&key, stored.data(), sizeof(K));
    return key;
  }
}

/// The total order of keys: numbers by value, text and all else by bytes.
template <Key K>
[[nodiscard]] bool key_less(const StoredKey& a, const StoredKey& b) noexcept {
  if constexpr (std::integral<K>) {
    return key_view<K>(a) < key_view<K>(b);
  } else {
    return a < b;
  }
}

}  // namespace serried::mapreduce
