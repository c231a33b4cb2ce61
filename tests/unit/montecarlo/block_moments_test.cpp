#include <cmath>
#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include <serried/montecarlo/block_moments.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {
namespace {

TEST(TriangleIndex, GoesThroughTheUpperTriangle) {
  std::size_t expected = 0;
  for (std::size_t j = 0; j < 5; ++j) {
    for (std::size_t k = j; k < 5; ++k) {
      EXPECT_EQ(triangle_index(j, k, 5), expected);
      EXPECT_EQ(triangle_index(k, j, 5), expected++);
    }
  }
  EXPECT_EQ(triangle_size(5), expected);
}

// Against long doubles, in pieces of all lengths, with a mean that is a billion times the deviation.
TEST(BlockMoments, AreThoseOfTheValues) {
  constexpr std::size_t n = 1024;
  random::Stream stream(1, "values", 0);
  for (const double offset : {0.0, 1e9}) {
    std::vector<double> values(2 * n);
    BlockMoments moments(2);
    std::vector<long double> x;
    std::vector<long double> y;
    for (const std::size_t size : {1, 2, 15, 16, 17, 100, 1023, 1024}) {
      for (std::size_t i = 0; i < size; ++i) {
        values[i] = offset + stream.normal();
        values[n + i] = values[i] / 2 + stream.normal();
        x.push_back(values[i]);
        y.push_back(values[n + i]);
      }
      moments.add_rows(values, size, n);
    }
    long double mean_x = 0;
    long double mean_y = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      mean_x += x[i] / static_cast<long double>(x.size());
      mean_y += y[i] / static_cast<long double>(x.size());
    }
    long double xx = 0;
    long double xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      xx += (x[i] - mean_x) * (x[i] - mean_x);
      xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    EXPECT_EQ(moments.count(), x.size());
    EXPECT_NEAR(moments.mean()[0], static_cast<double>(mean_x), 1e-13 * (1 + offset));
    EXPECT_NEAR(moments.mean()[1], static_cast<double>(mean_y), 1e-13 * (1 + offset));
    EXPECT_NEAR(moments.deviation(0, 0) / static_cast<double>(xx), 1.0, offset > 0 ? 1e-7 : 1e-12);
    EXPECT_NEAR(moments.deviation(1, 0) / static_cast<double>(xy), 1.0, offset > 0 ? 1e-7 : 1e-12);
  }
}

TEST(BlockMoments, OfNothingAreMergedAsNothing) {
  BlockMoments moments(1);
  moments.add_rows({}, 0, 0);
  EXPECT_EQ(moments.count(), 0U);
  const std::vector<double> values = {1, 3};
  BlockMoments some(1);
  some.add_rows(values, 2, 2);
  moments.merge(some);
  some.merge(BlockMoments(1));
  for (const BlockMoments& of : {moments, some}) {
    EXPECT_EQ(of.count(), 2U);
    EXPECT_EQ(of.mean()[0], 2.0);
    EXPECT_EQ(of.deviation(0, 0), 2.0);
  }
  moments.clear();
  EXPECT_EQ(moments.count(), 0U);
  EXPECT_EQ(moments.mean()[0], 0.0);
}

}  // namespace
}  // namespace serried::montecarlo
