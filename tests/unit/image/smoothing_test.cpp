#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <serried/image/filter.hpp>
#include <serried/image/image.hpp>
#include <serried/image/smoothing.hpp>

#include "pixel_types.hpp"
#include "random_image.hpp"

namespace serried::image {
namespace {

// In doubles, pixel by pixel.
template <class T>
double smoothed(View<const T> image, std::ptrdiff_t x, std::ptrdiff_t y, int channel,
                std::span<const double> weights, Border border) {
  const auto radius = static_cast<std::ptrdiff_t>(weights.size()) - 1;
  double sum = 0;
  for (std::ptrdiff_t j = -radius; j <= radius; ++j) {
    const std::ptrdiff_t at_y = inside(y + j, image.height(), border);
    for (std::ptrdiff_t i = -radius; i <= radius; ++i) {
      const std::ptrdiff_t at_x = inside(x + i, image.width(), border);
      if (at_x >= 0 && at_y >= 0) {
        sum += weights[static_cast<std::size_t>(std::abs(i))] *
               weights[static_cast<std::size_t>(std::abs(j))] *
               static_cast<double>(image(at_x, at_y, channel));
      }
    }
  }
  return sum;
}

// As smoothing.hpp states it.
template <class T>
double bound(std::ptrdiff_t radius) {
  const auto r = static_cast<double>(radius);
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return radius <= 20 ? 0.5 + (3 * r + 2) / 128 : 0.5 + (r + 3) / 32768;
  } else if constexpr (std::is_same_v<T, std::uint16_t>) {
    return 0.5 + (r + 3) / 128;
  } else {
    return (r + 3) * 0x1p-23;
  }
}

template <class T>
void expect_right(std::ptrdiff_t width, std::ptrdiff_t height, int channels, const Smoothing& smoothing,
                  Border border) {
  const Image<T> image = test::random_image<T>(width, height, channels, 4);
  Image<T> found(width, height, channels);
  filter(image.view(), found.view(), smoothing, border);
  double worst = 0;
  for (std::ptrdiff_t y = 0; y < height; ++y) {
    for (std::ptrdiff_t x = 0; x < width; ++x) {
      for (int channel = 0; channel < channels; ++channel) {
        worst =
            std::max(worst, std::abs(static_cast<double>(found.view()(x, y, channel)) -
                                     smoothed<T>(image.view(), x, y, channel, smoothing.weights(), border)));
      }
    }
  }
  EXPECT_LE(worst, bound<T>(smoothing.halo()))
      << width << " x " << height << " x " << channels << ", radius " << smoothing.halo();
}

TEST(Smoothing, IsWithinItsBoundOfDoubles) {
  test::for_each_pixel_type([]<class T>(test::Named<T>) {
    for (const Border border : test::all_borders) {
      for (const auto& [width, height, channels] : test::some_sizes) {
        for (const double sigma : {0.3, 1.0, 3.0}) {
          expect_right<T>(width, height, channels, Smoothing::gaussian(sigma), border);
        }
        for (const int radius : {0, 2, 20, 21}) {
          expect_right<T>(width, height, channels, Smoothing::box(radius), border);
        }
      }
    }
  });
}

TEST(Smoothing, HasWeightsThatAddUpToOne) {
  for (const Smoothing& smoothing :
       {Smoothing::gaussian(0.01), Smoothing::gaussian(3), Smoothing::box(100)}) {
    double sum = smoothing.weights()[0];
    for (std::size_t k = 1; k < smoothing.weights().size(); ++k) {
      sum += 2 * smoothing.weights()[k];
    }
    EXPECT_NEAR(sum, 1, 1e-14);
  }
  EXPECT_EQ(Smoothing::gaussian(3).halo(), 9);
  EXPECT_EQ(Smoothing::gaussian(0.01).halo(), 1);
  EXPECT_NEAR(Smoothing::gaussian(2).weights()[2] / Smoothing::gaussian(2).weights()[0], std::exp(-0.5),
              1e-15);
}

// Also the largest value, which must not become 0.
TEST(Smoothing, LeavesAConstantAlone) {
  test::for_each_pixel_type([]<class T>(test::Named<T>) {
    constexpr bool is_float = std::is_same_v<T, float>;
    for (const T value : {T{0}, T{1}, T{127}, is_float ? T{200} : std::numeric_limits<T>::max()}) {
      Image<T> image(50, 40);
      for (std::ptrdiff_t y = 0; y < 40; ++y) {
        std::ranges::fill(image.view().row(y), value);
      }
      for (const Smoothing& smoothing :
           {Smoothing::gaussian(0.5), Smoothing::gaussian(6.5), Smoothing::box(20), Smoothing::box(21)}) {
        Image<T> found(50, 40);
        filter(image.view(), found.view(), smoothing, Border::reflect);
        for (std::ptrdiff_t y = 0; y < 40; ++y) {
          for (const T pixel : found.view().row(y)) {
            ASSERT_NEAR(pixel, value, is_float ? 24 * 0x1p-23 * static_cast<double>(value) : 0);
          }
        }
      }
    }
  });
}

TEST(Smoothing, RefusesWhatMakesNoSense) {
  for (const double sigma : {0.0, -1.0, 1001.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(static_cast<void>(Smoothing::gaussian(sigma)), std::logic_error);
  }
  EXPECT_THROW(static_cast<void>(Smoothing::box(-1)), std::logic_error);
  EXPECT_THROW(static_cast<void>(Smoothing::box(3001)), std::logic_error);
  Image<float> image(10, 10);
  Image<float> to(9, 8);
  Scratch scratch;
  EXPECT_THROW(Smoothing::box(1)(image.view(), to.view(), scratch), std::logic_error);
}

}  // namespace
}  // namespace serried::image
