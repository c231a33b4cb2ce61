#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <type_traits>

#include <gtest/gtest.h>

#include <serried/image/filter.hpp>
#include <serried/image/gradient.hpp>
#include <serried/image/image.hpp>

#include "pixel_types.hpp"
#include "random_image.hpp"

namespace serried::image {
namespace {

// In doubles, pixel by pixel.
template <class T>
double length_at(View<const T> image, std::ptrdiff_t x, std::ptrdiff_t y, int channel, double middle_weight,
                 Border border) {
  const auto value = [&](std::ptrdiff_t i, std::ptrdiff_t j) {
    const std::ptrdiff_t at_x = inside(x + i, image.width(), border);
    const std::ptrdiff_t at_y = inside(y + j, image.height(), border);
    return at_x < 0 || at_y < 0 ? 0.0 : static_cast<double>(image(at_x, at_y, channel));
  };
  double across = 0;
  double down = 0;
  for (const int i : {-1, 0, 1}) {
    const double weight = i == 0 ? middle_weight : 1;
    across += weight * (value(1, i) - value(-1, i));
    down += weight * (value(i, 1) - value(i, -1));
  }
  return std::sqrt(across * across + down * down);
}

// As gradient.hpp states it.
template <class T>
double allowed(double length) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return 0.5;
  } else if constexpr (std::is_same_v<T, std::uint16_t>) {
    return 0.51;
  } else {
    return 0x1p-21 * (length + 1);
  }
}

TEST(Gradient, IsWithinItsBoundOfDoubles) {
  test::for_each_pixel_type([]<class T>(test::Named<T>) {
    for (const Border border : test::all_borders) {
      for (const auto& [width, height, channels] : test::some_sizes) {
        const Image<T> image = test::random_image<T>(width, height, channels, 5);
        for (const bool is_sobel : {true, false}) {
          Image<T> found(width, height, channels);
          filter(image.view(), found.view(), is_sobel ? Gradient::sobel() : Gradient::prewitt(), border);
          int n_wrong = 0;
          for (std::ptrdiff_t y = 0; y < height; ++y) {
            for (std::ptrdiff_t x = 0; x < width; ++x) {
              for (int channel = 0; channel < channels; ++channel) {
                double length = length_at(image.view(), x, y, channel, is_sobel ? 2 : 1, border);
                if constexpr (!std::is_same_v<T, float>) {
                  length = std::min<double>(length, std::numeric_limits<T>::max());
                }
                const double error = std::abs(static_cast<double>(found.view()(x, y, channel)) - length);
                n_wrong += error <= allowed<T>(length) ? 0 : 1;
              }
            }
          }
          EXPECT_EQ(n_wrong, 0) << width << " x " << height << " x " << channels;
        }
      }
    }
  });
}

TEST(Gradient, FindsAnEdge) {
  Image<std::uint8_t> image(10, 10);
  for (std::ptrdiff_t y = 0; y < 10; ++y) {
    std::fill_n(image.view().row(y).begin(), 5, std::uint8_t{20});
  }
  Image<std::uint8_t> found(10, 10);
  filter(image.view(), found.view(), Gradient::sobel(), Border::clamp);
  for (std::ptrdiff_t x = 0; x < 10; ++x) {
    EXPECT_EQ(found.view()(x, 3), x == 4 || x == 5 ? 80 : 0);
  }
  filter(image.view(), found.view(), Gradient::prewitt(), Border::clamp);
  EXPECT_EQ(found.view()(4, 3), 60);
}

TEST(Gradient, WantsItsHalo) {
  Image<float> image(10, 10);
  Image<float> to(9, 8);
  Scratch scratch;
  EXPECT_THROW(Gradient::sobel()(image.view(), to.view(), scratch), std::logic_error);
}

}  // namespace
}  // namespace serried::image
