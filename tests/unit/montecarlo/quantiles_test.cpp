#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo.hpp>

#include "error_of.hpp"
#include "same_error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::montecarlo {
namespace {

using random::Stream;
using test::same_error_of;
using test::world;
using testing::HasSubstr;

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(ValueCounts, HaveEachValueInItsCell) {
  Stream stream(1, "values", 0);
  for (int i = 0; i < 10'000; ++i) {
    // Every double there is, but for infinities and NaN.
    const double x = std::bit_cast<double>(stream());
    if (!std::isfinite(x)) {
      continue;
    }
    ValueCounts counts;
    counts.add(x);
    const auto cells = counts.cells();
    ASSERT_EQ(cells.size(), 1U);
    const auto [low, high] = cells[0].values;
    ASSERT_TRUE((low < x && x < high) || (low == x && x == high)) << x;
    ASSERT_LE(high - low, std::max(ValueCounts::relative_width * std::abs(x), 0x1p-1034)) << x;
  }
}

TEST(ValueCounts, AreInAscendingOrder) {
  ValueCounts counts;
  std::vector<double> values = {0.0, 0x1p-1074, -0x1p-1074, std::numeric_limits<double>::max(),
                                -std::numeric_limits<double>::max()};
  Stream stream(1, "values", 0);
  for (int i = 0; i < 1000; ++i) {
    values.push_back(stream.normal());
  }
  for (const double x : values) {
    counts.add(x);
  }
  std::ranges::sort(values);
  std::uint64_t n = 0;
  for (const auto& cell : counts.cells()) {
    ASSERT_EQ(cell.n_before, n);
    for (std::uint64_t i = 0; i < cell.n; ++i, ++n) {
      ASSERT_LE(cell.values.low, values[n]);
      ASSERT_GE(cell.values.high, values[n]);
    }
  }
  EXPECT_EQ(n, values.size());
}

TEST(ValueCounts, CountSomeValuesExactly) {
  ValueCounts counts;
  for (const double x : {0.0, -0.0, 1.0, 8191.0, -0.25}) {
    counts.add(x);
  }
  const auto cells = counts.cells();
  ASSERT_EQ(cells.size(), 4U);
  EXPECT_EQ(cells[1].n, 2U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(cells[i].values.low, (std::vector{-0.25, 0.0, 1.0, 8191.0})[i]);
    EXPECT_EQ(cells[i].values.high, cells[i].values.low);
  }
}

TEST(ValueCounts, ComeBackAsTheyWereSaved) {
  ValueCounts all;
  ValueCounts again;
  std::vector<std::byte> bytes;
  for (const double x : {-1e300, 0.5, 0.75, 1e-300}) {
    ValueCounts one;
    one.add(x);
    one.count_trials(1);
    bytes.clear();
    one.save(bytes);
    again.load(bytes);
    all.merge(std::move(one));
  }
  EXPECT_EQ(again.n_trials(), 4U);
  const auto cells = again.cells();
  ASSERT_EQ(cells.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(cells[i].values.low, all.cells()[i].values.low);
    EXPECT_EQ(cells[i].n, all.cells()[i].n);
  }
  bytes.pop_back();
  EXPECT_NE(test::error_of([&] { again.load(bytes); }).what(), nullptr);
  bytes.resize(bytes.size() + 9);
  EXPECT_NE(test::error_of([&] { again.load(bytes); }).what(), nullptr);
}

// Tables of the sign test say so.
TEST(OrderStatistics, AreThoseOfTables) {
  const auto& around = order_statistics_around;
  EXPECT_EQ(around(10, 0.5, 0.95), (OrderStatistics{2, 9}));
  EXPECT_EQ(around(100, 0.5, 0.95), (OrderStatistics{40, 61}));
  EXPECT_EQ(around(5, 0.5, 0.95), (OrderStatistics{0, 6}));  // 2^-5 is more than 0.025
  EXPECT_EQ(around(6, 0.5, 0.95), (OrderStatistics{1, 6}));  // 2^-6 is less
  EXPECT_EQ(around(100, 0.99, 0.95).high, 101U);             // 0.99^100 is 0.37
  EXPECT_EQ(around(1, 0.5, 0.5), (OrderStatistics{0, 2}));
  EXPECT_THROW(static_cast<void>(around(10, 0, 0.95)), std::logic_error);
  EXPECT_THROW(static_cast<void>(around(10, 1, 0.95)), std::logic_error);
  EXPECT_THROW(static_cast<void>(around(10, 0.5, 1)), std::logic_error);
}

// No fewer, and no more than needed: one rank closer would be too near.
TEST(OrderStatistics, CoverAsMuchAsIsAsked) {
  for (const std::uint64_t n : {20, 137, 1000}) {
    for (const double q : {0.01, 0.3, 0.9}) {
      const OrderStatistics ranks = order_statistics_around(n, q, 0.9);
      const auto probability_below = [&](std::uint64_t k) {  // of fewer than k
        double sum = 0;
        for (std::uint64_t i = 0; i < k; ++i) {
          const auto of = static_cast<double>(i);
          const auto all = static_cast<double>(n);
          sum += std::exp(std::lgamma(all + 1) - std::lgamma(of + 1) - std::lgamma(all - of + 1) +
                          of * std::log(q) + (all - of) * std::log1p(-q));
        }
        return sum;
      };
      EXPECT_LE(probability_below(ranks.low), 0.05 + 1e-9);
      EXPECT_GT(probability_below(ranks.low + 1), 0.05 - 1e-9);
      EXPECT_LE(1 - probability_below(ranks.high), 0.05 + 1e-9);
      EXPECT_GT(1 - probability_below(ranks.high - 1), 0.05 - 1e-9);
    }
  }
}

// On both sides of where the approximation begins, at n q (1 - q) = 9e8.
TEST(OrderStatistics, OfManyValuesAreNearlyNormal) {
  for (const double q : {0.5, 0.01}) {
    for (const double variance : {8.9e8, 9.1e8}) {
      const auto n = static_cast<std::uint64_t>(variance / (q * (1 - q)));
      const OrderStatistics ranks = order_statistics_around(n, q, 0.95);
      const double z = 1.959963984540054;
      const double centre = static_cast<double>(n) * q + (1 - 2 * q) * (z * z - 1) / 6;
      const double width = z * std::sqrt(static_cast<double>(n) * q * (1 - q));
      EXPECT_NEAR(static_cast<double>(ranks.low), centre - width, 3);
      EXPECT_NEAR(static_cast<double>(ranks.high), centre + width, 4);
    }
  }
}

double skewed(Stream& stream) { return stream.exponential() - 1; }

// The bits are those of one rank, one thread, whatever runs it: known, so that another change is noticed, too.
TEST(EstimateQuantiles, AreTheSameBitsFromAnyRanksThreadsAndPolicies) {
  for (const int threads : {1, 2, 3}) {
    for (const auto policy : schedule::all_policies) {
      Options options{.trials = 100'001, .seed = 42, .trials_per_block = 1000, .policy = policy};
      options.job.threads = threads;
      const auto found = estimate_quantiles(world(), options, skewed);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(found.quantile(0.01)), 0xbfefac1d89d89d8aU);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(found.quantile(0.99)), 0x400d428000000000U);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(found.interval(0.99, 0.95).low), 0x400cd80000000000U);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(found.interval(0.99, 0.95).high), 0x400dd50000000000U);
      EXPECT_EQ(found.trials, 100'001U);
    }
  }
}

