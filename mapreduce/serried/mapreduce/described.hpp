/// Records, keys and values as a few words of a message.
///
///     described(KeyValue{"pear"s, 3})        // 'pear': 3
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <serried/base/self_contained.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/tsv.hpp>

namespace serried::mapreduce {

/// In quotes, on one line, cut after 40 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);
/// The first bytes in hexadecimal digits.
[[nodiscard]] std::string bytes_in_words(std::string_view bytes);

/// Text in quotes, numbers, and what is made of such; the first bytes of other self-contained types.
template <class T>
[[nodiscard]] std::string described(const T& value) {
  if constexpr (TextKey<T>) {
    return in_quotes(value);
  } else if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    NumberText text;
    return std::string(number_text(value, text));
  } else if constexpr (requires {
                         value.key;
                         value.value;
                       }) {
    return described(value.key) + ": " + described(value.value);
  } else if constexpr (requires {
                         value.first;
                         value.second;
                       }) {
    return described(value.first) + ", " + described(value.second);
  } else if constexpr (SelfContained<T>) {
    return bytes_in_words({reinterpret_cast<const char*>(&value), sizeof value});
  } else {
    return "...";
  }
}

}  // namespace serried::mapreduce
