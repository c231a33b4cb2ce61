/// Rows as lines that a function writes.
///
///     counts.write_lines("counts.txt", [](const auto& item, auto& line) { line << item.key << " x " << item.value; });
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/row.hpp>
#include <serried/mapreduce/tsv.hpp>

namespace serried::mapreduce {

/// What a formatter puts the parts of a line into: text as it is, numbers as in tsv.hpp. `Take` is
/// `void(std::string_view)`.
template <class Take>
class Line {
 public:
  explicit Line(Take take) : take_(std::move(take)) {}

  Line& operator<<(std::string_view bytes) {
    take_(bytes);
    return *this;
  }
  template <class T>
  requires(std::is_arithmetic_v<T> && !std::same_as<T, bool> && !std::same_as<T, char>) Line& operator<<(
      T number) {
    NumberText text;
    take_(number_text(number, text));
    return *this;
  }

 private:
  Take take_;
};

/// A row's line by `Formatter`, `void(const Item&, auto& line)`: called twice for each row, first for its size alone, it
/// must put the same both times. The newline is added.
template <Key K, class Formatter>
struct LineFormat {
  Formatter formatter;

  template <class V>
  [[nodiscard]] std::size_t size(const Row<V>& row) const {
    std::size_t n = 1;
    Line line([&](std::string_view bytes) { n += bytes.size(); });
    formatter(KeyValue<KeyView<K>, V>{key_view<K>(row.key), row.value}, line);
    return n;
  }
  template <class V>
  void append(std::vector<char>& text, const Row<V>& row) const {
    Line line([&](std::string_view bytes) { text.insert(text.end(), bytes.begin(), bytes.end()); });
    formatter(KeyValue<KeyView<K>, V>{key_view<K>(row.key), row.value}, line);
    text.push_back('\n');
  }
};

}  // namespace serried::mapreduce
