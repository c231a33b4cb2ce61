#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <serried/image/border.hpp>
#include <serried/image/image.hpp>

#include "pixel_types.hpp"
#include "random_image.hpp"

namespace serried::image {
namespace {

std::string around(const std::string& image, std::ptrdiff_t halo, Border border) {
  std::string found;
  const auto n = static_cast<std::ptrdiff_t>(image.size());
  for (std::ptrdiff_t i = -halo; i < n + halo; ++i) {
    const std::ptrdiff_t at = inside(i, n, border);
    found += at < 0 ? '0' : image.at(static_cast<std::size_t>(at));
  }
  return found;
}

TEST(Border, ContinuesAnImage) {
  EXPECT_EQ(around("abcd", 3, Border::reflect), "dcbabcdcba");
  EXPECT_EQ(around("abcd", 3, Border::clamp), "aaaabcdddd");
  EXPECT_EQ(around("abcd", 3, Border::wrap), "bcdabcdabc");
  EXPECT_EQ(around("abcd", 3, Border::constant), "000abcd000");
}

TEST(Border, ContinuesSmallImagesForEver) {
  EXPECT_EQ(around("ab", 5, Border::reflect), "babababababa");
  EXPECT_EQ(around("ab", 5, Border::wrap), "babababababa");
  EXPECT_EQ(around("abc", 7, Border::reflect), "bcbabcbabcbabcbab");
  for (const Border border : {Border::reflect, Border::clamp, Border::wrap}) {
    EXPECT_EQ(around("a", 3, border), "aaaaaaa");
  }
  EXPECT_THROW(static_cast<void>(inside(0, 0, Border::clamp)), std::logic_error);
}

// Windows within, across each edge, around the whole image, and outside of it.
TEST(CopyWindow, AgreesWithSinglePixels) {
  const Image<std::uint8_t> image = test::random_image<std::uint8_t>(7, 5, 3, 1);
  for (const Border border : test::all_borders) {
    for (const Window& window :
         {Window{1, 1, 4, 3}, Window{-3, 0, 6, 5}, Window{4, 3, 9, 9}, Window{-20, -20, 50, 40},
          Window{30, 1, 4, 2}, Window{-9, 1, 4, 2}, Window{2, 60, 4, 2}, Window{2, -9, 4, 2}}) {
      Image<std::uint8_t> copy(window.width, window.height, 3);
      copy_window(image.view(), window, border, copy.view());
      for (std::ptrdiff_t y = 0; y < window.height; ++y) {
        for (std::ptrdiff_t x = 0; x < window.width; ++x) {
          const std::ptrdiff_t at_x = inside(window.x + x, 7, border);
          const std::ptrdiff_t at_y = inside(window.y + y, 5, border);
          for (int channel = 0; channel < 3; ++channel) {
            EXPECT_EQ(copy.view()(x, y, channel),
                      at_x < 0 || at_y < 0 ? 0 : image.view()(at_x, at_y, channel));
          }
        }
      }
    }
  }
}

TEST(CopyWindow, RefusesOtherSizes) {
  Image<float> image(4, 4);
  Image<float> to(3, 3);
  Image<float> of_two_channels(3, 3, 2);
  const View<float> from = image.view();
  EXPECT_THROW(copy_window(from, {.width = 3, .height = 4}, Border::clamp, to.view()), std::logic_error);
  EXPECT_THROW(copy_window(from, {.width = 3, .height = 3}, Border::clamp, of_two_channels.view()),
               std::logic_error);
  EXPECT_THROW(copy_window(View<const float>(), {.width = 3, .height = 3}, Border::clamp, to.view()),
               std::logic_error);
}

}  // namespace
}  // namespace serried::image
