/// What types a file of saved records may hold, what they are called there, and how their bytes lie.
///
///     saved_type_name<KeyValue<std::string_view, double>>()     // "key_value(text, f64)"
///
/// Numbers, enumerations, text, and what KeyValue, std::pair, std::tuple, std::array, std::optional, std::variant and std::vector
/// make of these travel part by part, so that no byte depends on what lay between the parts. A struct of yours is taken as its
/// bytes, if all of them have a value: it is called by its size alone, so that two of one size are not told apart. One with gaps
/// between its members is refused when it is compiled; another type specialises SavedType.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/key_traits.hpp>
#include <serried/mapreduce/order.hpp>

namespace serried::mapreduce {

static_assert(std::endian::native == std::endian::little, "saved files hold numbers as memory does");

/// The bytes of a record from which values are taken one after the other. What is not there is an Error.
class SavedBytes {
 public:
  explicit SavedBytes(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::string_view take(std::size_t n) {
    if (n > bytes_.size()) [[unlikely]] {
      throw_not_of_the_type();
    }
    const std::string_view taken = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return taken;
  }
  template <class T>
  [[nodiscard]] T take_value() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  [[nodiscard]] std::string_view take_rest() { return take(bytes_.size()); }
  void expect_end() const {
    if (!bytes_.empty()) [[unlikely]] {
      throw_not_of_the_type();
    }
  }
  [[noreturn]] static void throw_not_of_the_type() {
    throw Error("a saved record is not of the type that its file names")
        .hint("was the file written by a program whose types were others?");
  }

 private:
  std::string_view bytes_;
};

/// How a type lies in a file. A specialisation has `name()`, in which another name means another file, `encode(bytes, value)`,
/// which appends bytes that follow from the value alone, and `decode(SavedBytes&)`, which gives a ViewOf<T>.
template <class T>
struct SavedType;

template <class T>
concept Saveable = Encodable<T> && requires(std::vector<char>& bytes, const T& value, SavedBytes& saved) {
  { SavedType<T>::name() } -> std::same_as<std::string>;
  SavedType<T>::encode(bytes, value);
  { SavedType<T>::decode(saved) } -> std::same_as<ViewOf<T>>;
};

namespace detail {

template <class T>
concept SavedNumber = (std::is_arithmetic_v<T> && !std::same_as<T, long double>) || std::is_enum_v<T>;

// Not constant if a byte has no value.
template <class T>
constexpr bool all_bytes_have_values() {
  const auto bytes = std::bit_cast<std::array<unsigned char, sizeof(T)>>(T{});
  unsigned sum = 0;
  for (const unsigned char byte : bytes) {
    sum += byte;
  }
  return sum + 1 > 0;
}
template <class T>
concept WithoutGaps = std::has_unique_object_representations_v<T> || requires {
  typename std::bool_constant<all_bytes_have_values<T>()>;
};

template <class T>
concept SavedStruct = std::is_class_v<T> && SelfContained<T> && is_flat<T> &&
    (std::is_empty_v<T> || WithoutGaps<T>);

template <class T>
std::string saved_number_name() {
  if constexpr (std::is_enum_v<T>) {
    return saved_number_name<std::underlying_type_t<T>>();
  } else if constexpr (std::same_as<T, bool>) {
    return "bool";
  } else if constexpr (std::same_as<T, char>) {
    return "char";
  } else {
    const char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
    return kind + std::to_string(8 * sizeof(T));
  }
}

template <class... T>
std::string saved_names(const std::string& kind) {
  std::string names;
  ((names += (names.empty() ? "" : ", ") + SavedType<T>::name()), ...);
  return kind + "(" + names + ")";
}

// Many of one type: as a block where that is the same.
template <class T, class Values>
void encode_saved_elements(std::vector<char>& bytes, const Values& values) {
  if constexpr (SavedNumber<T> && !std::same_as<T, bool>) {
    append_raw(bytes, values.data(), values.size() * sizeof(T));
  } else {
    for (const T& value : values) {
      SavedType<T>::encode(bytes, value);
    }
  }
}

}  // namespace detail

template <detail::SavedNumber T>
struct SavedType<T> {
  static std::string name() { return detail::saved_number_name<T>(); }
  static void encode(std::vector<char>& bytes, const T& value) {
    detail::append_raw(bytes, &value, sizeof value);
  }
  static T decode(SavedBytes& bytes) {
    if constexpr (std::same_as<T, bool>) {
      return bytes.take_value<char>() != 0;
    } else {
      return bytes.take_value<T>();
    }
  }
};

template <detail::SavedStruct T>
struct SavedType<T> {
  static constexpr std::size_t n_bytes = std::is_empty_v<T> ? 0 : sizeof(T);
  static std::string name() { return "struct(" + std::to_string(n_bytes) + " bytes)"; }
  static void encode(std::vector<char>& bytes, const T& value) { detail::append_raw(bytes, &value, n_bytes); }
  static T decode(SavedBytes& bytes) {
    T value{};
    std::memcpy(static_cast<void*>(&value), bytes.take(n_bytes).data(), n_bytes);
    return value;
  }
};

template <TextKey T>
struct SavedType<T> {
  static std::string name() { return "text"; }
  static void encode(std::vector<char>& bytes, std::string_view text) { Codec<T>::encode(bytes, text); }
  static std::string_view decode(SavedBytes& bytes) { return bytes.take(bytes.take_value<std::uint32_t>()); }
};

template <Saveable K, Saveable V>
struct SavedType<KeyValue<K, V>> {
  static std::string name() { return detail::saved_names<K, V>("key_value"); }
  static void encode(std::vector<char>& bytes, const KeyValue<K, V>& item) {
    SavedType<K>::encode(bytes, item.key);
    SavedType<V>::encode(bytes, item.value);
  }
  static ViewOf<KeyValue<K, V>> decode(SavedBytes& bytes) {
    return {SavedType<K>::decode(bytes), SavedType<V>::decode(bytes)};
  }
};

template <Saveable A, Saveable B>
struct SavedType<std::pair<A, B>> {
  static std::string name() { return detail::saved_names<A, B>("pair"); }
  static void encode(std::vector<char>& bytes, const std::pair<A, B>& pair) {
    SavedType<A>::encode(bytes, pair.first);
    SavedType<B>::encode(bytes, pair.second);
  }
  static ViewOf<std::pair<A, B>> decode(SavedBytes& bytes) {
    return ViewOf<std::pair<A, B>>{SavedType<A>::decode(bytes), SavedType<B>::decode(bytes)};
  }
};

template <Saveable... T>
struct SavedType<std::tuple<T...>> {
  static std::string name() { return detail::saved_names<T...>("tuple"); }
  static void encode(std::vector<char>& bytes, const std::tuple<T...>& tuple) {
    std::apply([&](const T&... part) { (SavedType<T>::encode(bytes, part), ...); }, tuple);
  }
  static ViewOf<std::tuple<T...>> decode(SavedBytes& bytes) {
    return ViewOf<std::tuple<T...>>{SavedType<T>::decode(bytes)...};
  }
};

template <Saveable T, std::size_t n>
struct SavedType<std::array<T, n>> {
  static std::string name() { return detail::saved_names<T>(std::to_string(n) + " of "); }
  static void encode(std::vector<char>& bytes, const std::array<T, n>& values) {
    detail::encode_saved_elements<T>(bytes, values);
  }
  static ViewOf<std::array<T, n>> decode(SavedBytes& bytes) {
    ViewOf<std::array<T, n>> values{};
    for (auto& value : values) {
      value = SavedType<T>::decode(bytes);
    }
    return values;
  }
};

template <Saveable T>
struct SavedType<std::optional<T>> {
  static std::string name() { return detail::saved_names<T>("optional"); }
  static void encode(std::vector<char>& bytes, const std::optional<T>& value) {
    bytes.push_back(value.has_value() ? 1 : 0);
    if (value) {
      SavedType<T>::encode(bytes, *value);
    }
  }
  static ViewOf<std::optional<T>> decode(SavedBytes& bytes) {
    if (bytes.take_value<char>() == 0) {
      return {};
    }
    return ViewOf<std::optional<T>>(SavedType<T>::decode(bytes));
  }
};

template <Saveable... T>
struct SavedType<std::variant<T...>> {
  static_assert(sizeof...(T) < 256);
  static std::string name() { return detail::saved_names<T...>("variant"); }
  static void encode(std::vector<char>& bytes, const std::variant<T...>& value) {
    bytes.push_back(static_cast<char>(value.index()));
    std::visit([&]<class Part>(const Part& part) { SavedType<Part>::encode(bytes, part); }, value);
  }
  static ViewOf<std::variant<T...>> decode(SavedBytes& bytes) {
    return decode(bytes, bytes.take_value<unsigned char>(), std::index_sequence_for<T...>());
  }

