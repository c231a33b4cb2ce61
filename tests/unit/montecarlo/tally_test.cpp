#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/montecarlo.hpp>
#include <serried/mpi/barrier.hpp>

#include "error_of.hpp"
#include "names_in.hpp"
#include "same_error_of.hpp"
#include "same_everywhere.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::montecarlo {
namespace {

using random::Stream;
using test::same_error_of;
using test::world;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

std::uint64_t hash_of(std::span<const double> numbers) {
  return hash_bytes(std::string_view(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()));
}

// A walk in a square that it may leave: many scores of a trial, or none.
void walk(Stream& stream, Tally& tally) {
  double x = 0.5;
  double y = 0.5;
  for (std::uint64_t n = stream.below(20); n > 0; --n) {
    x += stream.normal(0, 0.1);
    y += stream.normal(0, 0.1);
    tally.add({x, y}, stream.exponential());
  }
}
Mesh square() { return {Axis::uniform(20, 0, 1), Axis::uniform(30, 0, 1)}; }

// A particle flies from 0 on and is stopped after an exponential distance. Its track's length in each bin, in three pieces.
void fly(Stream& stream, Tally& tally) {
  const double distance = stream.exponential();
  const Axis& axis = tally.mesh().axis(0);
  for (std::size_t i = 0; i < axis.n_bins() && axis.edge(i) < distance; ++i) {
    const double length = std::min(distance, axis.edge(i + 1)) - axis.edge(i);
    for (int piece = 0; piece < 3; ++piece) {
      tally.add_to(i, length / 3);
    }
  }
  if (distance > axis.high()) {
    tally.add(distance, distance - axis.high());
  }
}
double mean_track_between(double a, double b) { return portable::exp(-a) - portable::exp(-b); }

// The bits are those of one rank, one thread, whatever runs it: known, so that another change is noticed, too.
TEST(EstimateTally, IsTheSameBitsFromAnyRanksThreadsAndPolicies) {
  for (const int threads : {1, 2, 3}) {
    for (const auto policy : schedule::all_policies) {
      Options options{.trials = 20'001, .seed = 42, .trials_per_block = 500, .policy = policy};
      options.job.threads = threads;
      const auto found = estimate_tally(world(), options, square(), walk);
      EXPECT_EQ(hash_of(found.mean), 0x4b78f481896b7be1U);
      EXPECT_EQ(hash_of(found.standard_error), 0xd12d63a455d2e684U);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(found.outside.value), 0x3ff347d6cf0fbadeU);
      EXPECT_EQ(found.trials, 20'001U);
      EXPECT_EQ(found.stop, Stop::trials);
    }
  }
}

// All z-scores within 4.9: each is beyond it once in a million.
TEST(EstimateTally, IsRight) {
  const Mesh mesh = Axis::of_edges({0, 0.1, 0.5, 1, 3});
  const auto found =
      estimate_tally(world(), {.trials = 200'000, .seed = 2, .trials_per_block = 5000}, mesh, fly);
  ASSERT_EQ(found.mean.size(), 4U);
  for (std::size_t bin = 0; bin < 4; ++bin) {
    const double truth = mean_track_between(mesh.axis(0).edge(bin), mesh.axis(0).edge(bin + 1));
    EXPECT_LT(std::abs(found.mean[bin] - truth) / found.standard_error[bin], 4.9);
    EXPECT_EQ(found[bin].value, found.mean[bin]);
    EXPECT_EQ(found[bin].standard_error, found.standard_error[bin]);
    EXPECT_DOUBLE_EQ(found.density(bin).value, found.mean[bin] / mesh.axis(0).width(bin));
    EXPECT_DOUBLE_EQ(found.density(bin).standard_error, found.standard_error[bin] / mesh.axis(0).width(bin));
  }
  EXPECT_LT(std::abs(found.outside.value - portable::exp(-3)) / found.outside.standard_error, 4.9);
  // The variance of what is outside, distances beyond 3 that are exponential again: 2 e^-3 - e^-6.
  EXPECT_NEAR(found.outside.standard_error, std::sqrt((2 * std::exp(-3.0) - std::exp(-6.0)) / 200'000),
              0.05 * found.outside.standard_error);
}

// Over many seeds the z-scores are as those of a normal distribution, however the scores of a trial are correlated: three equal
// ones taken for independent would make errors smaller by a factor of 1.7.
TEST(EstimateTally, HasErrorsOfTheRightSize) {
  constexpr int n_seeds = 100;
  const Mesh mesh = Axis::uniform(4, 0, 2);
  for (const Errors errors : {Errors::of_trials, Errors::of_blocks}) {
    std::array<double, 4> sum{};
    std::array<double, 4> sum_of_squares{};
    for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
      const auto found = estimate_tally(
          world(), {.trials = 4000, .seed = seed, .trials_per_block = 20, .errors = errors}, mesh, fly);
      for (std::size_t bin = 0; bin < 4; ++bin) {
        const double truth = mean_track_between(mesh.axis(0).edge(bin), mesh.axis(0).edge(bin + 1));
        const double z = (found.mean[bin] - truth) / found.standard_error[bin];
        sum[bin] += z;
        sum_of_squares[bin] += z * z;
      }
    }
    for (std::size_t bin = 0; bin < 4; ++bin) {
      EXPECT_LT(std::abs(sum[bin]) / std::sqrt(n_seeds), 4.9);  // once in a million
      EXPECT_LT(std::abs(sum_of_squares[bin] - n_seeds) / std::sqrt(2.0 * n_seeds), 4.9);
    }
  }
}

// As means of indicators are.
TEST(EstimateTally, OfOneScoreIsAnEstimate) {
  const Options options{.trials = 10'007, .seed = 3, .trials_per_block = 500};
  const auto tally =
      estimate_tally(world(), options, Axis::uniform(2, 0, 1), [](Stream& stream, Tally& scores) {
        const double x = stream.uniform();
        scores.add(x, 2 * x);
      });
  const auto means = estimate(world(), options, [](Stream& stream) {
    const double x = stream.uniform();
    return std::array{x < 0.5 ? 2 * x : 0.0, x < 0.5 ? 0.0 : 2 * x};
  });
  for (std::size_t bin = 0; bin < 2; ++bin) {
    EXPECT_NEAR(tally.mean[bin], means.mean[bin], 1e-14);
    EXPECT_NEAR(tally.standard_error[bin], means.standard_error[bin], 1e-14);
    EXPECT_NEAR(tally[bin].interval(0.95).low, means.interval(0.95, bin).low, 1e-13);
  }
}

TEST(EstimateTally, OfBlocksTakesWholeOnes) {
  const auto found = estimate_tally(
      world(), {.trials = 1001, .trials_per_block = 10, .errors = Errors::of_blocks}, Axis::uniform(2, 0, 1),
      [](Stream& stream, Tally& tally) { tally.add(stream.uniform()); });
  EXPECT_EQ(found.trials, 1010U);
  EXPECT_DOUBLE_EQ(found.mean[0] + found.mean[1], 1);
  EXPECT_EQ(found.outside.degrees_of_freedom, 100);
}

TEST(EstimateTally, StopsAtTheWantedErrorOfAllBins) {
  const auto found =
      estimate_tally(world(), {.relative_error = 0.02, .seed = 7, .trials_per_block = 200}, square(), walk);
  double mean = 0;
  double error = 0;
  for (std::size_t bin = 0; bin < found.mean.size(); ++bin) {
    mean += found.mean[bin] * found.mean[bin];
    error += found.standard_error[bin] * found.standard_error[bin];
  }
  EXPECT_EQ(found.stop, Stop::error);
  EXPECT_LE(std::sqrt(error / mean), 0.02);
  EXPECT_GT(std::sqrt(error / mean), 0.016);
  EXPECT_GT(found.rounds, 1U);
  EXPECT_TRUE(test::same_everywhere(std::to_string(found.trials)));
}

TEST(EstimateTally, BehavesWhereThereIsLittle) {
  const Mesh mesh = Axis::uniform(3, 0, 3);
  const auto nothing =
      estimate_tally(world(), {.trials = 1000, .trials_per_block = 100}, mesh, [](Stream&, Tally&) {});
  EXPECT_THAT(nothing.mean, Each(0.0));
  EXPECT_THAT(nothing.standard_error, Each(0.0));
  EXPECT_EQ(nothing.outside.value, 0.0);
  // Fewer blocks than ranks; a bin that is always hit, one that never is.
  const auto two = estimate_tally(world(), {.trials = 2, .trials_per_block = 1}, mesh,
                                  [](Stream&, Tally& tally) { tally.add(1.5, 3.0); });
  EXPECT_THAT(two.mean, ElementsAre(0.0, 3.0, 0.0));
  EXPECT_THAT(two.standard_error, Each(0.0));
  const auto one =
      estimate_tally(world(), {.trials = 1}, mesh, [](Stream&, Tally& tally) { tally.add(-1.0, 2.0); });
  EXPECT_THAT(one.mean, Each(0.0));
  EXPECT_TRUE(std::isnan(one.standard_error[0]));
  EXPECT_EQ(one.outside.value, 2.0);
  EXPECT_TRUE(std::isnan(one.outside.standard_error));
  EXPECT_THROW(static_cast<void>(one[3]), std::logic_error);
}

// Scores that cancel, and positive and negative ones that are of very different sizes.
TEST(EstimateTally, AddsUpScoresOfAnySize) {
  const auto found = estimate_tally(world(), {.trials = 3000, .trials_per_block = 7}, Axis::uniform(2, 0, 2),
                                    [](Stream& stream, Tally& tally) {
                                      tally.add(0.5, 1e100);
                                      tally.add(0.5, -1e100);
                                      tally.add(1.5, stream.below(2) == 0 ? 1e-150 : -1e150);
                                    });
  EXPECT_EQ(found.mean[0], 0.0);
  EXPECT_EQ(found.standard_error[0], 0.0);
  EXPECT_LT(std::abs(found.mean[1] + 0.5e150) / found.standard_error[1], 4.9);
}

TEST(EstimateTally, TakesAMillionBins) {
  const Mesh mesh{Axis::uniform(1000, 0, 1), Axis::uniform(1000, 0, 1)};
  const auto found = estimate_tally(world(), {.trials = 20'000, .trials_per_block = 1000}, mesh,
                                    [](Stream& stream, Tally& tally) {
                                      const double x = stream.uniform();
                                      tally.add({x, 1.1 * stream.uniform()});
                                    });
  double sum = found.outside.value;
  for (const double mean : found.mean) {
    sum += mean;
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_NEAR(found.outside.value, 1 - 1 / 1.1, 4.9 * found.outside.standard_error);
}

TEST(EstimateHistogram, IsThatOfTheDistribution) {
  const Mesh mesh = Axis::uniform(8, -2, 2);
  const Options options{.trials = 200'000, .seed = 5, .trials_per_block = 5000};
  const auto found =
      estimate_histogram(world(), options, mesh, [](Stream& stream) { return stream.normal(); });
  const auto below = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  double sum = found.outside.value;
  for (std::size_t bin = 0; bin < 8; ++bin) {
    const double p = below(mesh.axis(0).edge(bin + 1)) - below(mesh.axis(0).edge(bin));
    EXPECT_LT(std::abs(found.mean[bin] - p) / std::sqrt(p * (1 - p) / 200'000), 4.9);
    EXPECT_NEAR(found.standard_error[bin], std::sqrt(found.mean[bin] * (1 - found.mean[bin]) / 199'999),
                1e-12);
    EXPECT_DOUBLE_EQ(found.density(bin).value, 2 * found.mean[bin]);
    sum += found.mean[bin];
  }
  EXPECT_NEAR(sum, 1, 1e-13);
  // In two dimensions, of an array.
  const auto plane =
      estimate_histogram(world(), options, Mesh{mesh.axis(0), mesh.axis(0)}, [](Stream& stream) {
        return std::array{stream.normal(), stream.normal()};
      });
  const double p = (below(0.5) - below(0)) * (below(0.5) - below(0));
  EXPECT_LT(std::abs(plane.mean[plane.mesh.bin({0.1, 0.1})] - p) / std::sqrt(p * (1 - p) / 200'000), 4.9);
}

TEST(EstimateTally, RefusesWhatIsNoNumber) {
  const auto error_of_score = [](double x, double weight) {
    return same_error_of([&] {
      static_cast<void>(estimate_tally(world(), {.trials = 10'000, .trials_per_block = 1000},
                                       Axis::uniform(2, 0, 1), [&](Stream& stream, Tally& tally) {
                                         tally.add(stream.uniform());
                                         if (stream.uniform() < 1e-3) {
                                           tally.add(x, weight);
                                         }
                                       }));
    });
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(error_of_score(0.75, nan).what(), HasSubstr("one scored what is no finite number"));
  EXPECT_THAT(error_of_score(0.75, nan).what(), HasSubstr("in bin 1"));
  EXPECT_THAT(error_of_score(0.75, nan).what(), HasSubstr("of trials "));
  EXPECT_THAT(error_of_score(0.25, 1e200).what(), HasSubstr("too large to be squared"));
  EXPECT_THAT(error_of_score(2, -std::numeric_limits<double>::infinity()).what(), HasSubstr("outside"));
  EXPECT_THAT(error_of_score(nan, 1).what(), HasSubstr("a point that is no number"));
  EXPECT_THAT(error_of_score(nan, 0).what(), HasSubstr("a point that is no number"));
}

TEST(EstimateTally, RefusesMisuse) {
  const auto error_of = [](const Options& options, const auto& trial) {
    return same_error_of([&] { static_cast<void>(estimate_tally(world(), options, square(), trial)); });
  };
  const Options options{.trials = 1000, .trials_per_block = 100};
  EXPECT_THAT(error_of(options, [](Stream&, Tally& tally) { tally.add(0.5); }).what(),
              HasSubstr("a coordinate for each axis"));
  EXPECT_THAT(error_of(options, [](Stream&, Tally& tally) { tally.add_to(601); }).what(),
              HasSubstr("there is such a bin"));
  EXPECT_EQ(error_of({}, walk).exit_code(), ExitCode::usage);
  EXPECT_EQ(error_of({.trials = 10, .trials_per_block = 0}, walk).exit_code(), ExitCode::usage);
  Options of_ranks{.trials = 10, .seeding = random::Seeding::per_rank};
  of_ranks.job.checkpoint = "tally";
  EXPECT_EQ(error_of(of_ranks, walk).exit_code(), ExitCode::usage);
}

// On pages that are far from each other, in pieces, and refused if they are not whole.
TEST(TallySums, ComeBackAsTheyWereSaved) {
  const auto sums_of = [](std::uint64_t first) {
    TallySums sums(100'000, 10, Errors::of_trials);
    for (std::uint64_t i = first; i < 20; i += 2) {
      EXPECT_TRUE(sums.add(i * i * i * 10, 0.1 * static_cast<double>(i), 1e10));
    }
    sums.count_trials(10);
    return sums;
  };
  TallySums all = sums_of(0);
  all.merge(sums_of(1));
  TallySums again = all.empty_one();
  std::vector<std::byte> bytes;
  for (const std::uint64_t first : {1, 0}) {
    bytes.clear();
    sums_of(first).save(bytes);
    EXPECT_LT(bytes.size(), 100'000U * 96 / 8);
    again.load(bytes);
  }
  EXPECT_EQ(again.n_trials(), 20U);
  EXPECT_EQ(again.results().means, all.results().means);
  EXPECT_EQ(again.results().standard_errors, all.results().standard_errors);
  bytes.pop_back();
  EXPECT_NE(test::error_of([&] { again.load(bytes); }).what(), nullptr);
  bytes.resize(bytes.size() + 9);
  EXPECT_NE(test::error_of([&] { again.load(bytes); }).what(), nullptr);
  bytes.resize(bytes.size() - 8);
  bytes[16] = std::byte{0xff};  // the number of the first page
  EXPECT_NE(test::error_of([&] { again.load(bytes); }).what(), nullptr);
  EXPECT_EQ(again.n_trials(), 20U);
}

// Stopped by a signal, gone on with, and stopped again: in the end the bits of an undisturbed run.
TEST(EstimateTally, GoesOnAfterItWasStopped) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  Options options{.relative_error = 0.03, .seed = 9, .trials_per_block = 50};
  const auto undisturbed = estimate_tally(world(), options, square(), walk);
  ASSERT_GE(undisturbed.rounds, 2U);
  options.job.checkpoint = (folder.path() / "walk").string();
  int n_stops = 0;
  for (const std::uint64_t stops_at : {5, 20, 60}) {
    try {
      static_cast<void>(estimate_tally(world(), options, square(), [&](Stream& stream, Tally& tally) {
        Stream block(options.seed, options.name, stops_at);
        if (Stream(stream)() == block()) {
          std::raise(SIGUSR1);
        }
        walk(stream, tally);
      }));
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::resumable) << error.what();
      ++n_stops;
    }
    options.job.resume = true;
  }
  EXPECT_GT(n_stops, 0);
  const auto resumed = estimate_tally(world(), options, square(), walk);
  EXPECT_EQ(resumed.mean, undisturbed.mean);
  EXPECT_EQ(resumed.standard_error, undisturbed.standard_error);
  EXPECT_EQ(resumed.outside.value, undisturbed.outside.value);
  EXPECT_EQ(resumed.trials, undisturbed.trials);
  EXPECT_EQ(resumed.rounds, undisturbed.rounds);
  EXPECT_THAT(test::names_in(folder.path() / "walk"), ElementsAre("trials.h5"));
  mpi::barrier(world());

  // It is over, and stays so; and another mesh is not answered from it.
  EXPECT_EQ(estimate_tally(world(), options, square(), walk).mean, undisturbed.mean);
  EXPECT_THAT(same_error_of([&] {
                static_cast<void>(estimate_tally(world(), options,
                                                 {Axis::uniform(20, 0, 1), Axis::uniform(30, 0, 2)}, walk));
              }).what(),
              HasSubstr("30 bins from 0 to 1"));
}

}  // namespace
}  // namespace serried::montecarlo
