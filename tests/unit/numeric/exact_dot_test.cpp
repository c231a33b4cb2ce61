#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <serried/numeric/exact_dot.hpp>

#include "adversarial.hpp"
#include "reference.hpp"
#include "special_doubles.hpp"

namespace serried::numeric {
namespace {

static_assert(std::is_trivially_copyable_v<ExactDot>);
static_assert(std::has_unique_object_representations_v<ExactDot>);

using Doubles = std::vector<double>;

ExactDot one_by_one(const Doubles& x, const Doubles& y) {
  ExactDot dot;
  for (std::size_t i = 0; i < x.size(); ++i) {
    dot.add(x[i], y[i]);
  }
  return dot;
}
ExactDot at_once(const Doubles& x, const Doubles& y) {
  ExactDot dot;
  dot.add(x, y);
  return dot;
}

std::uint64_t dot_bits(Doubles x, Doubles y) {
  const ExactDot dot = one_by_one(x, y);
  EXPECT_EQ(at_once(x, y), dot);
  x.resize(x.size() + 5001);  // long enough for the way of long spans
  y.resize(x.size());
  EXPECT_EQ(at_once(x, y), dot);
  return bits_of(dot.value());
}

TEST(ExactDot, KnownAnswers) {
  EXPECT_EQ(dot_bits({}, {}), bits_of(0.0));
  EXPECT_EQ(dot_bits({1, 2, 3}, {4, 5, 6}), bits_of(32.0));
  EXPECT_EQ(dot_bits({0.1}, {0.1}), bits_of(0.1 * 0.1));
  EXPECT_EQ(dot_bits({1e16, 1, -1e16}, {1e16, 1, 1e16}), bits_of(1.0));
  // (1 + 2^-52)^2 - 1 - 2^-51 is the product's last bit.
  EXPECT_EQ(dot_bits({1 + 0x1p-52, -1, -1}, {1 + 0x1p-52, 1, 0x1p-51}), bits_of(0x1p-104));
}

TEST(ExactDot, NoProductIsTooLargeOrTooSmall) {
  EXPECT_EQ(dot_bits({largest, -largest, 1}, {largest, largest, 7}), bits_of(7.0));
  EXPECT_EQ(dot_bits({largest, largest}, {largest, 1}), bits_of(infinity));
  EXPECT_EQ(dot_bits({-largest}, {2}), bits_of(-infinity));
  EXPECT_EQ(dot_bits({smallest, 1.0, 1.0}, {smallest, 1.0, -1.0}), bits_of(0.0));
  EXPECT_EQ(dot_bits({smallest, 1.0, 0x1p-53}, {smallest, 1.0, 1.0}), bits_of(1.0 + 0x1p-52));
  EXPECT_EQ(dot_bits({-smallest}, {smallest}), bits_of(-0.0));  // rounded, as IEEE 754 rounds
  EXPECT_EQ(dot_bits({smallest, smallest}, {0.5, 0.75}), bits_of(smallest));
  EXPECT_EQ(dot_bits({smallest}, {0.5}), bits_of(0.0));
  EXPECT_EQ(dot_bits(Doubles(3000, 0x1p-1000), Doubles(3000, 0x1p-74)), bits_of(3000 * smallest));
}

TEST(ExactDot, SpecialsAndZeros) {
  EXPECT_EQ(dot_bits({infinity, 1}, {-2, 1}), bits_of(-infinity));
  EXPECT_EQ(dot_bits({infinity, 1}, {0, 1}), bits_of(nan));
  EXPECT_EQ(dot_bits({infinity, infinity}, {1, -1}), bits_of(nan));
  EXPECT_EQ(dot_bits({nan, 1}, {0, 1}), bits_of(nan));
  EXPECT_EQ(dot_bits({-0.0, 0.0}, {1, -5}), bits_of(0.0));
}

TEST(ExactDot, IsTheDoubleNearestToTheTrueSumOfProducts) {
  Random random(1971);
  for (int round = 0; round < 500; ++round) {
    const std::size_t n = random() % 50 == 0 ? 2000 + random() % 1000 : 1 + random() % 100;
    const Doubles x = adversarial(round % n_adversarial_kinds, n, random);
    const Doubles y = adversarial(static_cast<int>(random() % n_adversarial_kinds), n, random);
    Big exact = 0;
    for (std::size_t i = 0; i < n; ++i) {
      exact += units_of_product(x[i], y[i]);
    }
    const ExactDot dot = one_by_one(x, y);
    ASSERT_TRUE(is_nearest(dot.value(), exact)) << "round " << round;
    ASSERT_EQ(at_once(x, y), dot) << "round " << round;
  }
}

TEST(ExactDot, SpansLongerThanABlock) {
  const std::size_t n = (std::size_t{1} << 20) + 777;
  const double x = -largest;
  const ExactDot dot = at_once(Doubles(n, x), Doubles(n, largest));
  ExactDot expected;
  expected.add(x, largest);
  // n times, by doubling.
  ExactDot power = expected;
  expected = ExactDot();
  for (std::size_t rest = n; rest != 0; rest /= 2) {
    if (rest % 2 == 1) {
      expected.merge(power);
    }
    power.merge(ExactDot(power));
  }
  EXPECT_EQ(dot, expected);
}

TEST(ExactDot, AnyOrderAndMergeGiveTheSameWords) {
  Random random(7);
  const std::size_t n = 6000;
  const Doubles x = adversarial(0, n, random);
  const Doubles y = adversarial(0, n, random);
  const ExactDot expected = at_once(x, y);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (int round = 0; round < 3; ++round) {
    std::ranges::shuffle(order, random);
    std::vector<ExactDot> parts(1 + random() % 9);
    for (const std::size_t i : order) {
      parts[random() % parts.size()].add(y[i], x[i]);
    }
    ExactDot::Words words{};
    for (const ExactDot& part : parts) {
      std::ranges::transform(words, part.words(), words.begin(), std::plus<>{});
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
      parts[0].merge(parts[i]);
    }
    EXPECT_EQ(parts[0].words(), expected.words());
    EXPECT_EQ(ExactDot::from_words(words), expected);
  }
}

TEST(ExactDot, RefusesSpansOfDifferentLengths) {
  ExactDot dot;
  EXPECT_THROW(dot.add(Doubles(2), Doubles(3)), std::logic_error);
}

}  // namespace
}  // namespace serried::numeric
