/// Orders of typed records, for a sort of their bytes.
///
///     lines.sort();                                             // by bytes
///     pairs.sort_by(mr::ascending_key);                         // pairs with equal keys stay as they came
///     people.sort_by([](const auto& a, const auto& b) { return a.age < b.age; });
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/described.hpp>
#include <serried/mapreduce/order.hpp>
#include <serried/mapreduce/record_order.hpp>
#include <serried/mapreduce/sorted_partition.hpp>
#include <serried/mpi/reduction.hpp>

namespace serried::mapreduce {

/// The natural order of text (by bytes), of numbers, and of all that has `<`.
struct Ascending {
  template <class T>
  bool operator()(const T& a, const T& b) const {
    return mpi::total_less(a, b);
  }
};
struct Descending {
  template <class T>
  bool operator()(const T& a, const T& b) const {
    return mpi::total_less(b, a);
  }
};
inline constexpr Ascending ascending;
inline constexpr Descending descending;

namespace detail {

struct NotKnown {};

// What of a record a well-known order compares.
template <class Less, class Item>
decltype(auto) compared_part(const Item& item) {
  if constexpr (std::same_as<Less, Ascending> || std::same_as<Less, Descending>) {
    return (item);
  } else if constexpr (std::same_as<Less, AscendingKey> || std::same_as<Less, DescendingKey>) {
    return (item.key);
  } else if constexpr (std::same_as<Less, AscendingValue> || std::same_as<Less, DescendingValue>) {
    return (item.value);
  } else {
    return NotKnown();
  }
}
template <class Less, class Item>
using ComparedPart = std::remove_cvref_t<decltype(compared_part<Less>(std::declval<const Item&>()))>;

template <class Less>
inline constexpr bool is_descending = std::same_as<Less, Descending> || std::same_as<Less, DescendingKey> ||
                                      std::same_as<Less, DescendingValue>;

// Floating point as unsigned numbers in the order of total_less.
inline std::uint64_t order_preserving_bits(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | std::uint64_t{1} << 63;
}

template <class T>
std::uint64_t number_prefix(T value) noexcept {
  if constexpr (std::floating_point<T>) {
    return order_preserving_bits(static_cast<double>(value));
  } else {
    return order_preserving(value);
  }
}

template <class T>
inline constexpr bool has_number_prefix =
    (std::integral<T> && sizeof(T) <= 8) || std::same_as<T, double> || std::same_as<T, float>;

}  // namespace detail

namespace detail {

// What a checkpoint must not be taken for another's by, as far as types tell.
template <class T, class Less>
[[nodiscard]] std::string order_name(Equals equals) {
  return std::string(typeid(T).name()) + " by " + typeid(Less).name() +
         (equals == Equals::all_stay ? "" : ", each once");
}

}  // namespace detail

/// `Less`, a strict weak order on ViewOf<T>, as a RecordOrder on the bytes of records.
template <Encodable T, class Less>
class EncodedOrder {
  using Item = ViewOf<T>;
  using Part = detail::ComparedPart<Less, Item>;
  static constexpr bool is_of_text = TextKey<Part>;

 public:
  static constexpr bool needs_whole_records = !TextKey<T>;

  /// `checked`: see TextOptions.
  explicit EncodedOrder(Less less, bool checked = false) : less_(std::move(less)), checked_(checked) {}

  [[nodiscard]] std::uint64_t prefix(std::string_view record) const {
    if constexpr (is_of_text) {
      return directed(ByteOrder().prefix(text_of(record)));
    } else if constexpr (detail::has_number_prefix<Part>) {
      const Item item = decode_record<T>(record);
      return directed(detail::number_prefix(detail::compared_part<Less>(item)));
    } else {
      return 0;
    }
  }
  [[nodiscard]] std::uint64_t prefix(std::string_view record, std::size_t depth) const
      requires(is_of_text && !detail::is_descending<Less>) {
    return ByteOrder().prefix(text_of(record), depth);
  }
  [[nodiscard]] int compare(std::string_view a, std::string_view b) const {
    const Item x = decode_record<T>(a);
    const Item y = decode_record<T>(b);
    return less_(x, y) ? -1 : less_(y, x) ? 1 : 0;
  }

  // For check_order; nobody doubts the order of numbers and text.
  [[nodiscard]] bool is_checked() const requires(!(is_of_text || std::is_arithmetic_v<Part>)) {
    return checked_;
  }
  [[nodiscard]] bool is_less(std::string_view a, std::string_view b) const {
    return less_(decode_record<T>(a), decode_record<T>(b));
  }
  [[nodiscard]] static std::string described(std::string_view record) {
    return mapreduce::described(decode_record<T>(record));
  }

 private:
  [[nodiscard]] static std::string_view text_of(std::string_view record) {
    const Item item = decode_record<T>(record);
    return detail::compared_part<Less>(item);
  }
  [[nodiscard]] static std::uint64_t directed(std::uint64_t number) {
    return detail::is_descending<Less> ? ~number : number;
  }

  Less less_;
  bool checked_;
};

}  // namespace serried::mapreduce
