/// Records as bytes, so that they can be sorted, sent to other ranks and put on disk.
///
///     std::vector<char> bytes;
///     encode_record(bytes, KeyValue<std::string, double>{"a", 0.5});
///     const KeyValue<std::string_view, double> again = decode_record<KeyValue<std::string, double>>(bytes);
///
/// Self-contained types travel as they are, text with its length, and what is made of such by KeyValue, std::pair, std::tuple,
/// std::array, std::optional, std::variant (of two) and std::vector part by part. Another type specialises Codec: a struct of
/// yours that holds a view or a pointer must, for that cannot be seen from here.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/self_contained.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/order.hpp>

namespace serried::mapreduce {

/// How a type travels. A specialisation has
/// - `View`: what is seen of it where its bytes lie: text as std::string_view, most types themselves; it travels as the same
///   bytes;
/// - `Owned`: the same without views;
/// - `encode(std::vector<char>& bytes, const T& value)`, which appends; `View decode(const char*& next)`, which takes from `next`
///   what was appended; `Owned own(const View& view)`.
template <class T>
struct Codec;

namespace detail {

// Whether the bytes of a value are all of it. Views hide in what is made of them, which is trivially copyable all the same.
template <class T>
inline constexpr bool is_flat = SelfContained<T>;
template <class K, class V>
inline constexpr bool is_flat<KeyValue<K, V>> = is_flat<K>&& is_flat<V>&& SelfContained<KeyValue<K, V>>;
template <class T, std::size_t n>
inline constexpr bool is_flat<std::array<T, n>> = is_flat<T>;
template <class... T>
inline constexpr bool is_flat<std::pair<T...>> = false;
template <class... T>
inline constexpr bool is_flat<std::tuple<T...>> = false;
template <class T>
inline constexpr bool is_flat<std::optional<T>> = is_flat<T>&& SelfContained<std::optional<T>>;
template <class... T>
inline constexpr bool is_flat<std::variant<T...>> = (is_flat<T> && ...) && SelfContained<std::variant<T...>>;

inline void append_raw(std::vector<char>& bytes, const void* data, std::size_t size) {
  if (size > 0) {
    const std::size_t at = bytes.size();
    bytes.resize(at + size);
    std::memcpy(bytes.data() + at, data, size);
  }
}

template <class T>
T take_raw(const char*& next) {
  T value;
  std::memcpy(&value, next, sizeof value);
  next += sizeof value;
  return value;
}

inline std::uint32_t encoded_size(std::size_t size) {
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    throw Error("a text or a list of 2^32 elements or more in a record").hint("cut it into several records");
  }
  return static_cast<std::uint32_t>(size);
}

}  // namespace detail

template <class T>
requires detail::is_flat<T>
struct Codec<T> {
  using View = T;
  using Owned = T;
  static void encode(std::vector<char>& bytes, const T& value) {
    if constexpr (!std::is_empty_v<T>) {
      detail::append_raw(bytes, &value, sizeof value);
    }
  }
  static T decode(const char*& next) {
    if constexpr (std::is_empty_v<T>) {
      return {};
    } else {
      return detail::take_raw<T>(next);
    }
  }
  static T own(const T& value) { return value; }
};

template <TextKey T>
struct Codec<T> {
  using View = std::string_view;
  using Owned = std::string;
  static void encode(std::vector<char>& bytes, std::string_view text) {
    const std::uint32_t size = detail::encoded_size(text.size());
    detail::append_raw(bytes, &size, sizeof size);
    detail::append_raw(bytes, text.data(), text.size());
  }
  static std::string_view decode(const char*& next) {
    const auto size = detail::take_raw<std::uint32_t>(next);
    return {std::exchange(next, next + size), size};
  }
  static std::string own(std::string_view text) { return std::string(text); }
};

template <class T>
concept Encodable = requires(std::vector<char>& bytes, const T& value, const char*& next) {
  typename Codec<T>::View;
  typename Codec<T>::Owned;
  Codec<T>::encode(bytes, value);
  { Codec<T>::decode(next) } -> std::same_as<typename Codec<T>::View>;
  Codec<T>::own(Codec<T>::decode(next));
};

/// How a record is seen where its bytes lie, and how it outlives them.
template <Encodable T>
using ViewOf = typename Codec<T>::View;
template <Encodable T>
using OwnedOf = typename Codec<T>::Owned;

namespace detail {
// Braces evaluate from left to right, as the bytes lie.
template <template <class...> class Product, class... T>
struct ProductCodec {
  using View = Product<ViewOf<T>...>;
  using Owned = Product<OwnedOf<T>...>;
  static View decode(const char*& next) { return View{Codec<T>::decode(next)...}; }
};
}  // namespace detail

template <Encodable K, Encodable V>
requires(!detail::is_flat<KeyValue<K, V>>) struct Codec<KeyValue<K, V>>
    : detail::ProductCodec<KeyValue, K, V> {
  static void encode(std::vector<char>& bytes, const KeyValue<K, V>& item) {
    Codec<K>::encode(bytes, item.key);
    Codec<V>::encode(bytes, item.value);
  }
  static auto own(const KeyValue<ViewOf<K>, ViewOf<V>>& item) {
    return KeyValue<OwnedOf<K>, OwnedOf<V>>{Codec<K>::own(item.key), Codec<V>::own(item.value)};
  }
};

template <Encodable A, Encodable B>
struct Codec<std::pair<A, B>> : detail::ProductCodec<std::pair, A, B> {
  static void encode(std::vector<char>& bytes, const std::pair<A, B>& pair) {
    Codec<A>::encode(bytes, pair.first);
    Codec<B>::encode(bytes, pair.second);
  }
  static auto own(const std::pair<ViewOf<A>, ViewOf<B>>& pair) {
    return std::pair<OwnedOf<A>, OwnedOf<B>>{Codec<A>::own(pair.first), Codec<B>::own(pair.second)};
  }
};

