#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo.hpp>

#include "example_chains.hpp"
#include "same_error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::montecarlo {
namespace {

using random::Stream;
using test::same_error_of;
using test::world;
using testing::HasSubstr;

TEST(Chains, GoOnUntilTheErrorIsSmallEnough) {
  ChainOptions options{.chains = 4, .warm_up = 100, .samples = 1000, .absolute_error = 0.01, .seed = 8};
  options.samples_per_stretch = 300;  // the ends of rounds are not those of stretches
  const auto sample = [&] {
    return estimate_by_tempering(world(), options, 1, 0, 2,
                                 [](Stream& start, std::size_t) { return autoregressive(0.5)(start); });
  };
  const LadderEstimate found = sample();
  const ChainEstimate& x = found.rungs[0];
  EXPECT_EQ(found.stop, Stop::error);
  EXPECT_TRUE(x.is_long_enough);
  EXPECT_EQ(x.samples, 32'000U);
  for (const std::size_t k : {0, 1}) {
    EXPECT_LE(x.means.standard_error(k), 0.01);
    EXPECT_LT(std::abs(x.means.value(k) - static_cast<double>(k)), 4.9 * x.means.standard_error(k));
  }
  // As the same number of samples, asked for at once, but for the lengths of stretches.
  const ChainEstimate at_once = estimate_by_chains(
      world(), {.chains = 4, .warm_up = 100, .samples = x.samples / 4, .seed = 8}, 2, autoregressive(0.5));
  EXPECT_NEAR(x.autocorrelation_times[0], at_once.autocorrelation_times[0], 0.5);

  // A finished one, and another target.
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  options.job.checkpoint = (folder.path() / "chains").string();
  const LadderEstimate saved = sample();
  EXPECT_EQ(saved.rungs[0].means.value(0), x.means.value(0));
  options.job.resume = true;
  EXPECT_EQ(sample().rungs[0].samples, x.samples);
  options.absolute_error = 0.006;
  const LadderEstimate longer = sample();
  options.job = {};
  const LadderEstimate undisturbed = sample();
  EXPECT_GT(longer.rungs[0].samples, x.samples);
  EXPECT_EQ(longer.stop, Stop::error);
  EXPECT_EQ(longer.rungs[0].samples, undisturbed.rungs[0].samples);
  EXPECT_EQ(bits(longer.rungs[0].means.standard_error(1)),
            bits(undisturbed.rungs[0].means.standard_error(1)));
}

// In the third round of samples that are doubled.
TEST(Chains, GoOnToTheirTargetAfterTheyWereStopped) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  ChainOptions options{.chains = 1,
                       .warm_up = 50,
                       .samples = 301,
                       .absolute_error = 0.05,
                       .samples_per_stretch = 64,
                       .seed = 11};
  std::atomic<int> steps = 0;
  int stops_at = 0;
  const auto sample = [&] {
    steps = 0;
    return estimate_by_chains(world(), options, 2, [&](Stream& start) {
      return Raising<Autoregressive>{{.rho = 0.7, .x = start.normal()}, SIGTERM, &steps, stops_at};
    });
  };
  const ChainEstimate undisturbed = sample();
  EXPECT_GE(undisturbed.samples, 8U * 301);
  EXPECT_EQ(undisturbed.stop, Stop::error);
  options.job.checkpoint = (folder.path() / "target").string();
  options.job.checkpoint_every =
      std::chrono::milliseconds(0);  // so that signals are looked for after every stretch
  stops_at = 50 + 3 * 301;
  EXPECT_EQ(same_error_of([&] { static_cast<void>(sample()); }).exit_code(), ExitCode::resumable);
  stops_at = 0;
  options.job.resume = true;
  const auto refuses = [&](const ChainOptions& other, const std::string& what) {
    const ChainOptions saved = std::exchange(options, other);
    EXPECT_THAT(same_error_of([&] { static_cast<void>(sample()); }).what(), HasSubstr(what));
    options = saved;
  };
  ChainOptions other = options;
  other.absolute_error = 0.06;
  refuses(other, "by its target of 0.05");
  other.absolute_error = 0;
  refuses(other, "by its target of 0.05");
  other.relative_error = 0.5;
  refuses(other, "by its target of 0.05");
  other = options;
  other.max_samples = 700;
  refuses(other, "the checkpoint has 1208 samples");
  other = options;
  other.target_observables = {0};
  refuses(other, "target_observables=");
  const ChainEstimate resumed = sample();
  EXPECT_EQ(resumed.samples, undisturbed.samples);
  EXPECT_EQ(bits(resumed.means.value(1)), bits(undisturbed.means.value(1)));
  EXPECT_EQ(bits(resumed.means.standard_error(0)), bits(undisturbed.means.standard_error(0)));
  EXPECT_EQ(bits(resumed.split_r_hats[1]), bits(undisturbed.split_r_hats[1]));
}

// What nobody has asked for may take as long as it likes.
TEST(Chains, WaitForTheirTargetsAlone) {
  struct Two {
    Autoregressive fast{.rho = 0.5};
    Autoregressive slow{.rho = 0.9999};
    void step(Stream& stream) {
      fast.step(stream);
      slow.step(stream);
    }
    void measure(std::span<double> values) const {
      values[0] = slow.x;
      values[1] = fast.x;
    }
    void save(std::vector<std::byte>& /*bytes*/) const {}
    void load(std::span<const std::byte> /*bytes*/) {}
  };
  const ChainEstimate found = estimate_by_chains(world(),
                                                 {.chains = 4,
                                                  .samples = 1000,
                                                  .absolute_error = 0.03,
                                                  .target_observables = {1},
                                                  .max_samples = 200'000,
                                                  .seed = 12},
                                                 2, [](Stream&) { return Two(); });
  EXPECT_EQ(found.stop, Stop::error);
  EXPECT_LE(found.samples, 4U * 8000);
  EXPECT_FALSE(found.is_long_enough);
  EXPECT_FALSE(found.is_long_enough_for(0));
  EXPECT_TRUE(found.is_long_enough_for(1));
}

// Not before all errors can be trusted; not for ever.
TEST(Chains, DoNotTrustErrorsThatAreTooSmall) {
  ChainOptions options{.chains = 2, .warm_up = 0, .samples = 500, .relative_error = 1, .seed = 9};
  const ChainEstimate found = estimate_by_chains(world(), options, 2, [](Stream& start) {
    return Autoregressive{.rho = 0.99, .x = 30 + start.normal()};
  });
  EXPECT_TRUE(found.is_long_enough);
  EXPECT_GT(found.samples, 2 * options.samples);
  options.relative_error = 1e-6;  // of a mean of 0
  options.max_samples = 3000;
  const LadderEstimate ended = estimate_by_tempering(
      world(), options, 1, 0, 2, [](Stream& start, std::size_t) { return autoregressive(0.5)(start); });
  EXPECT_EQ(ended.stop, Stop::trials);
  EXPECT_EQ(ended.rungs[0].samples, 2U * 2000);
  options.target_observables = {1};
  options.relative_error = 0.2;
  EXPECT_EQ(estimate_by_chains(world(), options, 2, autoregressive(0.5)).samples, 2U * 1000);
}

TEST(Tempering, GoesOnUntilAllRungsAreGoodEnough) {
  ChainOptions options{.chains = 2, .warm_up = 300, .samples = 500, .absolute_error = 0.3, .seed = 10};
  for (const int threads : {1, 2}) {
    options.job.threads = threads;
    const LadderEstimate found =
        estimate_by_tempering(world(), options, temperatures.size(), 7, 1, in_two_wells);
    EXPECT_EQ(found.stop, Stop::error);
    for (const ChainEstimate& rung : found.rungs) {
      EXPECT_LE(rung.means.standard_error(0), 0.3);
      EXPECT_TRUE(rung.is_long_enough);
    }
    EXPECT_EQ(found.rungs[0].samples, 64'000U);
    EXPECT_EQ(bits(found.rungs[0].means.value(0)), 0x402256c49ba5e35dU);
  }
}

}  // namespace
}  // namespace serried::montecarlo
