#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include <serried/image/nearest_pixel.hpp>

namespace serried::image {
namespace {

TEST(NearestPixel, IsRoundedAndBounded) {
  EXPECT_EQ(nearest_pixel<std::uint8_t>(0.49F), 0);
  EXPECT_EQ(nearest_pixel<std::uint8_t>(0.5F), 1);
  EXPECT_EQ(nearest_pixel<std::uint8_t>(254.4F), 254);
  EXPECT_EQ(nearest_pixel<std::uint8_t>(255.0F), 255);
  EXPECT_EQ(nearest_pixel<std::uint8_t>(1e30F), 255);
  EXPECT_EQ(nearest_pixel<std::uint8_t>(-3.0F), 0);
  EXPECT_EQ(nearest_pixel<std::uint16_t>(65534.5F), 65535);
  EXPECT_EQ(nearest_pixel<std::uint16_t>(1e30F), 65535);
  EXPECT_EQ(nearest_pixel<std::uint16_t>(std::numeric_limits<float>::quiet_NaN()), 0);
  EXPECT_EQ(nearest_pixel<float>(-1.25F), -1.25F);
}

}  // namespace
}  // namespace serried::image
