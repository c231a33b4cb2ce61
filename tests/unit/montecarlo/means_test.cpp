#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <serried/montecarlo/means.hpp>

namespace serried::montecarlo {
namespace {

// 101 observations of two means with covariances 4, 1, 9 of an observation.
Means two_means() { return Means::of(101, std::array{2.0, 5.0}, std::array{400.0, 100.0, 900.0}); }

TEST(Means, HaveErrorsAndCovariances) {
  const Means means = two_means();
  EXPECT_EQ(means.size(), 2U);
  EXPECT_EQ(means.value(1), 5.0);
  EXPECT_DOUBLE_EQ(means.covariance(0, 1), 1.0 / 101);
  EXPECT_DOUBLE_EQ(means.covariance(1, 0), 1.0 / 101);
  EXPECT_DOUBLE_EQ(means.standard_error(0), 2.0 / std::sqrt(101.0));
}

TEST(Means, OfOneObservationHaveNoError) {
  const Means means = Means::of(1, std::array{2.0}, std::array{0.0});
  EXPECT_EQ(means.value(0), 2.0);
  EXPECT_TRUE(std::isnan(means.standard_error(0)));
}

TEST(Means, CanBeTakenApart) {
  const Means all = Means::of(3, std::array{1.0, 2.0, 3.0}, std::array{6.0, 1.0, 2.0, 12.0, 3.0, 18.0});
  const Means some = all.only(std::array<std::size_t, 2>{2, 0});
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some.value(0), 3);
  EXPECT_EQ(some.standard_error(1), all.standard_error(0));
  EXPECT_EQ(some.covariance(0, 1), all.covariance(0, 2));
  EXPECT_EQ(some[0].degrees_of_freedom, 2);
  EXPECT_THROW(static_cast<void>(all.only(std::array<std::size_t, 1>{3})), std::out_of_range);
}

TEST(Value, HasIntervals) {
  const Interval interval = Value{10, 2}.interval(0.95);
  EXPECT_NEAR(interval.low, 10 - 2 * 1.959963984540054, 1e-12);
  EXPECT_NEAR(interval.high, 10 + 2 * 1.959963984540054, 1e-12);
  // Student's, from tables: 2.571 for 5 degrees, 2.042 for 30; at 0.99, 2.750 for 30.
  const auto half_width = [](double degrees, double confidence) {
    return Value{0, 1, degrees}.interval(confidence).high;
  };
  EXPECT_NEAR(half_width(5, 0.95), 2.5706, 0.01);
  EXPECT_NEAR(half_width(30, 0.95), 2.0423, 1e-4);
  EXPECT_NEAR(half_width(30, 0.99), 2.7500, 1e-4);
  EXPECT_THROW(static_cast<void>(Value{10, 2}.interval(1)), std::logic_error);
  EXPECT_THROW(static_cast<void>(Value{10, 2}.interval(0)), std::logic_error);
}

// The formula, the delta method, and dividing by the last all say the same.
TEST(Means, DivideEachOther) {
  const Means means = two_means();
  const Value ratio = means.ratio(0, 1);
  EXPECT_DOUBLE_EQ(ratio.value, 0.4);
  // (4 - 2 · 0.4 · 1 + 0.16 · 9) / 25 / 101
  EXPECT_DOUBLE_EQ(ratio.standard_error, std::sqrt((4 - 0.8 + 1.44) / 25 / 101));
  const Value by_function = means.function([](std::span<const double> m) { return m[0] / m[1]; });
  EXPECT_DOUBLE_EQ(by_function.value, 0.4);
  EXPECT_NEAR(by_function.standard_error / ratio.standard_error, 1.0, 0.01);
  const Means over_last = means.over_last();
  ASSERT_EQ(over_last.size(), 1U);
  EXPECT_DOUBLE_EQ(over_last.value(0), 0.4);
  EXPECT_DOUBLE_EQ(over_last.standard_error(0), ratio.standard_error);
}

TEST(Means, OfALinearFunctionAreExact) {
  const Value sum = two_means().function([](std::span<const double> m) { return 3 * m[0] - m[1]; });
  EXPECT_DOUBLE_EQ(sum.value, 1.0);
  EXPECT_NEAR(sum.standard_error, std::sqrt((9 * 4 - 6 + 9) / 101.0), 1e-12);
}

}  // namespace
}  // namespace serried::montecarlo
