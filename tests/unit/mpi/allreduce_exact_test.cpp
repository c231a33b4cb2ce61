#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allreduce_exact.hpp>
#include <serried/mpi/eigen.hpp>
#include <serried/numeric/exact_dot.hpp>
#include <serried/numeric/exact_moments.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

using numeric::BinnedSum;
using numeric::ExactCovariance;
using numeric::ExactDot;
using numeric::ExactMoments;
using numeric::ExactSum;

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// The same on all ranks: all exponents, and much that cancels.
std::vector<double> numbers(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  while (values.size() < n) {
    const auto x = std::bit_cast<double>(random());
    if (std::isfinite(x)) {
      values.insert(values.end(), {x, 1.0 / static_cast<double>(1 + random() % 100)});
      if (random() % 8 != 0) {
        values.push_back(-x);
      }
    }
  }
  values.resize(n);
  std::shuffle(values.begin(), values.end(), random);
  return values;
}

// Who has which value: in turn, contiguous, all on the last rank, at random (the same on all ranks).
constexpr int n_distributions = 4;
std::size_t owner(int distribution, std::size_t i, std::size_t n) {
  switch (distribution) {
    case 0:
      return i % n_ranks();
    case 1:
      return i * n_ranks() / n;
    case 2:
      return n_ranks() - 1;
    default:
      return std::mt19937_64(i)() % n_ranks();
  }
}
std::vector<double> mine_of(const std::vector<double>& all, int distribution) {
  std::vector<double> mine;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (owner(distribution, i, all.size()) == my_rank()) {
      mine.push_back(all[i]);
    }
  }
  return mine;
}

TEST(AllreduceExact, KnownAnswers) {
  ExactSum sum;
  sum.add(0.1);
  allreduce_exact(world(), sum);
  ExactSum expected;
  for (int rank = 0; rank < world().size(); ++rank) {
    expected.add(0.1);
  }
  EXPECT_EQ(sum, expected);

  // What overflows and cancels on one rank does not when it comes from several.
  constexpr double largest = std::numeric_limits<double>::max();
  const bool is_last = world().rank() == world().size() - 1;
  EXPECT_EQ(allreduce_exact(world(), is_last ? std::vector{largest, largest, -largest, -largest, 1.0}
                                             : std::vector{largest, -largest}),
            1.0);
  const std::vector<double> tiny = {1e100, -1e100, 0x1p-1074};
  EXPECT_EQ(allreduce_exact(world(), tiny), world().size() * 0x1p-1074);
  EXPECT_EQ(allreduce_exact(world(), std::span<const double>()), 0.0);
}

TEST(AllreduceExact, AnyDistributionGivesTheBytesOfOneRank) {
  const std::vector<double> all = numbers(9001, 1);
  ExactSum expected;
  expected.add(all);
  expected.normalize();
  for (int distribution = 0; distribution < n_distributions; ++distribution) {
    const std::vector<double> mine = mine_of(all, distribution);
    ExactSum sum;
    sum.add(mine);
    allreduce_exact(world(), sum);
    EXPECT_EQ(bytes_of(sum), bytes_of(expected)) << distribution;
    const double value = allreduce_exact(world(), mine);
    EXPECT_EQ(bytes_of(value), bytes_of(expected.value())) << distribution;
    EXPECT_TRUE(same_everywhere(bytes_of(value)));
  }
}

TEST(AllreduceExact, ProductsAndMomentsToo) {
  const std::vector<double> x = numbers(500, 2);
  const std::vector<double> y = numbers(500, 3);
  ExactDot expected_dot;
  expected_dot.add(x, y);
  ExactCovariance expected_covariance;
  expected_covariance.add(x, y);
  for (int distribution = 0; distribution < n_distributions; ++distribution) {
    const std::vector<double> my_x = mine_of(x, distribution);
    const std::vector<double> my_y = mine_of(y, distribution);
    ExactDot dot;
    dot.add(my_x, my_y);
    allreduce_exact(world(), dot);
    EXPECT_EQ(dot, expected_dot);

    ExactMoments moments;
    moments.add(my_y);
    allreduce_exact(world(), moments);
    EXPECT_EQ(moments, expected_covariance.y());
    EXPECT_EQ(moments.count(), 500U);
    EXPECT_TRUE(same_everywhere(bytes_of(moments.standard_error())));

    ExactCovariance covariance;
    covariance.add(my_x, my_y);
    allreduce_exact(world(), covariance);
    EXPECT_EQ(covariance, expected_covariance);
  }
}

