/// From sums back to pixels. Part of the kernels.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <serried/image/view.hpp>

namespace serried::image {

/// What of T's values is nearest to `x`; halves go up; 0 for NaN. Floats stay what they are. Without branches and calls: loops over it
/// become vector code.
template <Pixel T>
[[nodiscard]] inline T nearest_pixel(float x) {
  if constexpr (std::is_same_v<T, float>) {
    return x;
  } else {
    constexpr float most = std::numeric_limits<T>::max();
    const float not_negative = x > 0.0F ? x : 0.0F;
    const float bounded = not_negative < most ? not_negative : most;
    const float up = bounded + 0.5F;  // below 2^17, so that the sum is exact enough
    return static_cast<T>(static_cast<std::int32_t>(up));
  }
}

}  // namespace serried::image
