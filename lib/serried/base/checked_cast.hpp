/// Integer conversions that cannot lose a value silently, for the edge where 64-bit counts meet an `int`
/// interface.
///
///     MPI_Send(data, checked_cast<int>(size), ...);
#pragma once

#include <concepts>
#include <utility>

#include <serried/base/contract.hpp>

namespace serried {

/// `value` as a To. Throws std::logic_error if it does not fit.
template <std::integral To, std::integral From>
[[nodiscard]] constexpr To checked_cast(From value, Place where = Place::here()) {
  expects(std::in_range<To>(value), "the number fits the narrower type", where);
  return static_cast<To>(value);
}

}  // namespace serried
