#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo.hpp>

#include "example_chains.hpp"
#include "same_error_of.hpp"
#include "world.hpp"

namespace serried::montecarlo {
namespace {

using random::Stream;
using test::same_error_of;
using test::world;
using testing::Each;
using testing::HasSubstr;

// Known bits, so that another change is noticed, too.
TEST(Chains, GiveTheSameBitsFromAnyRanksAndThreads) {
  for (const int threads : {1, 2, 3}) {
    ChainOptions options{.chains = 5, .warm_up = 100, .samples = 3000, .seed = 42};
    options.job.threads = threads;
    const ChainEstimate found = estimate_by_chains(world(), options, 2, autoregressive(0.5));
    EXPECT_EQ(bits(found.means.value(1)), 0x3feff0cb39ccc84fU);
    EXPECT_EQ(bits(found.means.standard_error(1)), 0x3f8f43ae9a696a13U);
    EXPECT_EQ(found.samples, 15'000U);

    options.warm_up = 20;
    options.samples = 250;
    const LadderEstimate ladder =
        estimate_by_tempering(world(), options, temperatures.size(), 7, 1, in_two_wells);
    EXPECT_EQ(bits(ladder.rungs[0].means.value(0)), 0x4014226809d49519U);
    EXPECT_EQ(bits(ladder.rungs[3].means.standard_error(0)), 0x3fd3f2b9fcdef3e3U);
    EXPECT_EQ(bits(ladder.acceptance[1]), 0x3fe6e7bf53896e7cU);
  }
}

TEST(Chains, KnowTheirAutocorrelation) {
  const ChainEstimate found =
      estimate_by_chains(world(), {.chains = 8, .samples = 20'000, .seed = 1}, 2, autoregressive(0.8));
  // 4.5 of the whole chain, and 6 % less in bins of 79; the error of 2,048 bins is known to a part of 1 / sqrt(1,024).
  EXPECT_NEAR(found.autocorrelation_times[0], 4.25, 4.9 * 4.25 / 32);
  EXPECT_NEAR(found.effective_samples[0] * 2 * found.autocorrelation_times[0], 1.6e5, 1e3);
  EXPECT_TRUE(found.is_long_enough);
  EXPECT_GE(found.bin_length, 64U);
  EXPECT_THAT(found.split_r_hats, Each(testing::Lt(1.01)));
  EXPECT_LT(std::abs(found.means.value(0)), 4.9 * found.means.standard_error(0));
  EXPECT_LT(std::abs(found.means.value(1) - 1), 4.9 * found.means.standard_error(1));
  const Value variance = found.means.function([](auto m) { return m[1] - m[0] * m[0]; });
  EXPECT_LT(std::abs(variance.value - 1), 4.9 * variance.standard_error);
}

// Over many seeds z-scores are as those of a normal distribution: errors are neither too small nor too large.
TEST(Chains, HaveErrorsOfTheRightSize) {
  constexpr int n_seeds = 100;
  double sum = 0;
  double sum_of_squares = 0;
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    ChainOptions options{.chains = 3, .warm_up = 0, .samples = 2560, .seed = seed};
    options.job.threads = 1;
    const ChainEstimate found = estimate_by_chains(world(), options, 2, autoregressive(0.4));
    EXPECT_TRUE(found.is_long_enough);
    const double z = found.means.value(0) / found.means.standard_error(0);
    sum += z;
    sum_of_squares += z * z;
  }
  EXPECT_LT(std::abs(sum) / std::sqrt(n_seeds), 4.9);  // once in a million
  EXPECT_LT(std::abs(sum_of_squares - n_seeds) / std::sqrt(2.0 * n_seeds), 4.9);
}

TEST(Chains, TellWhenTheyAreTooShort) {
  const ChainEstimate found = estimate_by_chains(
      world(), {.chains = 4, .warm_up = 0, .samples = 1000, .seed = 2}, 2, autoregressive(0.998));
  EXPECT_FALSE(found.is_long_enough);
  EXPECT_GT(found.split_r_hats[0], 1.05);
}

TEST(Chains, WarmUp) {
  const auto far_away = [](Stream&) { return Autoregressive{.rho = 0.9, .x = 1000}; };
  ChainOptions options{.chains = 2, .warm_up = 0, .samples = 2000, .seed = 3};
  EXPECT_GT(estimate_by_chains(world(), options, 2, far_away).means.value(0), 4);
  options.warm_up = 300;
  const ChainEstimate warm = estimate_by_chains(world(), options, 2, far_away);
  EXPECT_LT(std::abs(warm.means.value(0)), 4.9 * warm.means.standard_error(0));
  options.warm_up = 30;
  options.steps_per_sample = 10;
  EXPECT_LT(estimate_by_chains(world(), options, 2, far_away).autocorrelation_times[0], 2);
}

TEST(Chains, RefuseWhatMakesNoSense) {
  for (const ChainOptions& options :
       {ChainOptions{.chains = 0}, ChainOptions{.samples = 0}, ChainOptions{.steps_per_sample = 0},
        ChainOptions{.warm_up = std::numeric_limits<std::uint64_t>::max()},
        ChainOptions{.absolute_error = -1},
        ChainOptions{.relative_error = std::numeric_limits<double>::quiet_NaN()},
        ChainOptions{.absolute_error = 1, .max_samples = 9999}}) {
    EXPECT_EQ(same_error_of([&] {
                static_cast<void>(estimate_by_chains(world(), options, 2, autoregressive(0.5)));
              }).exit_code(),
              ExitCode::usage);
  }
}

TEST(Chains, RefuseWhatIsNoNumber) {
  struct Broken : Autoregressive {
    void measure(std::span<double> values) const {
      values[0] = 1;
      values[1] = x > 3 ? std::numeric_limits<double>::quiet_NaN() : x;
    }
  };
  const Error error = same_error_of([] {
    static_cast<void>(estimate_by_chains(world(), {.chains = 4, .samples = 5000, .seed = 1}, 2,
                                         [](Stream&) { return Broken{{.rho = 0.5}}; }));
  });
  EXPECT_THAT(error.what(), HasSubstr("of observable 1 one is no finite number"));
}

TEST(Chains, PassOnWhatOneThrows) {
  struct Throwing : Autoregressive {
    void step(Stream& stream) {
      Autoregressive::step(stream);
      if (x > 3) {
        throw std::runtime_error("the crystal broke");
      }
    }
  };
  const Error error = same_error_of([] {
    static_cast<void>(estimate_by_chains(world(), {.chains = 4, .samples = 5000, .seed = 1}, 2,
                                         [](Stream&) { return Throwing{{.rho = 0.5}}; }));
  });
  EXPECT_THAT(error.what(), HasSubstr("the crystal broke"));
}

}  // namespace
}  // namespace serried::montecarlo
