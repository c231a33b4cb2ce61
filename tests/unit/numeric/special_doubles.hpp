// The doubles at the ends of the range and beyond.
#pragma once

#include <limits>

namespace serried::numeric {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double largest = std::numeric_limits<double>::max();
inline constexpr double smallest = std::numeric_limits<double>::denorm_min();  // above zero

}  // namespace serried::numeric