template <Encodable... T>
struct Codec<std::tuple<T...>> : detail::ProductCodec<std::tuple, T...> {
  static void encode(std::vector<char>& bytes, const std::tuple<T...>& tuple) {
    std::apply([&](const T&... part) { (Codec<T>::encode(bytes, part), ...); }, tuple);
  }
  static auto own(const std::tuple<ViewOf<T>...>& tuple) {
    return std::apply([](const auto&... part) { return std::tuple<OwnedOf<T>...>{Codec<T>::own(part)...}; },
                      tuple);
  }
};

template <Encodable T, std::size_t n>
requires(!detail::is_flat<std::array<T, n>>) struct Codec<std::array<T, n>> {
  using View = std::array<ViewOf<T>, n>;
  using Owned = std::array<OwnedOf<T>, n>;
  static void encode(std::vector<char>& bytes, const std::array<T, n>& values) {
    for (const T& value : values) {
      Codec<T>::encode(bytes, value);
    }
  }
  static View decode(const char*& next) {
    View values;
    for (auto& value : values) {
      value = Codec<T>::decode(next);
    }
    return values;
  }
  static Owned own(const View& view) {
    Owned values;
    for (std::size_t i = 0; i < n; ++i) {
      values[i] = Codec<T>::own(view[i]);
    }
    return values;
  }
};

template <Encodable T>
requires(!detail::is_flat<std::optional<T>>) struct Codec<std::optional<T>> {
  using View = std::optional<ViewOf<T>>;
  using Owned = std::optional<OwnedOf<T>>;
  static void encode(std::vector<char>& bytes, const std::optional<T>& value) {
    bytes.push_back(value.has_value() ? 1 : 0);
    if (value) {
      Codec<T>::encode(bytes, *value);
    }
  }
  static View decode(const char*& next) { return *next++ == 0 ? View() : View(Codec<T>::decode(next)); }
  static Owned own(const View& view) { return view ? Owned(Codec<T>::own(*view)) : Owned(); }
};

template <Encodable A, Encodable B>
requires(!detail::is_flat<std::variant<A, B>>) struct Codec<std::variant<A, B>> {
  using View = std::variant<ViewOf<A>, ViewOf<B>>;
  using Owned = std::variant<OwnedOf<A>, OwnedOf<B>>;
  static void encode(std::vector<char>& bytes, const std::variant<A, B>& value) {
    bytes.push_back(static_cast<char>(value.index()));
    if (value.index() == 0) {
      Codec<A>::encode(bytes, std::get<0>(value));
    } else {
      Codec<B>::encode(bytes, std::get<1>(value));
    }
  }
  static View decode(const char*& next) {
    return *next++ == 0 ? View(std::in_place_index<0>, Codec<A>::decode(next))
                        : View(std::in_place_index<1>, Codec<B>::decode(next));
  }
  static Owned own(const View& view) {
    return view.index() == 0 ? Owned(std::in_place_index<0>, Codec<A>::own(std::get<0>(view)))
                             : Owned(std::in_place_index<1>, Codec<B>::own(std::get<1>(view)));
  }
};

namespace detail {
// Whether the elements of a vector lie side by side as they travel.
template <class T>
inline constexpr bool is_block_of = is_flat<T> && !std::is_empty_v<T> && !std::same_as<T, bool>;
}  // namespace detail

template <Encodable T>
struct Codec<std::vector<T>> {
  using View = std::vector<ViewOf<T>>;
  using Owned = std::vector<OwnedOf<T>>;
  static void encode(std::vector<char>& bytes, const std::vector<T>& values) {
    const std::uint32_t size = detail::encoded_size(values.size());
    detail::append_raw(bytes, &size, sizeof size);
    if constexpr (detail::is_block_of<T>) {
      detail::append_raw(bytes, values.data(), values.size() * sizeof(T));
    } else {
      for (const T& value : values) {
        Codec<T>::encode(bytes, value);
      }
    }
  }
  static View decode(const char*& next) {
    const auto size = detail::take_raw<std::uint32_t>(next);
    View values;
    if constexpr (detail::is_block_of<T>) {
      values.resize(size);
      if (size > 0) {
        std::memcpy(values.data(), next, size * sizeof(T));
      }
      next += size * sizeof(T);
    } else {
      values.reserve(size);
      for (std::uint32_t i = 0; i < size; ++i) {
        values.push_back(Codec<T>::decode(next));
      }
    }
    return values;
  }
  static Owned own(const View& view) {
    Owned values;
    values.reserve(view.size());
    for (const auto& value : view) {
      values.push_back(Codec<T>::own(value));
    }
    return values;
  }
};

/// Appends a whole record, whose size will be known: text needs no length of its own.
template <Encodable T>
void encode_record(std::vector<char>& bytes, const T& record) {
  if constexpr (TextKey<T>) {
    detail::append_raw(bytes, record.data(), record.size());
  } else {
    Codec<T>::encode(bytes, record);
  }
}
/// Made of all of `bytes`, which encode_record has appended, and valid as long as they are.
template <Encodable T>
[[nodiscard]] ViewOf<T> decode_record(std::string_view bytes) {
  if constexpr (TextKey<T>) {
    return bytes;
  } else {
    const char* next = bytes.data();
    return Codec<T>::decode(next);
  }
}

/// A copy of `view` that owns what it refers to.
template <Encodable T>
[[nodiscard]] OwnedOf<T> owned(const ViewOf<T>& view) {
  return Codec<T>::own(view);
}

}  // namespace serried::mapreduce
