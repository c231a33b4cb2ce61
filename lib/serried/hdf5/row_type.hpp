/// What a row of a table is made of: numbers and texts by name (table.hpp).
///
///     struct Particle { std::int32_t id; double x; std::array<char, 8> kind; };
///     const RowType type = row_type<Particle>(
///         {member("id", &Particle::id), member("x", &Particle::x), member("kind", &Particle::kind)});
///     const RowType pairs = packed_rows({text_column("key", longest), column<std::uint64_t>("value")});
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/hdf5/element.hpp>

namespace serried::hdf5 {

struct Member {
  std::string name;
  std::size_t offset = 0;  ///< in the row
  std::size_t n_bytes = 0;
  /// None: a text of n_bytes, or of fewer, and then NULs; one that ends with NULs is read without them.
  std::optional<ElementType> number{};
  friend bool operator==(const Member&, const Member&) = default;
};

struct RowType {
  std::vector<Member> members;
  std::size_t n_bytes = 0;  ///< of a row, with what lies between members
  friend bool operator==(const RowType&, const RowType&) = default;
};

namespace detail {
template <class T>
inline constexpr std::size_t text_bytes = 0;
template <std::size_t n>
inline constexpr std::size_t text_bytes<std::array<char, n>> = n;
}  // namespace detail

/// A type that a row can hold: an Element, or a text of fixed length.
template <class T>
concept MemberValue = Element<T> ||(detail::text_bytes<T> > 0);

/// A struct that can be a row: its bytes are all that there is to it.
template <class T>
concept RowStruct = std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>;

/// Columns for packed_rows.
template <Element T>
[[nodiscard]] Member column(const std::string& name) {
  return {.name = name, .n_bytes = sizeof(T), .number = element_type<T>()};
}
[[nodiscard]] inline Member text_column(std::string name, std::size_t n_bytes) {
  return {.name = std::move(name), .n_bytes = n_bytes};
}

/// The columns one after the other. A text takes a byte at least.
[[nodiscard]] RowType packed_rows(std::vector<Member> columns);

/// A member of a struct.
template <RowStruct Row, MemberValue T>
[[nodiscard]] Member member(std::string name, T Row::*place) {
  Member made;
  if constexpr (Element<T>) {
    made = column<T>(name);
  } else {
    made = text_column(std::move(name), sizeof(T));
  }
  const Row row{};
  made.offset = static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&(row.*place)) -
                                         reinterpret_cast<const std::byte*>(&row));
  return made;
}

/// Some or all members of a struct.
template <RowStruct Row>
[[nodiscard]] RowType row_type(std::vector<Member> members) {
  return {std::move(members), sizeof(Row)};
}

/// "id (int32), kind (text of 8 bytes)"
[[nodiscard]] std::string to_string(const RowType& type);

}  // namespace serried::hdf5
