/// Records as lines of tab-separated fields: keys and values, pairs and tuples, field by field.
#pragma once

#include <concepts>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/tsv.hpp>

namespace serried::mapreduce {

namespace detail {

// How many fields a record has.
template <class T>
inline constexpr int n_fields = 1;
template <class K, class V>
inline constexpr int n_fields<KeyValue<K, V>> = n_fields<K> + n_fields<V>;
template <class A, class B>
inline constexpr int n_fields<std::pair<A, B>> = n_fields<A> + n_fields<B>;
template <class... T>
inline constexpr int n_fields<std::tuple<T...>> = (n_fields<T> + ...);
template <class T>
inline constexpr int n_fields<std::optional<T>> = n_fields<T>;

}  // namespace detail

/// A formatter for write_lines. The fields of a missing optional are empty. Throws if text holds a tab or a newline.
struct TsvLine {
  template <class T, class Line>
  void operator()(const T& record, Line& line) const {
    append(record, line);
  }

 private:
  template <TsvField T, class Line>
  static void append(const T& field, Line& line) {
    if constexpr (TextKey<T>) {
      expect_one_field(field);
    }
    line << field;
  }
  template <class K, class V, class Line>
  static void append(const KeyValue<K, V>& item, Line& line) {
    append(item.key, line);
    line << "\t";
    append(item.value, line);
  }
  template <class A, class B, class Line>
  static void append(const std::pair<A, B>& pair, Line& line) {
    append(pair.first, line);
    line << "\t";
    append(pair.second, line);
  }
  template <class First, class... Rest, class Line>
  static void append(const std::tuple<First, Rest...>& tuple, Line& line) {
    std::apply(
        [&](const First& first, const Rest&... rest) {
          append(first, line);
          ((line << "\t", append(rest, line)), ...);
        },
        tuple);
  }
  template <class T, class Line>
  static void append(const std::optional<T>& value, Line& line) {
    if (value) {
      append(*value, line);
      return;
    }
    for (int i = 1; i < detail::n_fields<T>; ++i) {
      line << "\t";
    }
  }
};

}  // namespace serried::mapreduce
