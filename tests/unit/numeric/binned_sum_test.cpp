#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <serried/numeric/binned_sum.hpp>
#include <serried/numeric/exact_sum.hpp>

#include "adversarial.hpp"
#include "reference.hpp"
#include "special_doubles.hpp"

namespace serried::numeric {
namespace {

static_assert(std::is_trivially_copyable_v<BinnedSum<>>);
static_assert(std::has_unique_object_representations_v<BinnedSum<>>);
static_assert(sizeof(BinnedSum<>) == 48 && sizeof(BinnedSum<3>) == 64);

using Doubles = std::vector<double>;

template <class Sum = BinnedSum<>>
Sum sum_of(const Doubles& values) {
  Sum sum;
  for (const double x : values) {
    sum.add(x);
  }
  return sum;
}
double exact_value(const Doubles& values) {
  ExactSum sum;
  sum.add(values);
  return sum.value();
}

template <class Sum>
class BinnedSums : public testing::Test {};
using Folds = testing::Types<BinnedSum<2>, BinnedSum<3>>;
TYPED_TEST_SUITE(BinnedSums, Folds);

TYPED_TEST(BinnedSums, AreExactWhereTheTermsHaveAboutTheSameSize) {
  Random random(3);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 100; ++round) {
    Doubles values(1 + random() % 1000);
    std::ranges::generate(values, [&] { return normal(random); });
    // Multiples of 2^-50, which is more than the largest / 2^64.
    std::ranges::for_each(values, [](double& x) { x = std::ldexp(std::round(std::ldexp(x, 50)), -50); });
    EXPECT_EQ(bits_of(sum_of<TypeParam>(values).value()), bits_of(exact_value(values)));
  }
  EXPECT_EQ(sum_of<TypeParam>(Doubles(10, 0.1)).value(), 1.0);
  EXPECT_EQ(sum_of<TypeParam>({largest, largest, -largest}).value(), largest);
  EXPECT_EQ(sum_of<TypeParam>({largest, largest}).value(), infinity);
  EXPECT_EQ(sum_of<TypeParam>({smallest, smallest, -0x1p-1022}).value(), 2 * smallest - 0x1p-1022);
}

template <class Sum>
constexpr int fold = sizeof(Sum) == 48 ? 2 : 3;

// |sum - true sum| <= n · max · 2^(-64 (K - 1)) + half a unit in the last place of the sum.
TYPED_TEST(BinnedSums, KeepTheirBound) {
  Random random(5);
  for (int round = 0; round < 3000; ++round) {
    const int kind = round % n_adversarial_kinds;
    const Doubles values = adversarial(kind, 1 + random() % 200, random);
    const double sum = sum_of<TypeParam>(values).value();
    if (std::isinf(sum)) {
      continue;  // then the rounding is all that can be said
    }
    const double max = std::abs(*std::ranges::max_element(values, {}, [](double x) { return std::abs(x); }));
    const Big bound = (values.size() * units(max)) >> (64 * (fold<TypeParam> - 1));
    const Big half_unit =
        (units_or_limit(std::nextafter(std::abs(sum), infinity)) - units(std::abs(sum))) / 2;
    const Big error = abs(units(sum) - exact_sum_of(values));
    ASSERT_LE(error, bound + half_unit) << "kind " << kind << ", round " << round;
  }
}

TYPED_TEST(BinnedSums, LoseOnlyWhatLiesFarBelowTheLargest) {
  // The largest term's digit is that of bits 64 k to 64 k + 63, counted from 2^-1074: 2^14 has the lowest bit of one.
  const double low_bit = 0x1p14;
  const double kept = std::ldexp(low_bit, -64 * (fold<TypeParam> - 1));
  EXPECT_EQ(sum_of<TypeParam>({low_bit, kept, -low_bit}).value(), kept);
  EXPECT_EQ(sum_of<TypeParam>({low_bit, kept / 2, kept / 2, -low_bit}).value(), 0.0);
  EXPECT_EQ(sum_of<TypeParam>({low_bit, -1.5 * kept, -low_bit}).value(), -kept);
  EXPECT_EQ(sum_of<TypeParam>({kept / 2, kept / 2}).value(), kept);
}

TYPED_TEST(BinnedSums, AnyOrderAndAnyTreeGiveTheSameBytes) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    Doubles values = adversarial(round % n_adversarial_kinds, 300, random);
    if (round % 20 == 0) {
      values.insert(values.end(), {infinity, nan, -infinity});
    }
    const auto expected = sum_of<TypeParam>(values);
    std::ranges::shuffle(values, random);
    std::vector<TypeParam> parts(1 + random() % 50);
    for (const double x : values) {
      parts[random() % parts.size()].add(x);
    }
    while (parts.size() > 1) {
      std::swap(parts[random() % parts.size()], parts.back());
      const TypeParam last = parts.back();
      parts.pop_back();
      parts[random() % parts.size()].merge(last);
    }
    ASSERT_EQ(parts[0], expected);
    ASSERT_EQ(std::memcmp(parts.data(), &expected, sizeof expected), 0);
    ASSERT_EQ(bits_of(parts[0].value()), bits_of(expected.value()));
  }
}

