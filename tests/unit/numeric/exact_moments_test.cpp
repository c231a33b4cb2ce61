#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <iterator>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <serried/numeric/exact_moments.hpp>

#include "adversarial.hpp"
#include "reference.hpp"
#include "special_doubles.hpp"

namespace serried::numeric {
namespace {

static_assert(std::is_trivially_copyable_v<ExactCovariance>);
static_assert(std::has_unique_object_representations_v<ExactCovariance>);

using Doubles = std::vector<double>;

ExactMoments moments_of(const Doubles& values) {
  ExactMoments moments;
  moments.add(values);
  ExactMoments one_by_one;
  for (const double x : values) {
    one_by_one.add(x);
  }
  EXPECT_EQ(moments, one_by_one);
  return moments;
}
ExactCovariance covariance_of(const Doubles& x, const Doubles& y) {
  ExactCovariance covariance;
  covariance.add(x, y);
  ExactCovariance one_by_one;
  for (std::size_t i = 0; i < x.size(); ++i) {
    one_by_one.add(x[i], y[i]);
  }
  EXPECT_EQ(covariance, one_by_one);
  return covariance;
}

// n · Σxy - Σx · Σy in units of 2^-2148.
Big co_deviation(const Doubles& x, const Doubles& y) {
  Big products = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    products += units_of_product(x[i], y[i]);
  }
  return x.size() * products - ((exact_sum_of(x) * exact_sum_of(y)) >> 2148);
}

TEST(ExactMoments, KnownAnswers) {
  const ExactMoments moments = moments_of({1, 2, 3, 4});
  EXPECT_EQ(moments.count(), 4U);
  EXPECT_EQ(moments.sum().value(), 10.0);
  EXPECT_EQ(moments.sum_of_squares().value(), 30.0);
  EXPECT_EQ(moments.mean(), 2.5);
  EXPECT_EQ(moments.variance(), 5.0 / 3.0);
  EXPECT_EQ(moments.standard_error(), 0.6454972243679028);  // sqrt(5/12), by Python's decimal
}

TEST(ExactMoments, OfNothingAndOfOne) {
  const ExactMoments none;
  EXPECT_EQ(none.count(), 0U);
  EXPECT_TRUE(std::isnan(none.mean()));
  EXPECT_TRUE(std::isnan(none.variance()));
  EXPECT_TRUE(std::isnan(none.standard_error()));
  const ExactMoments one = moments_of({-7.25});
  EXPECT_EQ(one.mean(), -7.25);
  EXPECT_TRUE(std::isnan(one.variance()));
  EXPECT_TRUE(std::isnan(one.standard_error()));
}

TEST(ExactMoments, AConstantHasNoVariance) {
  const ExactMoments moments = moments_of(Doubles(1000, 0.1));
  EXPECT_EQ(moments.mean(), 0.1);
  EXPECT_EQ(bits_of(moments.variance()), bits_of(0.0));
  EXPECT_EQ(bits_of(moments.standard_error()), bits_of(0.0));
}

TEST(ExactMoments, NothingCancels) {
  const double offset = 1e15;
  const ExactMoments moments = moments_of({offset + 0.25, offset + 0.5, offset + 0.75});
  EXPECT_EQ(moments.mean(), offset + 0.5);
  EXPECT_EQ(moments.variance(), 0.0625);
}

TEST(ExactMoments, TheLargestAndTheSmallest) {
  const ExactMoments large = moments_of({1e308, -1e308});
  EXPECT_EQ(large.mean(), 0.0);
  EXPECT_EQ(large.variance(), infinity);
  EXPECT_EQ(large.standard_error(), 1e308);  // sqrt(2e616 / 2)
  EXPECT_EQ(moments_of({1.7e308, 1.7e308}).mean(), 1.7e308);
  const ExactMoments small = moments_of({3e-310, -3e-310});
  EXPECT_EQ(small.variance(), 0.0);  // 1.8e-619
  EXPECT_EQ(small.standard_error(), 3e-310);
}

TEST(ExactMoments, InfinitiesAndNaN) {
  const ExactMoments infinite = moments_of({infinity, 1, 2});
  EXPECT_EQ(infinite.mean(), infinity);
  EXPECT_TRUE(std::isnan(infinite.variance()));
  EXPECT_TRUE(std::isnan(infinite.standard_error()));
  EXPECT_TRUE(std::isnan(moments_of({infinity, -infinity}).mean()));
  EXPECT_TRUE(std::isnan(moments_of({nan, 1}).mean()));
  EXPECT_TRUE(std::isnan(covariance_of({nan, 1}, {1, 2}).covariance()));
  EXPECT_TRUE(std::isnan(covariance_of({3, 1}, {1, infinity}).slope()));
}

TEST(ExactMoments, AreTheDoublesNearestToTheTrueOnes) {
  Random random(99);
  for (int round = 0; round < 600; ++round) {
    const std::size_t n = 2 + random() % 40;
    const Doubles x = adversarial(round % n_adversarial_kinds, n, random);
    const ExactMoments moments = moments_of(x);
    const Big deviation = co_deviation(x, x);
    const Big pairs = Big(n) * (n - 1);
    ASSERT_TRUE(is_nearest(moments.mean(), exact_sum_of(x), n)) << "round " << round;
    ASSERT_TRUE(is_nearest(moments.variance(), deviation, pairs)) << "round " << round;
    if (deviation != 0) {
      ASSERT_TRUE(is_nearest_root(moments.standard_error(), deviation, pairs * n)) << "round " << round;
    }
  }
}

TEST(ExactCovariance, KnownAnswers) {
  const ExactCovariance covariance = covariance_of({1, 2, 3, 4}, {2, 1, 4, 3});
  EXPECT_EQ(covariance.count(), 4U);
  EXPECT_EQ(covariance.x().mean(), 2.5);
  EXPECT_EQ(covariance.y().variance(), 5.0 / 3.0);
  EXPECT_EQ(covariance.covariance(), 1.0);
  EXPECT_EQ(covariance.correlation(), 0.6);
  EXPECT_EQ(covariance.slope(), 0.6);
}

TEST(ExactCovariance, AStraightLineIsSeenAsOne) {
  const Doubles x = {0.1, 0.7, -3.3, 1e10, 5e-5};
  Doubles y;
  std::ranges::transform(x, std::back_inserter(y), [](double v) { return -2 * v; });
  const ExactCovariance covariance = covariance_of(x, y);
  EXPECT_EQ(covariance.correlation(), -1.0);
  EXPECT_EQ(covariance.slope(), -2.0);
  EXPECT_EQ(covariance_of(x, x).covariance(), covariance.x().variance());
}

TEST(ExactCovariance, WithoutAnAnswerIsNaN) {
  EXPECT_TRUE(std::isnan(ExactCovariance().covariance()));
  EXPECT_TRUE(std::isnan(covariance_of({1}, {2}).covariance()));
  const ExactCovariance constant = covariance_of({5, 5, 5}, {1, 2, 3});
  EXPECT_EQ(bits_of(constant.covariance()), bits_of(0.0));
  EXPECT_TRUE(std::isnan(constant.correlation()));
  EXPECT_TRUE(std::isnan(constant.slope()));
  ExactCovariance covariance;
  EXPECT_THROW(covariance.add(Doubles(2), Doubles(3)), std::logic_error);
  EXPECT_EQ(covariance, ExactCovariance());
}

TEST(ExactCovariance, IsTheDoubleNearestToTheTrueOne) {
  Random random(101);
  for (int round = 0; round < 300; ++round) {
    const std::size_t n = 2 + random() % 30;
    const Doubles x = adversarial(round % n_adversarial_kinds, n, random);
    Doubles y = adversarial(static_cast<int>(random() % n_adversarial_kinds), n, random);
    if (round % 3 == 0) {
      std::ranges::transform(x, y, y.begin(), [](double a, double b) { return a / 2 + b / 4; });
    }
    const ExactCovariance covariance = covariance_of(x, y);
    const Big xy = co_deviation(x, y);
    const Big xx = co_deviation(x, x);
    const Big yy = co_deviation(y, y);
    ASSERT_TRUE(is_nearest(covariance.covariance(), xy, Big(n) * (n - 1))) << "round " << round;
    if (xx != 0 && yy != 0 && xy != 0) {
      ASSERT_TRUE(is_nearest(covariance.slope(), xy << 2148, abs(xx))) << "round " << round;
      ASSERT_TRUE(is_nearest_root(std::abs(covariance.correlation()), (xy * xy) << 2148, xx * yy))
          << "round " << round;
      ASSERT_EQ(std::signbit(covariance.correlation()), xy < 0);
    }
  }
}

TEST(ExactCovariance, MergesToTheBitAndComesBackFromWords) {
  Random random(103);
  const Doubles x = adversarial(2, 5000, random);
  const Doubles y = adversarial(0, 5000, random);
  const ExactCovariance expected = covariance_of(x, y);
  std::vector<ExactCovariance> parts(7);
  for (std::size_t i = 0; i < x.size(); ++i) {
    parts[random() % parts.size()].add(x[i], y[i]);
  }
  std::ranges::shuffle(parts, random);
  ExactCovariance::Words words{};
  ExactCovariance merged;
  for (const ExactCovariance& part : parts) {
    std::ranges::transform(words, part.words(), words.begin(), std::plus<>{});
    merged.merge(part);
  }
  EXPECT_EQ(merged, expected);
  EXPECT_EQ(ExactCovariance::from_words(words), expected);
  EXPECT_EQ(ExactMoments::from_words(expected.x().words()), expected.x());
  merged.normalize();
  ExactCovariance other = expected;
  other.normalize();
  EXPECT_EQ(std::memcmp(&merged, &other, sizeof merged), 0);
}

TEST(ExactMoments, TheCountMayExceedTheWordsOfOneRank) {
  ExactMoments::Words words{};
  words[0] = std::int64_t{5} << 40;  // as the sum of many ranks
  words[1] = 3;
  EXPECT_EQ(ExactMoments::from_words(words).count(), (std::uint64_t{5} << 40) + (std::uint64_t{3} << 32));
}

TEST(ExactCovariance, TakesAnyWords) {
  std::mt19937_64 random(107);
  for (int round = 0; round < 100; ++round) {
    ExactCovariance::Words words;
    std::ranges::generate(words, [&] { return static_cast<std::int64_t>(random()) >> random() % 64; });
    // Without the infinities and NaN, which would decide most results.
    for (const std::size_t end : {74U, 210U, 284U, 420U, 556U}) {
      std::fill_n(words.begin() + end - 3, round % 4 == 0 ? 0 : 3, 0);
    }
    const ExactCovariance any = ExactCovariance::from_words(words);
    EXPECT_EQ(ExactCovariance::from_words(any.words()), any);
    for (const double result : {any.covariance(), any.correlation(), any.slope(), any.x().mean(),
                                any.x().variance(), any.y().standard_error()}) {
      static_cast<void>(result);
    }
  }
}

}  // namespace
}  // namespace serried::numeric
