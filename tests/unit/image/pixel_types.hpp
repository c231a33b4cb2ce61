/// What the tests of all kernels go through.
#pragma once

#include <cstdint>
#include <tuple>

#include <serried/image/border.hpp>

namespace serried::image::test {

template <class T>
struct Named {
  using Type = T;
};
/// work(Named<T>()) for each type T of pixels.
template <class Work>
void for_each_pixel_type(const Work& work) {
  work(Named<std::uint8_t>());
  work(Named<std::uint16_t>());
  work(Named<float>());
}

inline constexpr Border all_borders[] = {Border::reflect, Border::clamp, Border::wrap, Border::constant};

/// Width, height, channels.
inline constexpr std::tuple<int, int, int> some_sizes[] = {
    {1, 1, 1}, {67, 35, 1}, {33, 9, 3}, {5, 70, 4}, {20, 20, 2}};

}  // namespace serried::image::test