// Within 4.9 standard deviations, beyond which it is once in a million, and half a cell.
TEST(EstimateQuantiles, AreRight) {
  constexpr double n = 1e6;
  const auto found = estimate_quantiles(world(), {.trials = 1'000'000, .seed = 3}, [](Batch& batch) {
    batch.stream().fill_exponential(batch.values());
    for (double& x : batch.values()) {
      x -= 1;
    }
  });
  for (const double q : {0.001, 0.05, 0.5, 0.9, 0.999}) {
    const double truth = -std::log1p(-q) - 1;
    const double deviation = std::sqrt(q * (1 - q) / n) / (1 - q);  // the density there is 1 - q
    EXPECT_NEAR(found.quantile(q), truth,
                4.9 * deviation + ValueCounts::relative_width * std::abs(truth) / 2);
    const auto [low, high] = found.interval(q, 0.95);
    EXPECT_LT(low, found.quantile(q));
    EXPECT_GT(high, found.quantile(q));
    EXPECT_GT(high - low, 0.7 * 2 * 1.96 * deviation);
    EXPECT_LT(high - low, 1.3 * 2 * 1.96 * deviation + 2 * ValueCounts::relative_width * std::abs(truth));
  }
}

// How often the true quantile is missed, over many seeds: 400 times a tenth at most, and not far from it.
TEST(EstimateQuantiles, HaveHonestIntervals) {
  int n_missed_high = 0;
  int n_missed_middle = 0;
  constexpr int n_seeds = 400;
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    const auto found = estimate_quantiles(world(), {.trials = 2000, .seed = seed, .trials_per_block = 500},
                                          [](Stream& stream) { return 1 + stream.exponential(); });
    const auto misses = [&](double q) {
      const auto [low, high] = found.interval(q, 0.9);
      const double truth = 1 - std::log1p(-q);
      return truth < low || truth > high ? 1 : 0;
    };
    n_missed_high += misses(0.98);
    n_missed_middle += misses(0.4);
  }
  // A probability of 0.1 would give 40 ± 6, of 0.07 (for ranks are whole numbers, and cells are wide) 28 ± 5.
  for (const int n_missed : {n_missed_high, n_missed_middle}) {
    EXPECT_LE(n_missed, 40 + 4.9 * 6);
    EXPECT_GE(n_missed, 28 - 4.9 * 5.1);
  }
}