TYPED_TEST(BinnedSums, SpecialsAndZeros) {
  EXPECT_EQ(bits_of(TypeParam().value()), bits_of(0.0));
  EXPECT_EQ(bits_of(sum_of<TypeParam>({-0.0}).value()), bits_of(0.0));
  EXPECT_EQ(bits_of(sum_of<TypeParam>({1e300, -1e300}).value()), bits_of(0.0));
  EXPECT_EQ(sum_of<TypeParam>({infinity, 1.0, infinity}).value(), infinity);
  EXPECT_EQ(sum_of<TypeParam>({-infinity, largest}).value(), -infinity);
  EXPECT_EQ(sum_of<TypeParam>({largest, -infinity}).value(), -infinity);
  EXPECT_EQ(bits_of(sum_of<TypeParam>({infinity, -infinity}).value()), 0x7ff8000000000000);
  EXPECT_EQ(bits_of(sum_of<TypeParam>({-nan, 1.0}).value()), 0x7ff8000000000000);
}

TYPED_TEST(BinnedSums, HaveRoomForMoreAdditionsThanAnybodyMakes) {
  for (const double x : {largest, -0x1.fffffffffffffp13, -smallest}) {
    auto sum = sum_of<TypeParam>({x});
    for (int i = 0; i < 60; ++i) {
      sum.merge(TypeParam(sum));
    }
    const double expected = x * 0x1p60;
    EXPECT_EQ(sum.value(), expected) << x;
  }
}

TYPED_TEST(BinnedSums, WordsOfACommonReachMayBeAddedUp) {
  Random random(11);
  for (int round = 0; round < 100; ++round) {
    std::vector<TypeParam> parts;
    TypeParam expected;
    std::uint64_t reach = 0;
    for (int part = 0; part < 8; ++part) {
      parts.push_back(sum_of<TypeParam>(
          adversarial(static_cast<int>(random() % n_adversarial_kinds), 1 + random() % 30, random)));
      if (random() % 50 == 0) {
        parts.back().add(-infinity);
      }
      expected.merge(parts.back());
      reach |= parts.back().reach();
    }
    typename TypeParam::Words words{};
    for (const TypeParam& part : parts) {
      std::ranges::transform(words, part.words(reach), words.begin(), std::plus<>{});
    }
    EXPECT_EQ(TypeParam::from_words(words, reach), expected);
    EXPECT_EQ(TypeParam::from_words(expected.words(expected.reach()), expected.reach()), expected);
  }
}

TYPED_TEST(BinnedSums, TakeAnyWords) {
  std::mt19937_64 random(13);
  for (int round = 0; round < 1000; ++round) {
    typename TypeParam::Words words;
    std::ranges::generate(words, [&] { return static_cast<std::int64_t>(random()) >> random() % 64; });
    const std::uint64_t reach = round == 0 ? 0 : random();
    auto any = TypeParam::from_words(words, reach);
    any.add(largest);
    any.add(-1.0);
    any.merge(TypeParam(any));
    EXPECT_EQ(TypeParam::from_words(any.words(any.reach()), any.reach()), any);
    static_cast<void>(any.value());
  }
}

TEST(BinnedSum, RefusesAReachThatIsNotItsOwn) {
  EXPECT_THROW(static_cast<void>(sum_of({1e300}).words(sum_of({1.0}).reach())), std::logic_error);
}

TEST(BinnedSum, VectorsOfSumsAreAddedElementwise) {
  std::vector<BinnedSum<>> sums(3);
  add_elementwise(sums, Doubles{1.0, 2.0, 3.0});
  add_elementwise(sums, Doubles{1e100, 0.5, -3.0});
  std::vector<BinnedSum<>> others(3);
  add_elementwise(std::span(others).first(2), Doubles{-1e100, 0.25});
  merge_elementwise(sums, others);
  EXPECT_EQ(sums[0].value(), 0.0);  // 1.0 lies 2^-332 below the largest
  EXPECT_EQ(sums[1].value(), 2.75);
  EXPECT_EQ(sums[2].value(), 0.0);
  EXPECT_THROW(add_elementwise(sums, Doubles(2)), std::logic_error);
  EXPECT_THROW(merge_elementwise(sums, std::vector<BinnedSum<>>(4)), std::logic_error);
}

}  // namespace
}  // namespace serried::numeric
