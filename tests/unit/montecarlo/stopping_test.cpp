#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo/stopping.hpp>

#include "error_of.hpp"

namespace serried::montecarlo {
namespace {

using testing::HasSubstr;

constexpr double infinity = std::numeric_limits<double>::infinity();

// Of a mean 10 with this error.
Means mean_with(double error) {
  return Means::of(101, std::array{10.0}, std::array{error * error * 100 * 101});
}
SoFar blocks_of_1000(std::uint64_t n, double seconds = 1) {
  return {.blocks = n, .trials = 1000 * n, .seconds = seconds};
}

TEST(StoppingRules, OfTrialsAloneAreOneRound) {
  const StoppingRules rules({.trials = 2500, .trials_per_block = 1000});
  EXPECT_EQ(rules.most_blocks(), 3U);
  EXPECT_EQ(rules.trials_of_block(1), 1000U);
  EXPECT_EQ(rules.trials_of_block(2), 500U);
  EXPECT_EQ(rules.blocks_after_next_round({}, mean_with(1)), 3U);
  EXPECT_EQ(rules.verdict({.blocks = 3, .trials = 2500}, mean_with(1)), Stop::trials);
  EXPECT_EQ(rules.wanted_growth(blocks_of_1000(1), mean_with(1)), std::nullopt);
}

TEST(StoppingRules, OfWholeBlocksRoundUp) {
  const StoppingRules rules({.trials = 2500, .trials_per_block = 1000, .errors = Errors::of_blocks});
  EXPECT_EQ(rules.trials_of_block(2), 1000U);
}

TEST(StoppingRules, OfAnErrorGrowAsItAsks) {
  const StoppingRules rules({.absolute_error = 0.1, .trials_per_block = 1000});
  EXPECT_EQ(rules.blocks_after_next_round({}, Means()), StoppingRules::first_blocks);
  const SoFar so_far = blocks_of_1000(100);
  EXPECT_EQ(rules.verdict(so_far, mean_with(0.1001)), std::nullopt);
  EXPECT_EQ(rules.verdict(so_far, mean_with(0.0999)), Stop::error);
  EXPECT_EQ(rules.blocks_after_next_round(so_far, mean_with(0.2)), 408U);  // 4 times, and a fiftieth
  EXPECT_EQ(rules.blocks_after_next_round(so_far, mean_with(0.1001)), 120U);
  EXPECT_EQ(rules.blocks_after_next_round(so_far, mean_with(100)), 800U);
  EXPECT_EQ(StoppingRules({.absolute_error = 0.1, .errors = Errors::of_blocks})
                .blocks_after_next_round({}, Means()),
            StoppingRules::first_blocks_as_observations);
}

TEST(StoppingRules, TrustNoErrorOfAFewTrials) {
  const StoppingRules rules({.absolute_error = 0.1, .trials_per_block = 1});
  EXPECT_EQ(rules.verdict({.blocks = 99, .trials = 99}, mean_with(0.05)), std::nullopt);
  EXPECT_EQ(rules.verdict({.blocks = 100, .trials = 100}, mean_with(0.05)), Stop::error);
}

TEST(StoppingRules, TakeOneOfTwoErrors) {
  const StoppingRules rules({.absolute_error = 0.1, .relative_error = 0.1});
  EXPECT_EQ(rules.verdict(blocks_of_1000(100), mean_with(0.9)), Stop::error);  // 9 % of the mean
  EXPECT_EQ(rules.verdict(blocks_of_1000(100), mean_with(1.1)), std::nullopt);
}

// One that never varies holds the others up until it is believed, and no longer.
TEST(StoppingRules, WaitForWhatHasNotVaried) {
  const StoppingRules rules({.absolute_error = 0.1});
  const Means one_varies = Means::of(101, std::array{1.0, 10.0}, std::array{0.0, 0.0, 0.0025 * 100 * 101});
  const SoFar few{.blocks = 100, .trials = 1000};
  const SoFar many{.blocks = 100, .trials = StoppingRules::trials_without_variation};
  EXPECT_EQ(rules.verdict(few, one_varies), std::nullopt);
  EXPECT_EQ(rules.wanted_growth(few, one_varies), infinity);
  EXPECT_EQ(rules.blocks_after_next_round(few, one_varies), 800U);
  EXPECT_EQ(rules.verdict(many, one_varies), Stop::error);
  EXPECT_EQ(rules.verdict(few, mean_with(0)), std::nullopt);
  EXPECT_EQ(rules.verdict(many, mean_with(0)), Stop::no_variation);
}

TEST(StoppingRules, OfATimeEndNearIt) {
  const StoppingRules rules({.wall_time = std::chrono::seconds(100), .trials_per_block = 1000});
  EXPECT_EQ(rules.blocks_after_next_round(blocks_of_1000(100, 1), mean_with(1)), 800U);
  EXPECT_EQ(rules.blocks_after_next_round(blocks_of_1000(100, 50), mean_with(1)), 200U);
  EXPECT_EQ(rules.blocks_after_next_round(blocks_of_1000(100, 95), mean_with(1)), 106U);
  EXPECT_EQ(rules.verdict(blocks_of_1000(100, 99), mean_with(1)), std::nullopt);
  EXPECT_EQ(rules.verdict(blocks_of_1000(100, 100), mean_with(1)), Stop::wall_time);
}

TEST(StoppingRules, RefuseWhatEndsNothing) {
  const auto refusal = [](const Options& options) {
    const Error error = test::error_of([&] { static_cast<void>(StoppingRules(options)); });
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
    return std::string(error.what());
  };
  EXPECT_THAT(refusal({}), HasSubstr("nothing would end the estimate"));
  EXPECT_THAT(refusal({.absolute_error = -1}), HasSubstr("negative"));
  EXPECT_THAT(refusal({.relative_error = std::nan("")}), HasSubstr("no number"));
  EXPECT_THAT(refusal({.absolute_error = infinity}), HasSubstr("infinite"));
  EXPECT_THAT(refusal({.trials = 1, .trials_per_block = 0}), HasSubstr("a block has"));
}

}  // namespace
}  // namespace serried::montecarlo
