/// Rows as lines of tab-separated text.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/row.hpp>

namespace serried::mapreduce {

/// The order of the two columns.
enum class Columns : std::uint8_t { key_value, value_key };

/// Types that a TSV file can hold: text and numbers, the latter in the fewest digits that read back the same.
template <class T>
concept TsvField = TextKey<T> ||(std::is_arithmetic_v<T> && !std::same_as<T, bool>);

/// Text with a tab or a newline in it would be read back as something else.
inline void expect_one_field(std::string_view text) {
  if (text.find('\t') != std::string_view::npos || text.find('\n') != std::string_view::npos) [[unlikely]] {
    throw Error("the key '" + std::string(text.substr(0, 40)) + "' holds a tab or a newline")
        .hint("a TSV file cannot hold it: map it to something else first");
  }
}

/// Room for any number in text.
using NumberText = std::array<char, 64>;

template <class T>
[[nodiscard]] std::string_view number_text(T value, NumberText& text) {
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), static_cast<std::size_t>(result.ptr - text.data())};
}

template <TsvField T>
[[nodiscard]] std::string_view field_text(const T& value, NumberText& text) {
  if constexpr (TextKey<T>) {
    return value;
  } else {
    return number_text(value, text);
  }
}

/// The bytes of a row's line, with its newline.
template <Key K, class V>
requires TsvField<K> && TsvField<V>
[[nodiscard]] std::size_t tsv_size(const Row<V>& row) {
  NumberText key;
  NumberText value;
  return field_text(key_view<K>(row.key), key).size() + field_text(row.value, value).size() + 2;
}

/// Appends a row's line.
template <Key K, class V>
requires TsvField<K> && TsvField<V>
void append_tsv(std::vector<char>& text, const Row<V>& row, Columns columns) {
  NumberText key_digits;
  NumberText value_digits;
  std::string_view first = field_text(key_view<K>(row.key), key_digits);
  if constexpr (TextKey<K>) {
    expect_one_field(first);
  }
  std::string_view second = field_text(row.value, value_digits);
  if (columns == Columns::value_key) {
    std::swap(first, second);
  }
  const std::size_t at = text.size();
  text.resize(at + first.size() + second.size() + 2);
  char* next = std::ranges::copy(first, text.data() + at).out;
  *next++ = '\t';
  next = std::ranges::copy(second, next).out;
  *next = '\n';
}

/// A row's line in columns.
template <Key K>
struct TsvFormat {
  Columns columns = Columns::key_value;

  template <class V>
  [[nodiscard]] std::size_t size(const Row<V>& row) const {
    return tsv_size<K>(row);
  }
  template <class V>
  void append(std::vector<char>& text, const Row<V>& row) const {
    append_tsv<K>(text, row, columns);
  }
};

}  // namespace serried::mapreduce
