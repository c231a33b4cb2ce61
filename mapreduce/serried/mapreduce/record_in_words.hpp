/// A record for a message: which one it was that somebody's function got wrong.
///
///     record_in_words(KeyValue<std::string_view, double>{"a", 0.5})     // "a, 0.5"
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/tsv.hpp>

namespace serried::mapreduce {

namespace detail {

template <class T>
void append_in_words(std::string& words, const T& value);
template <class A, class B>
void append_in_words(std::string& words, const std::pair<A, B>& pair);
template <class... T>
void append_in_words(std::string& words, const std::tuple<T...>& tuple);

template <class K, class V>
void append_in_words(std::string& words, const KeyValue<K, V>& item) {
  append_in_words(words, item.key);
  append_in_words(words += ", ", item.value);
}
template <class A, class B>
void append_in_words(std::string& words, const std::pair<A, B>& pair) {
  append_in_words(words, pair.first);
  append_in_words(words += ", ", pair.second);
}
template <class... T>
void append_in_words(std::string& words, const std::tuple<T...>& tuple) {
  std::apply(
      [&](const auto&... part) {
        std::size_t i = 0;
        (append_in_words(words += i++ == 0 ? "" : ", ", part), ...);
      },
      tuple);
}

// Numbers as they are, what has no words by its bytes.
template <class T>
void append_in_words(std::string& words, const T& value) {
  if constexpr (TextKey<T>) {
    words += value;
  } else if constexpr (std::is_arithmetic_v<T>) {
    NumberText text;
    if constexpr (std::same_as<T, bool> || std::same_as<T, char>) {
      words += number_text(static_cast<int>(value), text);
    } else {
      words += number_text(value, text);
    }
  } else if constexpr (Encodable<T>) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::vector<char> bytes;
    Codec<T>::encode(bytes, value);
    words += "bytes";
    for (const char byte : bytes) {
      const auto number = static_cast<unsigned char>(byte);
      words += {' ', digits[number >> 4U], digits[number & 15U]};
    }
  } else {
    words += "?";
  }
}

}  // namespace detail

/// What tells it from others, as far as that is short.
template <class T>
[[nodiscard]] std::string record_in_words(const T& record) {
  constexpr std::size_t longest = 120;
  std::string words;
  detail::append_in_words(words, record);
  if (words.size() > longest) {
    words.resize(longest);
    words += "…";
  }
  return words;
}

}  // namespace serried::mapreduce
