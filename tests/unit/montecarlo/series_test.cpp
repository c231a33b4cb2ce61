#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/montecarlo/series.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {
namespace {

using testing::Each;

Series series_of(const std::vector<double>& values) {
  Series series(1, bins_of(values.size()));
  for (std::uint64_t i = 0; i < series.bins().samples(); ++i) {
    series.add(std::array{values[std::min<std::size_t>(i, values.size() - 1)]});
  }
  return series;
}
ChainEstimate estimate_of_one(const Series& series) {
  const Series* const one = &series;
  return estimate_of(std::span(&one, 1));
}

TEST(Bins, HoldAllSamples) {
  for (const std::uint64_t samples : {1, 2, 255, 256, 257, 512, 513, 10'000, 65'537, 1'000'000}) {
    const Bins bins = bins_of(samples);
    EXPECT_GE(bins.samples(), samples);
    EXPECT_LT(bins.samples(), samples + bins.length);
    EXPECT_LE(bins.n, 256U);
    EXPECT_GE(bins.n, std::min<std::uint64_t>(samples, 129));
  }
  EXPECT_THROW(static_cast<void>(bins_of(0)), std::logic_error);
}

TEST(Bins, AreDoubledInNumberOrLength) {
  EXPECT_EQ(doubled(bins_of(100)), (Bins{.n = 200, .length = 1}));
  EXPECT_EQ(doubled(bins_of(128)), (Bins{.n = 256, .length = 1}));
  EXPECT_EQ(doubled(bins_of(129)), (Bins{.n = 129, .length = 2}));
  EXPECT_EQ(doubled(bins_of(1000)), (Bins{.n = 250, .length = 8}));
}

// Doubled and filled, it is as if it had had all bins from the beginning; also with an odd number of bins or of samples.
TEST(Series, DoublesItsBins) {
  for (const Bins bins : {Bins{.n = 1, .length = 1}, Bins{.n = 3, .length = 1}, Bins{.n = 150, .length = 1},
                          Bins{.n = 251, .length = 3}}) {
    random::Stream stream(5, "series", bins.n);
    Series grown(2, bins);
    Series whole(2, doubled(doubled(bins)));
    while (whole.size() < whole.bins().samples()) {
      if (grown.size() == grown.bins().samples()) {
        grown.double_bins();
      }
      const std::array values = {1e3 + stream.normal(), stream.uniform()};
      grown.add(values);
      whole.add(values);
    }
    ASSERT_EQ(grown.bins(), whole.bins());
    EXPECT_EQ(grown.size(), whole.size());
    for (const std::size_t k : {0, 1}) {
      for (std::uint64_t bin = 0; bin < whole.bins().n; ++bin) {
        EXPECT_NEAR(grown.bin_mean(bin, k), whole.bin_mean(bin, k), 1e-10);
      }
      for (const std::size_t which : {0, 1}) {
        EXPECT_EQ(grown.half(which, k).count, whole.half(which, k).count);
        EXPECT_NEAR(grown.half(which, k).mean, whole.half(which, k).mean, 1e-10);
        EXPECT_NEAR(grown.half(which, k).deviations, whole.half(which, k).deviations, 1e-7);
      }
    }
  }
  Series series(1, bins_of(10));
  EXPECT_THROW(series.double_bins(), std::logic_error);
}

TEST(Series, HasBinsAndHalves) {
  const Series series = series_of({1, 2, 3, 4, 10});
  EXPECT_EQ(series.bins().n, 5U);
  EXPECT_EQ(series.bin_mean(4, 0), 10);
  EXPECT_EQ(series.half(0, 0).count, 2U);
  EXPECT_EQ(series.half(0, 0).mean, 1.5);
  EXPECT_EQ(series.half(0, 0).deviations, 0.5);
  EXPECT_EQ(series.half(1, 0).count, 3U);
  EXPECT_DOUBLE_EQ(series.half(1, 0).mean, 17.0 / 3);
  EXPECT_DOUBLE_EQ(series.half(1, 0).deviations, 125 - 17.0 * 17 / 3);
}

TEST(Series, GoesOnFromItsWords) {
  random::Stream stream(1, "series", 0);
  Series series(2, bins_of(1000));
  Series copy(2, bins_of(1000));
  for (std::uint64_t i = 0; i < series.bins().samples(); ++i) {
    if (i == 300) {
      copy.restore(series.words(), i);
    }
    const std::array values = {stream.normal(), stream.uniform()};
    series.add(values);
    if (i >= 300) {
      copy.add(values);
    }
  }
  EXPECT_TRUE(std::ranges::equal(series.words(), copy.words()));
  EXPECT_EQ(copy.size(), series.size());
  EXPECT_THROW(series.add(std::array{1.0, 2.0}), std::logic_error);
}

// What is independent has half a sample as its time; errors are those of independent samples.
TEST(ChainEstimate, OfIndependentSamplesIsPlain) {
  random::Stream stream(2, "series", 0);
  std::vector<double> values(100'000);
  stream.fill_normal(values);
  const ChainEstimate estimate = estimate_of_one(series_of(values));
  // 256 bins: the error is known to a part of 1 / sqrt(512); beyond these bounds once in a million.
  EXPECT_NEAR(estimate.means.standard_error(0) * std::sqrt(1e5), 1, 0.22);
  EXPECT_NEAR(estimate.autocorrelation_times[0], 0.5, 0.22);
  EXPECT_NEAR(estimate.effective_samples[0] / 1e5, 1, 0.6);
  EXPECT_TRUE(estimate.is_long_enough);
  EXPECT_NEAR(estimate.split_r_hats[0], 1, 0.001);
  EXPECT_NEAR(estimate.means.value(0), 0, 4.9 / std::sqrt(1e5));
}

// However few they are, what is independent is no cause for alarm.
TEST(ChainEstimate, OfFewIndependentSamplesIsLongEnough) {
  random::Stream stream(4, "series", 0);
  for (const std::size_t n : {100, 128, 256, 300}) {
    std::vector<Series> chains;
    std::vector<const Series*> all;
    std::vector<double> values(n);
    chains.reserve(8);
    for (int i = 0; i < 8; ++i) {
      stream.fill_normal(values);
      all.push_back(&chains.emplace_back(series_of(values)));
    }
    EXPECT_TRUE(estimate_of(all).is_long_enough) << n;
  }
}

TEST(ChainEstimate, OfWhatNeverVariesHasNoError) {
  const ChainEstimate estimate = estimate_of_one(series_of(std::vector<double>(5000, 3.25)));
  EXPECT_EQ(estimate.means.value(0), 3.25);
  EXPECT_EQ(estimate.means.standard_error(0), 0);
  EXPECT_THAT(estimate.autocorrelation_times, Each(0.5));
  EXPECT_THAT(estimate.split_r_hats, Each(1.0));
  EXPECT_TRUE(estimate.is_long_enough);
}

TEST(ChainEstimate, OfOneSampleHasNoErrorThatIsANumber) {
  const ChainEstimate estimate = estimate_of_one(series_of({2}));
  EXPECT_EQ(estimate.means.value(0), 2);
  EXPECT_TRUE(std::isnan(estimate.means.standard_error(0)));
  EXPECT_TRUE(std::isnan(estimate.split_r_hats[0]));
}

TEST(ChainEstimate, ShowsChainsThatDoNotAgree) {
  random::Stream stream(3, "series", 0);
  std::vector<double> values(10'000);
  stream.fill_normal(values);
  const Series a = series_of(values);
  stream.fill_normal(values);
  for (double& value : values) {
    value += 1;
  }
  const Series b = series_of(values);
  const std::array both = {&a, &b};
  EXPECT_GT(estimate_of(both).split_r_hats[0], 1.1);
  // The error is that of means that differ by 1, not that of 20,000 samples, however many bins say so.
  EXPECT_FALSE(estimate_of(both).is_long_enough);
}

}  // namespace
}  // namespace serried::montecarlo
