#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <serried/image/filter.hpp>
#include <serried/image/image.hpp>
#include <serried/image/median.hpp>

#include "pixel_types.hpp"
#include "random_image.hpp"

namespace serried::image {
namespace {

template <class T>
T median_at(View<const T> image, std::ptrdiff_t x, std::ptrdiff_t y, int channel, std::ptrdiff_t radius,
            Border border) {
  std::vector<T> values;
  for (std::ptrdiff_t j = -radius; j <= radius; ++j) {
    for (std::ptrdiff_t i = -radius; i <= radius; ++i) {
      const std::ptrdiff_t at_x = inside(x + i, image.width(), border);
      const std::ptrdiff_t at_y = inside(y + j, image.height(), border);
      values.push_back(at_x < 0 || at_y < 0 ? T{0} : image(at_x, at_y, channel));
    }
  }
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// With few different values, too, of which many are the same.
TEST(Median, IsExact) {
  test::for_each_pixel_type([]<class T>(test::Named<T>) {
    for (const auto& [width, height, channels] : test::some_sizes) {
      for (const bool are_few : {false, true}) {
        Image<T> image = test::random_image<T>(width, height, channels, 6);
        if (are_few) {
          for (std::ptrdiff_t y = 0; y < height; ++y) {
            for (T& value : image.view().row(y)) {
              value = value > T{0} && static_cast<int>(static_cast<double>(value) * 8) % 3 == 0 ? T{1} : T{0};
            }
          }
        }
        for (const int radius : {1, 2, 3, 4}) {
          for (const Border border : test::all_borders) {
            Image<T> found(width, height, channels);
            filter(image.view(), found.view(), Median(radius), border);
            int n_wrong = 0;
            for (std::ptrdiff_t y = 0; y < height; ++y) {
              for (std::ptrdiff_t x = 0; x < width; ++x) {
                for (int channel = 0; channel < channels; ++channel) {
                  n_wrong +=
                      found.view()(x, y, channel) == median_at<T>(image.view(), x, y, channel, radius, border)
                          ? 0
                          : 1;
                }
              }
            }
            EXPECT_EQ(n_wrong, 0) << width << " x " << height << " x " << channels << ", radius " << radius;
          }
        }
      }
    }
  });
}

TEST(Median, TakesAwayASinglePixelAndKeepsAnEdge) {
  Image<std::uint8_t> image(12, 12);
  for (std::ptrdiff_t y = 0; y < 12; ++y) {
    std::fill_n(image.view().row(y).begin(), 6, std::uint8_t{200});
  }
  Image<std::uint8_t> found(12, 12);
  image.view()(9, 5) = 255;
  filter(image.view(), found.view(), Median(1), Border::clamp);
  for (std::ptrdiff_t x = 0; x < 12; ++x) {
    EXPECT_EQ(found.view()(x, 5), x < 6 ? 200 : 0);
  }
}

TEST(Median, RefusesWhatMakesNoSense) {
  EXPECT_THROW(Median(0), std::logic_error);
  EXPECT_THROW(Median(101), std::logic_error);
  Image<float> image(10, 10);
  Image<float> to(9, 8);
  Scratch scratch;
  EXPECT_THROW(Median(1)(image.view(), to.view(), scratch), std::logic_error);
}

}  // namespace
}  // namespace serried::image
