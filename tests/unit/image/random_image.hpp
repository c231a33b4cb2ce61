/// Images of random pixels, the same for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <type_traits>

#include <serried/image/image.hpp>

namespace serried::image::test {

/// Of all values; floats are from -1 to 1.
template <class T>
[[nodiscard]] Image<T> random_image(std::ptrdiff_t width, std::ptrdiff_t height, int channels,
                                    std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Image<T> image(width, height, channels);
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (T& value : image.view().row(y)) {
      if constexpr (std::is_same_v<T, float>) {
        value = std::uniform_real_distribution<float>(-1, 1)(random);
      } else {
        value = static_cast<T>(random());
      }
    }
  }
  return image;
}

}  // namespace serried::image::test
