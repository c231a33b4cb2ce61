#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <gtest/gtest.h>

#include <serried/image/filter.hpp>
#include <serried/image/image.hpp>

#include "pixel_types.hpp"
#include "random_image.hpp"

namespace serried::image {
namespace {

// The sum of the corners of a square around each pixel, modulo 2^16.
struct Corners {
  std::ptrdiff_t radius = 1;
  std::atomic<std::ptrdiff_t>* n_pixels = nullptr;

  [[nodiscard]] std::ptrdiff_t halo() const { return radius; }
  void operator()(View<const std::uint8_t> from, View<std::uint16_t> to, Scratch& /*scratch*/) const {
    *n_pixels += to.width() * to.height();
    for (std::ptrdiff_t y = 0; y < to.height(); ++y) {
      for (std::ptrdiff_t x = 0; x < to.width(); ++x) {
        for (int channel = 0; channel < to.channels(); ++channel) {
          to(x, y, channel) = static_cast<std::uint16_t>(
              from(x, y, channel) + 3 * from(x + 2 * radius, y, channel) +
              5 * from(x, y + 2 * radius, channel) + 7 * from(x + 2 * radius, y + 2 * radius, channel));
        }
      }
    }
  }
};

// One block and many, of images smaller than the halo and larger; each pixel once.
TEST(Filter, IsTheSameForAnyBlocksAndThreads) {
  for (const auto& [width, height, channels, radius] :
       {std::tuple(1, 1, 1, 3), std::tuple(1500, 200, 1, 2), std::tuple(2, 300, 3, 9),
        std::tuple(700, 3, 4, 5), std::tuple(1025, 67, 1, 1)}) {
    const auto image = test::random_image<std::uint8_t>(width, height, channels, 2);
    for (const Border border : test::all_borders) {
      for (const int n_threads : {1, 3}) {
        Image<std::uint16_t> found(width, height, channels);
        std::atomic<std::ptrdiff_t> n_pixels = 0;
        filter(image.view(), found.view(), Corners{.radius = radius, .n_pixels = &n_pixels}, border,
               n_threads);
        EXPECT_EQ(n_pixels, width * height);
        const auto value = [&](std::ptrdiff_t x, std::ptrdiff_t y, int channel) {
          const std::ptrdiff_t at_x = inside(x, image.view().width(), border);
          const std::ptrdiff_t at_y = inside(y, image.view().height(), border);
          return at_x < 0 || at_y < 0 ? 0 : int{image.view()(at_x, at_y, channel)};
        };
        int n_wrong = 0;
        for (std::ptrdiff_t y = 0; y < height; ++y) {
          for (std::ptrdiff_t x = 0; x < width; ++x) {
            for (int channel = 0; channel < channels; ++channel) {
              const int expected =
                  value(x - radius, y - radius, channel) + 3 * value(x + radius, y - radius, channel) +
                  5 * value(x - radius, y + radius, channel) + 7 * value(x + radius, y + radius, channel);
              n_wrong += found.view()(x, y, channel) == expected ? 0 : 1;
            }
          }
        }
        EXPECT_EQ(n_wrong, 0);
      }
    }
  }
}

TEST(Filter, RefusesOtherSizes) {
  const auto image = test::random_image<std::uint8_t>(4, 4, 1, 3);
  Image<std::uint16_t> to(4, 5);
  std::atomic<std::ptrdiff_t> n_pixels = 0;
  EXPECT_THROW(filter(image.view(), to.view(), Corners{.n_pixels = &n_pixels}, Border::clamp),
               std::logic_error);
  Image<std::uint16_t> empty;
  filter(Image<std::uint8_t>().view(), empty.view(), Corners{.n_pixels = &n_pixels}, Border::clamp);
  EXPECT_EQ(n_pixels, 0);
}

}  // namespace
}  // namespace serried::image
