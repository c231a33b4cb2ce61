#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo.hpp>
#include <serried/mpi/barrier.hpp>

#include "names_in.hpp"
#include "same_error_of.hpp"
#include "same_everywhere.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

// A struct of observables.
struct Energies {
  double kinetic = 0;
  double potential = 0;
};
template <>
inline constexpr bool serried::montecarlo::is_observables<Energies> = true;

namespace serried::montecarlo {
namespace {

using random::Stream;
using test::same_error_of;
using test::world;
using testing::ElementsAre;
using testing::HasSubstr;

double quarter_circle(Stream& stream) {
  const double x = stream.uniform();
  const double y = stream.uniform();
  return x * x + y * y < 1 ? 4.0 : 0.0;
}

// The z-score of a mean of which the true value is known.
double z_of(const Value& found, double truth) { return (found.value - truth) / found.standard_error; }

// The bits are those of one rank, one thread, whatever runs it: known, so that another change is noticed, too.
TEST(Estimate, IsTheSameBitsFromAnyRanksThreadsAndPolicies) {
  for (const int threads : {1, 2, 3}) {
    for (const auto policy : schedule::all_policies) {
      Options options{.trials = 100'001, .seed = 42, .trials_per_block = 1000, .policy = policy};
      options.job.threads = threads;
      const auto pi = estimate(world(), options, quarter_circle);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(pi.mean), 0x400923fafe20efc8U);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(pi.standard_error), 0x3f75430bbd59aa69U);
      EXPECT_EQ(pi.trials, 100'001U);
      EXPECT_EQ(pi.stop, Stop::trials);
    }
  }
}

TEST(Estimate, IsRightWithAnHonestError) {
  const auto pi = estimate(world(), {.trials = 1'000'000, .seed = 1}, quarter_circle);
  EXPECT_NEAR(pi.standard_error, std::sqrt((4 * 3.14159265 - 3.14159265 * 3.14159265) / 1e6),
              6e-6);  // beyond it once in a million
  EXPECT_LT(std::abs(z_of(pi.means[0], 3.14159265358979)), 4);
  EXPECT_DOUBLE_EQ(pi.interval(0.95).high - pi.mean, pi.mean - pi.interval(0.95).low);
}

// Over many seeds the z-scores are as those of a normal distribution: errors are neither too small nor too large.
TEST(Estimate, HasErrorsOfTheRightSize) {
  constexpr int n_seeds = 200;
  double sum = 0;
  double sum_of_squares = 0;
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    const auto found =
        estimate(world(), {.trials = 3000, .seed = seed, .trials_per_block = 500}, quarter_circle);
    const double z = z_of(found.means[0], 3.14159265358979);
    sum += z;
    sum_of_squares += z * z;
  }
  EXPECT_LT(std::abs(sum) / std::sqrt(n_seeds), 4.9);  // once in a million
  EXPECT_LT(std::abs(sum_of_squares - n_seeds) / std::sqrt(2.0 * n_seeds), 4.9);
}

TEST(Estimate, OfABatchIsThatOfItsTrials) {
  const Options options{.trials = 50'000, .seed = 3, .trials_per_block = 3000};
  const auto one_by_one = estimate(world(), options, [](Stream& stream) { return stream.exponential(); });
  const auto by_batches = estimate(world(), options, [](Batch& batch) {
    ASSERT_LE(batch.size(), Batch::capacity);
    batch.stream().fill_exponential(batch.values());
  });
  EXPECT_EQ(by_batches.mean, one_by_one.mean);
  EXPECT_EQ(by_batches.standard_error, one_by_one.standard_error);
}

TEST(Estimate, TakesSeveralObservables) {
  const Options options{.trials = 200'000, .seed = 5, .trials_per_block = 5000};
  const auto of_array = estimate(world(), options, [](Stream& stream) {
    const double x = stream.normal();
    return std::array{x, x * x};
  });
  const auto of_struct = estimate(world(), options, [](Stream& stream) {
    const double x = stream.normal();
    return Energies{.kinetic = x, .potential = x * x};
  });
  const auto of_vector = estimate(world(), options, [](Stream& stream) {
    const double x = stream.normal();
    Eigen::VectorXd values(2);
    values << x, x * x;
    return values;
  });
  const auto of_batch = estimate(world(), options, 2, [](Batch& batch) {
    const auto x = batch.values(0);
    const auto square = batch.values(1);
    batch.stream().fill_normal(x);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      square[i] = x[i] * x[i];
    }
  });
  EXPECT_LT(std::abs(z_of(of_array.means[0], 0)), 4.9);
  EXPECT_LT(std::abs(z_of(of_array.means[1], 1)), 4.9);
  EXPECT_EQ(of_struct.mean.kinetic, of_array.mean[0]);
  EXPECT_EQ(of_struct.mean.potential, of_array.mean[1]);
  EXPECT_EQ(of_struct.standard_error.potential, of_array.standard_error[1]);
  EXPECT_EQ(of_vector.mean[1], of_array.mean[1]);
  EXPECT_EQ(of_batch.mean[1], of_array.mean[1]);
  EXPECT_EQ(of_batch.means.covariance(0, 1), of_array.means.covariance(0, 1));
  // x² - (mean of x)²: a variance of 1
  const Value variance = of_array.means.function([](auto m) { return m[1] - m[0] * m[0]; });
  EXPECT_LT(std::abs(z_of(variance, 1)), 4.9);
}

// The mean of x² over [0, 1], sampled with density 2x: weights 1 / 2x.
TEST(Estimate, TakesWeights) {
  const auto found =
      estimate(world(), {.trials = 200'000, .seed = 5, .trials_per_block = 5000}, [](Stream& stream) {
        const double x = std::sqrt(1 - stream.uniform());
        return Weighted<double>{x * x, 1 / x};
      });
  EXPECT_LT(std::abs(z_of(found.means[0], 1.0 / 3)), 4.9);
  EXPECT_LT(found.standard_error, 0.002);
}

TEST(Estimate, StopsAtTheWantedError) {
  for (const Options& options : {Options{.absolute_error = 0.005, .seed = 7, .trials_per_block = 1000},
                                 Options{.relative_error = 0.002, .seed = 7, .trials_per_block = 1000}}) {
    const auto found = estimate(world(), options, quarter_circle);
    EXPECT_EQ(found.stop, Stop::error);
    EXPECT_LE(found.standard_error, options.absolute_error + options.relative_error * found.mean);
    EXPECT_GT(found.standard_error, 0.8 * (options.absolute_error + options.relative_error * found.mean));
    EXPECT_GT(found.rounds, 1U);
    // The number of trials is part of the result.
    EXPECT_TRUE(test::same_everywhere(std::to_string(found.trials)));
  }
  const auto limited =
      estimate(world(), {.trials = 5000, .absolute_error = 1e-9, .trials_per_block = 1000}, quarter_circle);
  EXPECT_EQ(limited.stop, Stop::trials);
  EXPECT_EQ(limited.trials, 5000U);
}

TEST(Estimate, StopsAfterATime) {
  const auto found = estimate(world(), {.wall_time = std::chrono::milliseconds(50), .trials_per_block = 1000},
                              quarter_circle);
  EXPECT_EQ(found.stop, Stop::wall_time);
  EXPECT_GE(found.seconds, 0.05);
}

// What others get wrong: no blocks on some ranks, a mean of zero, no variation at all.
TEST(Estimate, BehavesWhereThereIsLittle) {
  const auto one = estimate(world(), {.trials = 1}, [](Stream&) { return 3.0; });
  EXPECT_EQ(one.mean, 3.0);
  EXPECT_EQ(one.trials, 1U);
  EXPECT_TRUE(std::isnan(one.standard_error));
  const auto two = estimate(world(), {.trials = 2, .trials_per_block = 1}, [](Stream&) { return 3.0; });
  EXPECT_EQ(two.standard_error, 0.0);
  const auto zero = estimate(world(), {.relative_error = 0.01, .trials_per_block = 1 << 20},
                             [](Batch& batch) { std::ranges::fill(batch.values(), 0.0); });
  EXPECT_EQ(zero.stop, Stop::no_variation);
  EXPECT_EQ(zero.mean, 0.0);
  const auto symmetric =
      estimate(world(), {.trials = 30'000, .relative_error = 0.01, .trials_per_block = 1000},
               [](Stream& stream) { return stream.normal(); });
  EXPECT_EQ(symmetric.stop, Stop::trials);
}

// As most MPI programs do it: right, but not the same on other ranks, and not to be gone on with.
TEST(Estimate, CanHaveAStreamForEachRank) {
  Options options{.trials = 200'000,
                  .seed = 5,
                  .trials_per_block = 1000,
                  .seeding = random::Seeding::per_rank,
                  .policy = schedule::Policy::static_block};
  options.job.threads = 1;
  const auto found = estimate(world(), options, quarter_circle);
  EXPECT_LT(std::abs(z_of(found.means[0], 3.14159265358979)), 4.9);
  EXPECT_EQ(found.mean, estimate(world(), options, quarter_circle).mean);
  options.job.checkpoint = "pi";
  EXPECT_EQ(same_error_of([&] { static_cast<void>(estimate(world(), options, quarter_circle)); }).exit_code(),
            ExitCode::usage);
}

TEST(Estimate, RefusesWhatIsNoNumber) {
  const Error error = same_error_of([&] {
    static_cast<void>(estimate(world(), {.trials = 10'000, .trials_per_block = 1000}, [](Stream& stream) {
      return stream.uniform() < 1e-3 ? std::numeric_limits<double>::quiet_NaN() : 1.0;
    }));
  });
  EXPECT_THAT(error.what(), HasSubstr("one gave a value that is no finite number"));
}

TEST(Estimate, PassesOnWhatATrialThrows) {
  const Error error = same_error_of([&] {
    static_cast<void>(estimate(world(), {.trials = 10'000, .trials_per_block = 1000}, [](Stream& stream) {
      if (stream.uniform() < 1e-3) {
        throw std::runtime_error("the reactor melted");
      }
      return 1.0;
    }));
  });
  EXPECT_THAT(error.what(), HasSubstr("the reactor melted"));
}

TEST(Estimate, NeedsARule) {
  const Error error = same_error_of([] { static_cast<void>(estimate(world(), {}, quarter_circle)); });
  EXPECT_EQ(error.exit_code(), ExitCode::usage);
  EXPECT_THAT(error.what(), HasSubstr("nothing would end the estimate"));
  EXPECT_THAT(same_error_of([] {
                static_cast<void>(estimate(world(), {.absolute_error = -1}, quarter_circle));
              }).what(),
              HasSubstr("negative"));
}

// Stopped by a signal, gone on with, and stopped again: in the end the bits of an undisturbed run.
TEST(Estimate, GoesOnAfterItWasStopped) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  Options options{.absolute_error = 0.004, .seed = 9, .trials_per_block = 500};
  const auto undisturbed = estimate(world(), options, quarter_circle);
  ASSERT_GE(undisturbed.rounds, 2U);
  options.job.checkpoint = (folder.path() / "pi").string();
  int n_stops = 0;
  for (const std::uint64_t stops_at : {5, 20, 60}) {
    std::uint64_t n = 0;
    try {
      static_cast<void>(estimate(world(), options, [&](Batch& batch) {
        if (batch.first() == stops_at * options.trials_per_block) {
          std::raise(SIGUSR1);
        }
        for (double& value : batch.values()) {
          value = quarter_circle(batch.stream());
        }
        ++n;
      }));
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::resumable) << error.what();
      ++n_stops;
    }
    options.job.resume = true;
  }
  EXPECT_GT(n_stops, 0);
  const auto resumed = estimate(world(), options, quarter_circle);
  EXPECT_EQ(resumed.mean, undisturbed.mean);
  EXPECT_EQ(resumed.standard_error, undisturbed.standard_error);
  EXPECT_EQ(resumed.trials, undisturbed.trials);
  EXPECT_EQ(resumed.rounds, undisturbed.rounds);
  EXPECT_THAT(test::names_in(folder.path() / "pi"), ElementsAre("trials.h5"));
  mpi::barrier(world());

  // It is over, and stays so; and another question is not answered from it.
  EXPECT_EQ(estimate(world(), options, quarter_circle).mean, undisturbed.mean);
  options.seed = 10;
  EXPECT_EQ(same_error_of([&] { static_cast<void>(estimate(world(), options, quarter_circle)); }).exit_code(),
            ExitCode::usage);
  options.seed = 9;
  options.job.resume = false;
  EXPECT_THAT(same_error_of([&] { static_cast<void>(estimate(world(), options, quarter_circle)); }).what(),
              HasSubstr("is a checkpoint already"));
}

// How many blocks a round has may depend on the time: the blocks that were begun are those that are gone on with.
TEST(Estimate, GoesOnWithARoundThatTheTimeHasDecided) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  Options options{.wall_time = std::chrono::hours(1), .seed = 9, .trials_per_block = 500};
  options.job.checkpoint = (folder.path() / "pi").string();
  const auto run = [&] {
    return estimate(world(), options, [&](Batch& batch) {
      if (batch.first() == 30 * options.trials_per_block) {
        std::raise(SIGUSR1);
      }
      for (double& value : batch.values()) {
        value = quarter_circle(batch.stream());
      }
    });
  };
  EXPECT_EQ(same_error_of([&] { static_cast<void>(run()); }).exit_code(), ExitCode::resumable);
  options.job.resume = true;
  options.wall_time = std::chrono::milliseconds(1);
  const auto short_of_time = estimate(world(), options, quarter_circle);
  EXPECT_EQ(short_of_time.stop, Stop::wall_time);
  EXPECT_EQ(short_of_time.trials, 8U * 16 * options.trials_per_block);
  EXPECT_EQ(short_of_time.rounds, 2U);
  EXPECT_TRUE(test::same_everywhere(std::to_string(short_of_time.seconds)));
  EXPECT_EQ(estimate(world(), options, quarter_circle).trials, short_of_time.trials);

  // More time: it goes on.
  options.wall_time += std::chrono::duration<double>(short_of_time.seconds);
  options.wall_time *= 2;
  const auto longer = estimate(world(), options, quarter_circle);
  EXPECT_GT(longer.trials, short_of_time.trials);
  EXPECT_GE(longer.rounds, 3U);
}

}  // namespace
}  // namespace serried::montecarlo
