#include <algorithm>
#include <cstring>
#include <functional>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <serried/numeric/exact_sum.hpp>

#include "adversarial.hpp"
#include "reference.hpp"
#include "special_doubles.hpp"

namespace serried::numeric {
namespace {

constexpr std::uint64_t canonical_nan = 0x7ff8000000000000;

static_assert(std::is_trivially_copyable_v<ExactSum>);
static_assert(std::has_unique_object_representations_v<ExactSum>);
static_assert(sizeof(ExactSum) == 584);

ExactSum one_by_one(const std::vector<double>& values) {
  ExactSum sum;
  for (const double x : values) {
    sum.add(x);
  }
  return sum;
}
ExactSum at_once(const std::vector<double>& values) {
  ExactSum sum;
  sum.add(values);
  return sum;
}
// Long enough to take the way of long spans, by zeros that change nothing.
ExactSum through_the_table(std::vector<double> values) {
  values.resize(values.size() + 7001);
  return at_once(values);
}

// The bits of the sum, which must not depend on how it is added up.
std::uint64_t sum_bits(const std::vector<double>& values) {
  const ExactSum sum = one_by_one(values);
  EXPECT_EQ(at_once(values), sum);
  EXPECT_EQ(through_the_table(values), sum);
  return bits_of(sum.value());
}

TEST(ExactSum, KnownAnswers) {
  EXPECT_EQ(sum_bits({}), bits_of(0.0));
  EXPECT_EQ(sum_bits({1.0}), bits_of(1.0));
  EXPECT_EQ(sum_bits({0.1, 0.2, 0.3}), bits_of(0.6));  // a plain loop says 0.6000000000000001
  EXPECT_EQ(sum_bits(std::vector<double>(10, 0.1)), bits_of(1.0));
  EXPECT_EQ(sum_bits({1e100, 1.0, -1e100, 1e-100}), bits_of(1.0));
  EXPECT_EQ(sum_bits({1e308, 1e308, -1e308, -1e308, smallest}), bits_of(smallest));
  EXPECT_EQ(sum_bits({0x1p-1022, -smallest}), bits_of(0x0.fffffffffffffp-1022));
  EXPECT_EQ(sum_bits({1e16, 1.0, 1e-16}), bits_of(10000000000000002.0));  // from CPython's tests of fsum
  EXPECT_EQ(sum_bits({0x1p53, -0.5, -0x1p-54}), bits_of(0x1p53 - 1));
}

TEST(ExactSum, TiesGoToEvenUnlessSomethingTinyDecides) {
  EXPECT_EQ(sum_bits({1.0, 0x1p-53}), bits_of(1.0));
  EXPECT_EQ(sum_bits({1.0, 0x1p-53, smallest}), bits_of(1.0 + 0x1p-52));
  EXPECT_EQ(sum_bits({1.0, 0x1p-53, -smallest}), bits_of(1.0));
  EXPECT_EQ(sum_bits({1.0 + 0x1p-52, 0x1p-53}), bits_of(1.0 + 0x1p-51));
  EXPECT_EQ(sum_bits({1.0 + 0x1p-52, 0x1p-53, -smallest}), bits_of(1.0 + 0x1p-52));
  EXPECT_EQ(sum_bits({-1.0, -0x1p-53, -smallest}), bits_of(-1.0 - 0x1p-52));
}

TEST(ExactSum, OverflowsOnlyWhenItIsRounded) {
  EXPECT_EQ(sum_bits({largest, largest, -largest}), bits_of(largest));
  EXPECT_EQ(sum_bits({largest, largest}), bits_of(infinity));
  EXPECT_EQ(sum_bits({-largest, -largest}), bits_of(-infinity));
  EXPECT_EQ(sum_bits({largest, 0x1p970}), bits_of(infinity));
  EXPECT_EQ(sum_bits({largest, 0x1p970, -smallest}), bits_of(largest));
  ExactSum sum;
  for (int i = 0; i < 100'000; ++i) {
    sum.add(largest);
  }
  EXPECT_EQ(sum.value(), infinity);
  for (int i = 0; i < 100'000; ++i) {
    sum.add(-largest);
  }
  EXPECT_EQ(sum, ExactSum());
}

TEST(ExactSum, InfinitiesAndNaN) {
  EXPECT_EQ(sum_bits({infinity, 1.0, infinity}), bits_of(infinity));
  EXPECT_EQ(sum_bits({-infinity, largest, largest}), bits_of(-infinity));
  EXPECT_EQ(sum_bits({infinity, 1.0, -infinity}), canonical_nan);
  EXPECT_EQ(sum_bits({1.0, -nan, 2.0}), canonical_nan);
  EXPECT_EQ(sum_bits({infinity, nan}), canonical_nan);
  EXPECT_EQ(sum_bits({std::bit_cast<double>(std::uint64_t{0xfff0000000000001}), 1.0}), canonical_nan);
}

TEST(ExactSum, AZeroSumIsPositive) {
  EXPECT_EQ(sum_bits({-0.0}), bits_of(0.0));
  EXPECT_EQ(sum_bits({-0.0, -0.0}), bits_of(0.0));
  EXPECT_EQ(sum_bits({1e-300, -1e-300}), bits_of(0.0));
  EXPECT_EQ(sum_bits({-smallest, smallest, -0.0}), bits_of(0.0));
}

// Some 10^6 values of all kinds, each sum compared with whole numbers of Boost's.
TEST(ExactSum, IsTheDoubleNearestToTheTrueSum) {
  Random random(20150501);
  std::size_t n_values = 0;
  for (int round = 0; n_values < 1'000'000; ++round) {
    const int kind = round % n_adversarial_kinds;
    const std::size_t n = random() % 8 == 0 ? 3000 + random() % 5000 : 1 + random() % 300;
    const std::vector<double> values = adversarial(kind, n, random);
    n_values += n;
    const ExactSum sum = one_by_one(values);
    const Big exact = exact_sum_of(values);
    ASSERT_TRUE(is_nearest(sum.value(), exact)) << "kind " << kind << ", round " << round;
    ASSERT_EQ(at_once(values), sum) << "kind " << kind << ", round " << round;
  }
}

TEST(ExactSum, SpansLongerThanABlock) {
  constexpr std::size_t n = (std::size_t{1} << 21) + 12'345;
  for (const double x : {1.0 + 0x1.fffffp-1, -0x0.fffffffffffffp-1022, -largest}) {
    const std::vector<double> values(n, x);
    const ExactSum sum = at_once(values);
    EXPECT_TRUE(is_nearest(sum.value(), units(x) * n)) << x;
    ExactSum other;
    for (int i = 0; i < 15; ++i) {
      other.add(std::span(values).first(n / 15));
    }
    other.add(std::span(values).first(n % 15));
    EXPECT_EQ(other, sum) << x;
  }
}

// Any permutation, cut anywhere, each piece added in one of the two ways, merged in any order.
ExactSum by_a_random_tree(std::vector<double> values, Random& random) {
  std::ranges::shuffle(values, random);
  std::vector<ExactSum> forest;
  for (std::span<const double> rest = values; !rest.empty();) {
    const auto leaf = rest.first(1 + random() % std::min<std::size_t>(rest.size(), 9000));
    rest = rest.subspan(leaf.size());
    ExactSum sum;
    if (random() % 2 == 0) {
      sum.add(leaf);
    } else {
      std::ranges::for_each(leaf, [&](double x) { sum.add(x); });
    }
    forest.push_back(sum);
  }
  while (forest.size() > 1) {
    std::swap(forest[random() % forest.size()], forest.back());
    const ExactSum last = forest.back();
    forest.pop_back();
    forest[random() % forest.size()].merge(last);
  }
  return forest.front();
}

TEST(ExactSum, AnyOrderAndAnyTreeGiveTheSameBytes) {
  Random random(31);
  for (int kind = 0; kind < n_adversarial_kinds; ++kind) {
    std::vector<double> values = adversarial(kind, 10'000, random);
    if (kind == 8) {
      values.insert(values.end(), {infinity, infinity, -infinity, nan});
    }
    ExactSum expected = at_once(values);
    expected.normalize();
    for (int round = 0; round < 5; ++round) {
      ExactSum sum = by_a_random_tree(values, random);
      ASSERT_EQ(bits_of(sum.value()), bits_of(expected.value())) << "kind " << kind;
      ASSERT_EQ(sum.words(), expected.words()) << "kind " << kind;
      sum.normalize();
      ASSERT_EQ(std::memcmp(&sum, &expected, sizeof sum), 0) << "kind " << kind;
    }
  }
}

TEST(ExactSum, AreEqualIfWhatTheyAddedIs) {
  EXPECT_EQ(one_by_one({1.0, 2.0}), one_by_one({3.0}));
  EXPECT_EQ(one_by_one({1.0, -1.0}), ExactSum());
  EXPECT_FALSE(one_by_one({1.0}) == one_by_one({1.0, smallest}));
  EXPECT_FALSE(one_by_one({infinity}) == one_by_one({infinity, infinity}));
}

TEST(ExactSum, WordsAreCanonicalAndComeBack) {
  Random random(47);
  for (int kind = 0; kind < n_adversarial_kinds; ++kind) {
    const ExactSum sum = one_by_one(adversarial(kind, 500, random));
    const ExactSum::Words words = sum.words();
    EXPECT_TRUE(std::ranges::all_of(std::span(words).first(68),
                                    [](std::int64_t word) { return word >= 0 && word <= 0xffffffff; }));
    EXPECT_EQ(ExactSum::from_words(words), sum);
  }
  // The first word's last bit is 2^-1074, and what is negative is so in the last digit.
  EXPECT_EQ(one_by_one({smallest}).words()[0], 1);
  EXPECT_EQ(one_by_one({-smallest}).words()[68], -1);
  const ExactSum::Words specials = one_by_one({infinity, nan, nan, -infinity, infinity, nan, 0.0}).words();
  EXPECT_EQ((std::vector(specials.end() - 3, specials.end())), (std::vector<std::int64_t>{2, 1, 3}));
}

// As MPI adds them: a 2^30 of sums cannot overflow the words, so their multiples may stand for them.
TEST(ExactSum, WordsMayBeAddedUp) {
  Random random(53);
  ExactSum::Words words{};
  std::vector<double> all;
  for (int part = 0; part < 20; ++part) {
    const std::vector<double> values = adversarial(part % n_adversarial_kinds, 100, random);
    all.insert(all.end(), values.begin(), values.end());
    const auto mine = one_by_one(values).words();
    std::ranges::transform(words, mine, words.begin(), std::plus<>{});
  }
  EXPECT_EQ(ExactSum::from_words(words), one_by_one(all));

  const double x = -0x1.fffffffffffffp-3;
  ExactSum::Words many = one_by_one({x}).words();
  std::ranges::transform(many, many.begin(), [](std::int64_t word) { return word * (1 << 30); });
  EXPECT_EQ(ExactSum::from_words(many).value(), x * 0x1p30);
}

}  // namespace
}  // namespace serried::numeric
