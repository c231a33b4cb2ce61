#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/portable_math.hpp>
#include <serried/montecarlo.hpp>

#include "same_error_of.hpp"
#include "world.hpp"

namespace serried::montecarlo {
namespace {

using random::Stream;
using test::world;

constexpr double e = 2.718281828459045;

TEST(ControlCoefficients, SolveForTheLeastVariance) {
  // Covariances of y with two controls 3 and 4, of these 2, 1, 5: β = (11/9, 5/9).
  const Means means = Means::of(100, std::array{0.0, 0.0, 0.0}, std::array{9.0, 3.0, 4.0, 2.0, 1.0, 5.0});
  const auto coefficients = control_coefficients(means);
  ASSERT_EQ(coefficients.size(), 2U);
  EXPECT_NEAR(coefficients[0], 11.0 / 9, 1e-12);
  EXPECT_NEAR(coefficients[1], 5.0 / 9, 1e-12);
}

TEST(ControlCoefficients, LeaveOutWhatDoesNotVary) {
  // The second control is constant, the third twice the first.
  const Means means = Means::of(100, std::array{0.0, 0.0, 0.0, 0.0},
                                std::array{9.0, 3.0, 0.0, 6.0, 2.0, 0.0, 4.0, 0.0, 0.0, 8.0});
  const auto coefficients = control_coefficients(means);
  EXPECT_NEAR(coefficients[0], 1.5, 1e-12);
  EXPECT_EQ(coefficients[1], 0.0);
  EXPECT_EQ(coefficients[2], 0.0);
}

// The mean of e^u, by u and u²: right, unbiased, and with a hundredth of the error.
TEST(ControlVariates, MakeTheErrorSmaller) {
  const Options options{.trials = 200'000, .seed = 3, .trials_per_block = 5000};
  const auto plain =
      estimate(world(), options, [](Stream& stream) { return portable::exp(stream.uniform()); });
  const auto controlled =
      estimate_with_controls(world(), options, std::array{1.0 / 2, 1.0 / 3}, [](Stream& stream) {
        const double u = stream.uniform();
        return std::array{portable::exp(u), u, u * u};
      });
  EXPECT_LT(controlled.estimate.standard_error, plain.standard_error / 50);
  EXPECT_LT(std::abs(controlled.estimate.mean - (e - 1)), 4.9 * controlled.estimate.standard_error);
  const auto by_batches =
      estimate_with_controls(world(), options, std::array{1.0 / 2, 1.0 / 3}, [](Batch& batch) {
        batch.stream().fill_uniform(batch.values(1));
        for (std::size_t i = 0; i < batch.size(); ++i) {
          const double u = batch.values(1)[i];
          batch.values(0)[i] = portable::exp(u);
          batch.values(2)[i] = u * u;
        }
      });
  EXPECT_EQ(by_batches.estimate.mean, controlled.estimate.mean);
  EXPECT_EQ(by_batches.coefficients, controlled.coefficients);
}

TEST(ControlVariates, NeedAsManyMeansAsControls) {
  const Error error = test::same_error_of([] {
    static_cast<void>(estimate_with_controls(world(), {.trials = 1000}, std::array{0.5}, [](Stream& stream) {
      return std::array{stream.uniform(), stream.uniform(), stream.uniform()};
    }));
  });
  EXPECT_THAT(error.what(), testing::HasSubstr("all controls"));
}

// The error is what is left, so that rules see it, and it is of the right size over many seeds.
TEST(ControlVariates, HaveHonestErrors) {
  double sum_of_squares = 0;
  constexpr int n_seeds = 100;
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    const auto found =
        estimate_with_controls(world(), {.trials = 2000, .seed = seed, .trials_per_block = 500},
                               std::array{0.5}, [](Stream& stream) {
                                 const double u = stream.uniform();
                                 return std::array{portable::exp(u), u};
                               });
    const double z = (found.estimate.mean - (e - 1)) / found.estimate.standard_error;
    sum_of_squares += z * z;
  }
  EXPECT_LT(std::abs(sum_of_squares - n_seeds) / std::sqrt(2.0 * n_seeds), 4.9);
}

// e^z and e^-z: each pair's errors cancel in part, and a pair counts once.
TEST(Antithetic, PairsCancel) {
  const Options options{.trials = 100'000, .seed = 3, .trials_per_block = 5000};
  const auto trial = [](auto& stream) { return portable::exp(0.1 * stream.normal()); };
  const auto plain = estimate(world(), options, trial);
  const auto paired = estimate(world(), options, antithetic(trial));
  EXPECT_LT(paired.standard_error, plain.standard_error / 10);
  EXPECT_LT(std::abs(paired.mean - portable::exp(0.005)), 4.9 * paired.standard_error);
  EXPECT_EQ(paired.trials, 100'000U);
}

// Whole numbers, of which half a pair is half of one.
TEST(Antithetic, PairsOfWholeNumbersAreHalved) {
  const auto found = estimate(world(), {.trials = 10'000, .seed = 3, .trials_per_block = 500},
                              antithetic([](auto& stream) { return stream.uniform() < 0.25 ? 1 : 0; }));
  EXPECT_LT(std::abs(found.mean - 0.25), 4.9 * found.standard_error);
  EXPECT_GT(found.mean, 0.2);
}

TEST(MirroredStream, MirrorsEachNumber) {
  Stream stream(1, "a", 0);
  MirroredStream mirrored(stream);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(mirrored(), ~stream());
    const double u = stream.uniform();
    EXPECT_EQ(mirrored.uniform(), (1 - 0x1p-53) - u);
    EXPECT_EQ(mirrored.normal(), -stream.normal());
    EXPECT_EQ(mirrored.below(10), 9 - stream.below(10));
    EXPECT_NEAR(std::exp(-mirrored.exponential()) + std::exp(-stream.exponential()), 1.0, 1e-12);
  }
}

// A smooth integrand in five dimensions, to a fiftieth of what random points give; errors of the right size over seeds.
TEST(EstimateOnPoints, ConvergesFastWithHonestErrors) {
  const auto integrate = [](const Options& options) {
    return estimate_on_points(world(), options, 5, [](PointBatch& batch) {
      const auto values = batch.values();
      std::ranges::fill(values, 1.0);
      for (std::size_t d = 0; d < batch.dimensions(); ++d) {
        const auto x = batch.coordinates(d);
        for (std::size_t i = 0; i < batch.size(); ++i) {
          values[i] *= portable::exp(x[i]) / (e - 1);
        }
      }
    });
  };
  const auto one = integrate({.trials = 1 << 16, .seed = 1, .trials_per_block = 1 << 11});
  EXPECT_LT(one.standard_error, 5e-5);                        // of random points: 2.7e-3
  EXPECT_LT(std::abs(one.mean - 1), 6 * one.standard_error);  // of 32 blocks: a t distribution, 1 in 800,000
  double sum_of_squares = 0;
  constexpr int n_seeds = 40;
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    const auto found = integrate({.trials = 1 << 12, .seed = seed, .trials_per_block = 1 << 7});
    const double z = (found.mean - 1) / found.standard_error;
    sum_of_squares += z * z;
  }
  EXPECT_LT(std::abs(sum_of_squares - n_seeds) / std::sqrt(2.0 * n_seeds), 4.9);
}

TEST(PointsPerSet, ArePowersOfTwoInSomeDozensOfSets) {
  EXPECT_EQ(points_per_set(0), 4096U);
  EXPECT_EQ(points_per_set(1), 1U);
  for (std::uint64_t trials = 64; trials < 1 << 22; trials += 9'991) {
    const std::uint64_t n = points_per_set(trials);
    EXPECT_TRUE(std::has_single_bit(n));
    EXPECT_GE(trials, 64 * n);
    EXPECT_LT(trials, 128 * n);
  }
  EXPECT_EQ(points_per_set(std::uint64_t{1} << 40), std::uint64_t{1} << 16);
}

TEST(EstimateOnPoints, RoundsUpToWholeBlocks) {
  const auto found = estimate_on_points(
      world(), {.trials = 1000, .trials_per_block = 300}, 1,
      [](PointBatch& batch) { std::ranges::copy(batch.coordinates(0), batch.values().begin()); });
  EXPECT_EQ(found.trials, 1200U);
  EXPECT_NEAR(found.mean, 0.5, 0.01);
}

}  // namespace
}  // namespace serried::montecarlo
