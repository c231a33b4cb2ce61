#include "pi/pi.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "world.hpp"

namespace serried::pi {
namespace {

using test::world;

// A point gives 4 or 0: there is a whole number of the one, and the error follows from it.
void expect_counted(const montecarlo::Estimate<double>& estimate) {
  const auto n = static_cast<double>(estimate.trials);
  const double inside = estimate.mean * n / 4;
  EXPECT_NEAR(inside, std::round(inside), 1e-6);
  EXPECT_NEAR(estimate.standard_error, std::sqrt(estimate.mean * (4 - estimate.mean) / (n - 1)), 1e-14);
  EXPECT_LT(std::abs(estimate.mean - std::numbers::pi), 4 * estimate.standard_error);
}

TEST(Pi, IsTheShareOfPointsInTheCircle) {
  const montecarlo::Options options{.trials = 200'003, .seed = 20261130, .trials_per_block = 1 << 14};
  expect_counted(run(world(), options));
  expect_counted(run_scalar(world(), options));
}

TEST(Pi, EndsAtTheTargetError) {
  const montecarlo::Options options{.absolute_error = 0.005, .seed = 20261130, .trials_per_block = 1 << 10};
  for (const auto& estimate : {run(world(), options), run_scalar(world(), options)}) {
    expect_counted(estimate);
    EXPECT_EQ(estimate.stop, montecarlo::Stop::error);
    EXPECT_LE(estimate.standard_error, 0.005);
    EXPECT_GT(estimate.standard_error, 0.004);  // not many more than it takes
    EXPECT_GT(estimate.rounds, 1U);
  }
}

}  // namespace
}  // namespace serried::pi
