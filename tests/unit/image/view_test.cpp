#include <array>
#include <cstdint>
#include <stdexcept>

#include <gtest/gtest.h>

#include <serried/image/view.hpp>

namespace serried::image {
namespace {

TEST(View, FindsPixelsOfWindows) {
  std::array<std::uint16_t, 40> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    values.at(i) = static_cast<std::uint16_t>(i);
  }
  const View<std::uint16_t> image(values.data(), 4, 3, 3, 13);  // rows of 12 values, 13 apart
  EXPECT_EQ(image(1, 2, 2), 2 * 13 + 1 * 3 + 2);
  EXPECT_EQ(image.row(1).size(), 12U);
  EXPECT_EQ(image.row(1)[0], 13);
  const View<const std::uint16_t> window = image.window({.x = 2, .y = 1, .width = 2, .height = 2});
  EXPECT_EQ(window(0, 0), 13 + 6);
  EXPECT_EQ(window(1, 1, 1), 26 + 9 + 1);
  EXPECT_EQ(window.row(1).size(), 6U);
  image(2, 1) = 1000;
  EXPECT_EQ(window(0, 0), 1000);
  EXPECT_TRUE(image.window({.x = 4, .y = 3}).is_empty());
}

TEST(View, RefusesWhatItDoesNotHave) {
  std::array<float, 12> values{};
  EXPECT_THROW(View<float>(values.data(), -1, 3, 1, 4), std::logic_error);
  EXPECT_THROW(View<float>(values.data(), 4, 3, 5, 20), std::logic_error);
  EXPECT_THROW(View<float>(values.data(), 4, 3, 0, 4), std::logic_error);
  EXPECT_THROW(View<float>(values.data(), 4, 3, 1, 3), std::logic_error);
  const View<float> image(values.data(), 4, 3, 1, 4);
  for (const Window& window : {Window{-1, 0, 2, 2}, Window{0, -1, 2, 2}, Window{3, 0, 2, 2},
                               Window{0, 2, 2, 2}, Window{0, 0, -1, 2}, Window{PTRDIFF_MAX, 0, 2, 2}}) {
    EXPECT_THROW(static_cast<void>(image.window(window)), std::logic_error);
  }
}

TEST(Window, Grows) { EXPECT_EQ(grown({.x = 3, .y = 4, .width = 5, .height = 6}, 2), (Window{1, 2, 9, 10})); }

}  // namespace
}  // namespace serried::image