 private:
  template <std::size_t... i>
  static ViewOf<std::variant<T...>> decode(SavedBytes& bytes, std::size_t index,
                                           std::index_sequence<i...> /*indices*/) {
    using View = ViewOf<std::variant<T...>>;
    std::optional<View> view;
    ((index == i ? void(view.emplace(std::in_place_index<i>, SavedType<T>::decode(bytes))) : void()), ...);
    if (!view) {
      SavedBytes::throw_not_of_the_type();
    }
    return *std::move(view);
  }
};

template <Saveable T>
struct SavedType<std::vector<T>> {
  static std::string name() { return detail::saved_names<T>("vector"); }
  static void encode(std::vector<char>& bytes, const std::vector<T>& values) {
    const std::uint32_t size = detail::encoded_size(values.size());
    detail::append_raw(bytes, &size, sizeof size);
    detail::encode_saved_elements<T>(bytes, values);
  }
  static ViewOf<std::vector<T>> decode(SavedBytes& bytes) {
    const auto size = bytes.take_value<std::uint32_t>();
    ViewOf<std::vector<T>> values;
    if constexpr (detail::SavedNumber<T> && !std::same_as<T, bool>) {
      const std::string_view block = bytes.take(std::size_t{size} * sizeof(T));
      values.resize(size);
      if (size > 0) {
        std::memcpy(values.data(), block.data(), block.size());
      }
    } else {
      for (std::uint32_t i = 0; i < size; ++i) {
        values.push_back(SavedType<T>::decode(bytes));
      }
    }
    return values;
  }
};

template <Saveable T>
[[nodiscard]] std::string saved_type_name() {
  return SavedType<T>::name();
}

/// Appends a whole record, whose size will be known: text needs no length of its own.
template <Saveable T>
void encode_saved(std::vector<char>& bytes, const T& record) {
  if constexpr (TextKey<T>) {
    detail::append_raw(bytes, record.data(), record.size());
  } else {
    SavedType<T>::encode(bytes, record);
  }
}
/// Made of all of `record`, and valid as long as it is. Throws if it is not what encode_saved appends.
template <Saveable T>
[[nodiscard]] ViewOf<T> decode_saved(std::string_view record) {
  if constexpr (TextKey<T>) {
    return record;
  } else {
    SavedBytes bytes(record);
    ViewOf<T> view = SavedType<T>::decode(bytes);
    bytes.expect_end();
    return view;
  }
}

}  // namespace serried::mapreduce