// Losses that are 0 most of the time, and whole numbers.
TEST(EstimateQuantiles, OfWholeNumbersAreExact) {
  const auto found = estimate_quantiles(world(), {.trials = 100'000, .seed = 3, .trials_per_block = 1000},
                                        [](Stream& stream) {
                                          const double u = stream.uniform();
                                          return u < 0.1 ? -3 : u < 0.8 ? 0 : u < 0.95 ? 7 : 4097;
                                        });
  EXPECT_EQ(found.quantile(0.05), -3);
  EXPECT_EQ(found.quantile(0.5), 0.0);
  EXPECT_EQ(found.interval(0.5, 0.99).low, 0.0);
  EXPECT_EQ(found.interval(0.5, 0.99).high, 0.0);
  EXPECT_EQ(found.quantile(0.9), 7);
  EXPECT_EQ(found.quantile(0.99), 4097);
  EXPECT_EQ(found.interval(0.95, 0.99).low, 7);
  EXPECT_EQ(found.interval(0.95, 0.99).high, 4097);
}

TEST(EstimateQuantiles, BehaveWhereThereIsLittle) {
  const auto one = estimate_quantiles(world(), {.trials = 1}, [](Stream&) { return 3.0; });
  EXPECT_EQ(one.quantile(0.01), 3.0);
  EXPECT_EQ(one.quantile(0.99), 3.0);
  EXPECT_EQ(one.interval(0.5, 0.95).low, -infinity);
  EXPECT_EQ(one.interval(0.5, 0.95).high, infinity);
  EXPECT_THROW(static_cast<void>(one.quantile(0)), std::logic_error);
  EXPECT_THROW(static_cast<void>(one.quantile(1)), std::logic_error);
  EXPECT_THROW(static_cast<void>(one.interval(0.5, 0)), std::logic_error);
}

TEST(EstimateQuantiles, RefuseWhatTheyCannotDo) {
  const auto error_of = [](const Options& options) {
    return same_error_of([&] { static_cast<void>(estimate_quantiles(world(), options, skewed)); });
  };
  EXPECT_EQ(error_of({.trials = 10, .absolute_error = 0.1}).exit_code(), ExitCode::usage);
  EXPECT_EQ(error_of({.trials = 10, .relative_error = 0.1}).exit_code(), ExitCode::usage);
  EXPECT_EQ(error_of({.trials = 10, .errors = Errors::of_blocks}).exit_code(), ExitCode::usage);
  EXPECT_EQ(error_of({}).exit_code(), ExitCode::usage);
  for (const double x : {std::nan(""), infinity}) {
    const Error error = same_error_of([&] {
      static_cast<void>(
          estimate_quantiles(world(), {.trials = 10'000, .trials_per_block = 1000},
                             [&](Stream& stream) { return stream.uniform() < 1e-3 ? x : 1.0; }));
    });
    EXPECT_THAT(error.what(), HasSubstr("one gave a value that is no finite number"));
    EXPECT_THAT(error.what(), HasSubstr("of trials "));
  }
}

TEST(EstimateQuantiles, StopAfterATime) {
  const auto found = estimate_quantiles(
      world(), {.wall_time = std::chrono::milliseconds(50), .trials_per_block = 1000}, skewed);
  EXPECT_EQ(found.stop, Stop::wall_time);
  EXPECT_GE(found.seconds, 0.05);
  EXPECT_GE(found.trials, 16'000U);
}

TEST(EstimateQuantiles, GoOnAfterTheyWereStopped) {
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  Options options{.trials = 40'000, .seed = 9, .trials_per_block = 500};
  const auto undisturbed = estimate_quantiles(world(), options, skewed);
  options.job.checkpoint = (folder.path() / "loss").string();
  int n_stops = 0;
  for (const std::uint64_t stops_at : {5, 20, 60}) {
    try {
      static_cast<void>(estimate_quantiles(world(), options, [&](Batch& batch) {
        if (batch.first() == stops_at * options.trials_per_block) {
          std::raise(SIGUSR1);
        }
        for (double& value : batch.values()) {
          value = skewed(batch.stream());
        }
      }));
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::resumable) << error.what();
      ++n_stops;
    }
    options.job.resume = true;
  }
  EXPECT_GT(n_stops, 0);
  for (int i = 0; i < 2; ++i) {  // the rest of it; and from what is complete
    const auto resumed = estimate_quantiles(world(), options, skewed);
    EXPECT_EQ(resumed.trials, undisturbed.trials);
    for (const double q : {0.01, 0.5, 0.99}) {
      EXPECT_EQ(resumed.quantile(q), undisturbed.quantile(q));
      EXPECT_EQ(resumed.interval(q, 0.95).high, undisturbed.interval(q, 0.95).high);
    }
  }
}

}  // namespace
}  // namespace serried::montecarlo
