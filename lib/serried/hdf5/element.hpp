/// The C++ types that datasets and attributes can be made of, and how they look in the file.
///
///     static_assert(Element<double> && Element<std::complex<float>> && !Element<std::string>);
///
/// Numbers are stored as the machine has them; bool and std::complex as h5py stores them: an enumeration FALSE, TRUE of
/// one byte, and a compound of r and i.
#pragma once

#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace serried::hdf5 {

namespace detail {
template <class T>
inline constexpr bool is_complex = false;
template <std::floating_point Part>
inline constexpr bool is_complex<std::complex<Part>> = true;
}  // namespace detail

/// An integer or a bool, float, double, or a std::complex of these two. (long double differs between machines.)
template <class T>
concept Element = (std::integral<T> || std::floating_point<T> ||
                   detail::is_complex<T>)&&!std::is_const_v<T> &&
                  (detail::is_complex<T> ? sizeof(T) <= 16 : sizeof(T) <= 8);

/// An Element as data.
struct ElementType {
  enum class Kind : std::uint8_t { signed_integer, unsigned_integer, floating, boolean, complex };
  Kind kind = Kind::floating;
  std::size_t n_bytes = 0;
  friend bool operator==(const ElementType&, const ElementType&) = default;
};

template <Element T>
[[nodiscard]] constexpr ElementType element_type() noexcept {
  using enum ElementType::Kind;
  if constexpr (std::same_as<T, bool>) {
    return {boolean, sizeof(T)};
  } else if constexpr (detail::is_complex<T>) {
    return {complex, sizeof(T)};
  } else if constexpr (std::floating_point<T>) {
    return {floating, sizeof(T)};
  } else {
    return {std::is_signed_v<T> ? signed_integer : unsigned_integer, sizeof(T)};
  }
}

}  // namespace serried::hdf5