TEST(AllreduceExact, WorksElementwiseOnSeveral) {
  std::vector<ExactSum> sums(3);
  sums[0].add(my_rank() == 0 ? 1e100 : 0.25);
  sums[2].add(-1.0);
  allreduce_exact(world(), sums);
  ExactSum first;
  first.add(1e100);
  for (std::size_t rank = 1; rank < n_ranks(); ++rank) {
    first.add(0.25);
  }
  EXPECT_EQ(sums[0], first);
  EXPECT_EQ(sums[1], ExactSum());
  EXPECT_EQ(sums[2].value(), -world().size());
  std::vector<ExactSum> none;
  EXPECT_NO_THROW(allreduce_exact(world(), none));
}

TEST(AllreduceExact, InfinitiesOfOneRankAreEverybodys) {
  const bool is_last = my_rank() == n_ranks() - 1;
  EXPECT_EQ(allreduce_exact(world(), std::vector{is_last ? -infinity : 1.0}), -infinity);
  const std::vector<double> both = {is_last ? -infinity : 1.0, my_rank() == 0 ? infinity : 1.0};
  EXPECT_TRUE(std::isnan(allreduce_exact(world(), both)));
}

// Each element has its own size, so that ranks keep different digits.
template <class Sum>
void expect_reproducible(std::size_t n) {
  constexpr int n_terms = 8;
  std::vector<std::vector<double>> terms;
  for (int term = 0; term < n_terms; ++term) {
    terms.push_back(numbers(n, 10 + static_cast<std::uint64_t>(term)));
  }
  terms[3][7] = infinity;
  std::vector<Sum> expected(n);
  for (const auto& values : terms) {
    add_elementwise(expected, values);
  }
  for (int distribution = 0; distribution < n_distributions; ++distribution) {
    std::vector<Sum> sums(n);
    for (std::size_t term = 0; term < n_terms; ++term) {
      if (owner(distribution, term, n_terms) == my_rank()) {
        add_elementwise(sums, terms[term]);
      }
    }
    allreduce_reproducible(world(), sums);
    EXPECT_EQ(sums, expected) << distribution;
    EXPECT_EQ(sums[7].value(), infinity);
  }
}

TEST(AllreduceReproducible, AnyDistributionGivesTheBytesOfOneRank) {
  // On two ranks, longer than a block. Both results are rounded, by half a digit each.of the reduction.
  expect_reproducible<BinnedSum<2>>(world().size() == 2 ? 60'000 : 1000);
}
TEST(AllreduceReproducible, AlsoWithThreeDigits) { expect_reproducible<BinnedSum<3>>(1000); }

// On two ranks, longer than a block. Both results are rounded, by half a digit each.
TEST(AllreduceReproducible, OfDoublesIsNearlyExactAndTheSameInAnyOrderOfRanks) {
  const std::size_t n = world().size() == 2 ? 100'000 : 1000;
  const Communicator reversed = world().split(0, -world().rank());
  std::vector<double> sums = numbers(n, my_rank());
  std::vector<double> again = sums;
  std::vector<double> mine = sums;
  allreduce_reproducible(world(), sums);
  allreduce_reproducible(reversed, again);
  EXPECT_EQ(bytes_of(sums[0]), bytes_of(again[0]));
  EXPECT_EQ(sums, again);
  for (std::size_t i = 0; i < 100; ++i) {
    const double exact = allreduce_exact(world(), std::span(&mine[i], 1));
    double largest = std::abs(mine[i]);
    largest = allreduce_value(world(), largest, max);
    EXPECT_NEAR(sums[i], exact,
                static_cast<double>(n_ranks()) * largest * 0x1p-64 + std::abs(exact) * 0x1p-52)
        << i;
  }
}

TEST(AllreduceReproducible, TakesAMatrix) {
  Eigen::Matrix2d matrix;
  matrix << 0.1, 1e100, my_rank() == 0 ? infinity : 1.0, -0.5;
  allreduce_reproducible(world(), matrix);
  const auto n = static_cast<double>(n_ranks());
  // Each is a multiple of the largest's last digit, so the sum is exact but for one rounding, as the product is.
  EXPECT_EQ(matrix(0, 0), 0.1 * n);
  EXPECT_EQ(matrix(0, 1), 1e100 * n);
  EXPECT_EQ(matrix(1, 0), infinity);
  EXPECT_EQ(matrix(1, 1), -0.5 * n);
}

TEST(AllreduceReproducible, OfNothingIsNothing) {
  std::vector<double> no_doubles;
  EXPECT_NO_THROW(allreduce_reproducible(world(), no_doubles));
  std::vector<BinnedSum<>> none;
  EXPECT_NO_THROW(allreduce_reproducible(world(), none));
}

}  // namespace
}  // namespace serried::mpi
