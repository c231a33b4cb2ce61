#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

#include <serried/image/image.hpp>

namespace serried::image {
namespace {

TEST(Image, BeginsWithZerosInAlignedRows) {
  Image<std::uint8_t> image(101, 7, 3);
  const View<std::uint8_t> view = image.view();
  EXPECT_EQ(view.width(), 101);
  EXPECT_EQ(view.height(), 7);
  EXPECT_EQ(view.channels(), 3);
  for (std::ptrdiff_t y = 0; y < 7; ++y) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.row(y).data()) % 64, 0U);
    for (const std::uint8_t value : view.row(y)) {
      EXPECT_EQ(value, 0);
    }
  }
  view(100, 6, 2) = 9;
  const Image<std::uint8_t> moved = std::move(image);
  EXPECT_EQ(moved.view()(100, 6, 2), 9);
}

TEST(Image, MayBeEmpty) {
  EXPECT_TRUE(Image<float>().view().is_empty());
  EXPECT_TRUE(Image<float>(0, 5).view().is_empty());
  EXPECT_TRUE(Image<float>(5, 0, 4).view().is_empty());
}

TEST(Image, RefusesAbsurdSizes) {
  constexpr std::ptrdiff_t most = std::numeric_limits<std::ptrdiff_t>::max();
  EXPECT_THROW(Image<std::uint16_t>(most, 1), std::bad_alloc);
  EXPECT_THROW(Image<std::uint16_t>(1, most), std::bad_alloc);
  EXPECT_THROW(Image<std::uint16_t>(most, most, 4), std::bad_alloc);
  EXPECT_THROW(Image<std::uint16_t>(std::ptrdiff_t{1} << 40, std::ptrdiff_t{1} << 40), std::bad_alloc);
  EXPECT_THROW(Image<std::uint16_t>(-1, 1), std::logic_error);
  EXPECT_THROW(Image<std::uint16_t>(1, -1), std::logic_error);
  EXPECT_THROW(Image<std::uint16_t>(1, 1, 0), std::logic_error);
  EXPECT_THROW(Image<std::uint16_t>(1, 1, 5), std::logic_error);
}

}  // namespace
}  // namespace serried::image
