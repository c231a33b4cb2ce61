#include <array>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/montecarlo.hpp>

#include "error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::montecarlo {
namespace {

using random::Stream;
using test::world;

constexpr double e = 2.718281828459045;

double exponential_of_first(Stream& /*stream*/, std::span<const double> u) { return portable::exp(u[0]); }
// Of mean (e - 1) / 2, with a part that is not stratified.
double product(Stream& stream, std::span<const double> u) {
  return portable::exp(u[0]) * u[1] + 0.01 * stream.normal();
}

TEST(Strata, AreVisitedEquallyOften) {
  Strata strata({3, 4});
  EXPECT_EQ(strata.size(), 12U);
  EXPECT_EQ(strata.description(), "3 x 4");
  Stream stream(1, "points", 0);
  std::array<std::array<int, 4>, 3> counts{};
  for (int i = 0; i < 24; ++i) {
    const auto point = strata.next_point(stream);
    ASSERT_EQ(point.size(), 2U);
    ++counts[static_cast<std::size_t>(3 * point[0])][static_cast<std::size_t>(4 * point[1])];
  }
  for (const auto& row : counts) {
    EXPECT_THAT(row, testing::Each(2));
  }
  static_cast<void>(strata.next_point(stream));
  strata.begin();
  EXPECT_LT(strata.next_point(stream)[1], 0.25);
}

TEST(Strata, RefuseWhatIsNone) {
  EXPECT_THROW(Strata({}), std::logic_error);
  EXPECT_THROW(Strata({2, 0}), std::logic_error);
  EXPECT_EQ(test::error_of([] { Strata({1 << 20, 1 << 20, 2}); }).exit_code(), ExitCode::usage);
}

TEST(EstimateStratified, IsTheSameBitsFromAnyRanksThreadsAndPolicies) {
  for (const int threads : {1, 2, 3}) {
    for (const auto policy : schedule::all_policies) {
      Options options{.trials = 20'000, .seed = 42, .trials_per_block = 500, .policy = policy};
      options.job.threads = threads;
      const auto found = estimate_stratified(world(), options, {20, 10}, product);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(found.mean), 0x3feb7b5c538d82b1U);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(found.standard_error), 0x3f38943b727bc068U);
    }
  }
}

// The variance of e^u is 0.242, that within 100 strata 2.7e-5 on the average: a ninetieth of the error.
TEST(EstimateStratified, HasASmallerError) {
  const Options options{.trials = 100'000, .seed = 3, .trials_per_block = 1000};
  const auto plain =
      estimate(world(), options, [](Stream& stream) { return portable::exp(stream.uniform()); });
  const auto stratified = estimate_stratified(world(), options, {100}, exponential_of_first);
  EXPECT_LT(stratified.standard_error, plain.standard_error / 60);
  EXPECT_LT(std::abs(stratified.mean - (e - 1)),
            5.3 * stratified.standard_error);  // of 100 blocks: 1 in a million
  EXPECT_EQ(stratified.trials, 100'000U);
}

// Over many seeds the z-scores are those of Student's distribution with 99 degrees of freedom, of which the squares have the mean
// 99/97 and the variance 2.13.
TEST(EstimateStratified, HasErrorsOfTheRightSize) {
  constexpr int n_seeds = 200;
  double sum = 0;
  double sum_of_squares = 0;
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    const auto found = estimate_stratified(world(), {.trials = 6000, .seed = seed, .trials_per_block = 60},
                                           {10, 3}, product);
    ASSERT_EQ(found.trials, 6000U);
    const double z = (found.mean - (e - 1) / 2) / found.standard_error;
    sum += z;
    sum_of_squares += z * z;
  }
  EXPECT_LT(std::abs(sum) / std::sqrt(n_seeds), 4.9);  // once in a million
  EXPECT_LT(std::abs(sum_of_squares - n_seeds * 99.0 / 97) / std::sqrt(2.13 * n_seeds), 4.9);
}

TEST(EstimateStratified, TakesWholeRoundsOfStrata) {
  const auto found =
      estimate_stratified(world(), {.trials = 1000, .trials_per_block = 10}, {7}, exponential_of_first);
  EXPECT_EQ(found.trials, 1008U);  // 72 blocks of 14
}

TEST(EstimateStratified, TakesSeveralObservablesAndWeights) {
  const Options options{.trials = 50'000, .seed = 3, .trials_per_block = 500};
  const auto found = estimate_stratified(world(), options, {50}, [](Stream&, std::span<const double> u) {
    return std::array{u[0], u[0] * u[0]};
  });
  EXPECT_LT(std::abs(found.mean[0] - 0.5), 5.3 * found.standard_error[0]);
  EXPECT_LT(std::abs(found.mean[1] - 1.0 / 3), 5.3 * found.standard_error[1]);
  // The mean of x² over [0, 1], sampled with density (1 + 2x) / 2.
  const auto weighted = estimate_stratified(world(), options, {50}, [](Stream&, std::span<const double> u) {
    const double x = (std::sqrt(1 + 8 * u[0]) - 1) / 2;
    return Weighted<double>{x * x, 1 / (1 + 2 * x)};
  });
  EXPECT_LT(std::abs(weighted.mean - 1.0 / 3), 5.3 * weighted.standard_error);
  EXPECT_LT(weighted.standard_error, 1e-4);
}

TEST(EstimateStratified, GoesOnAfterItWasStopped) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  Options options{.absolute_error = 5e-4, .seed = 9, .trials_per_block = 100};
  const auto undisturbed = estimate_stratified(world(), options, {10}, exponential_of_first);
  ASSERT_GE(undisturbed.rounds, 2U);
  options.job.checkpoint = (folder.path() / "e").string();
  options.job.threads = 1;
  std::uint64_t n_calls = 0;
  EXPECT_EQ(test::error_of([&] {
              static_cast<void>(
                  estimate_stratified(world(), options, {10}, [&](Stream& stream, std::span<const double> u) {
                    if (++n_calls == 250) {
                      std::raise(SIGUSR1);
                    }
                    return exponential_of_first(stream, u);
                  }));
            }).exit_code(),
            ExitCode::resumable);
  options.job.resume = true;
  const auto resumed = estimate_stratified(world(), options, {10}, exponential_of_first);
  EXPECT_EQ(resumed.mean, undisturbed.mean);
  EXPECT_EQ(resumed.standard_error, undisturbed.standard_error);
  EXPECT_EQ(resumed.trials, undisturbed.trials);
}

}  // namespace
}  // namespace serried::montecarlo
