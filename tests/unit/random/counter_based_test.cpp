#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include <serried/random/counter_based.hpp>

namespace serried::random {
namespace {

using Words = std::array<std::uint64_t, 4>;

constexpr std::uint64_t ones = ~std::uint64_t{0};
// The digits of pi, as the vectors have them.
constexpr Words counter = {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89};
constexpr Words key = {0x452821e638d01377, 0xbe5466cf34e90c6c, 0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd};

// Known answers of Random123's kat_vectors.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox4x64_10({}, {}),
            (Words{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}));
  EXPECT_EQ(philox4x64_10({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0}));
  EXPECT_EQ(philox4x64_10(counter, {key[0], key[1]}),
            (Words{0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6}));
}

TEST(Threefry, GivesTheKnownAnswers) {
  EXPECT_EQ(threefry4x64_20({}, {}),
            (Words{0x09218ebde6c85537, 0x55941f5266d86105, 0x4bd25e16282434dc, 0xee29ec846bd2e40b}));
  EXPECT_EQ(threefry4x64_20({ones, ones, ones, ones}, {ones, ones, ones, ones}),
            (Words{0x29c24097942bba1b, 0x0371bbfb0f6f4e11, 0x3c231ffa33f83a1c, 0xcd29113fde32d168}));
  EXPECT_EQ(threefry4x64_20(counter, key),
            (Words{0xa7e8fde591651bd9, 0xbaafd0c30138319b, 0x84a5c1a729e685b9, 0x901d406ccebc1ba4}));
}

}  // namespace
}  // namespace serried::random
