#include <gtest/gtest.h>

#include <serried/schedule/pace.hpp>

namespace serried::schedule {
namespace {

TEST(Pace, LooksAfterEachLongBody) {
  EXPECT_EQ(next_stride(1, 1.0), 1U);
  EXPECT_EQ(next_stride(16, 16 * 50e-6), 1U);
  EXPECT_EQ(next_stride(16, 1000.0), 1U);
}

TEST(Pace, LooksSeldomAfterShortOnes) {
  EXPECT_EQ(next_stride(1, 0.0), 16U);
  EXPECT_EQ(next_stride(16, 16 * 1e-9), 16U);
  EXPECT_EQ(next_stride(4, 4 * 10e-6), 5U);
}

TEST(Pace, RestsLongerAndLongerUpToALimit) {
  EXPECT_EQ(rest_seconds(0), 0);
  double last = 0;
  for (int n_rests = 0; n_rests < 100; ++n_rests) {
    EXPECT_GE(rest_seconds(n_rests), last);
    last = rest_seconds(n_rests);
  }
  EXPECT_EQ(last, 200e-6);
}

}  // namespace
}  // namespace serried::schedule
