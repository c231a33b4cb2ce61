#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

template <class T>
class AllreduceNumbers : public testing::Test {};
using Integers = testing::Types<char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                                std::uint32_t, std::int64_t, std::uint64_t>;
TYPED_TEST_SUITE(AllreduceNumbers, Integers);

TYPED_TEST(AllreduceNumbers, AreAddedAndCompared) {
  using T = TypeParam;
  const auto mine = static_cast<T>(world().rank() + 1);
  const int n = world().size();
  EXPECT_EQ(allreduce_value(world(), mine, std::plus<>{}), static_cast<T>(n * (n + 1) / 2));
  EXPECT_EQ(allreduce_value(world(), mine, min), T{1});
  EXPECT_EQ(allreduce_value(world(), mine, max), static_cast<T>(n));
  EXPECT_EQ(allreduce_value(world(), std::numeric_limits<T>::max(), min), std::numeric_limits<T>::max());
  EXPECT_EQ(allreduce_value(world(), std::numeric_limits<T>::min(), max), std::numeric_limits<T>::min());
}

TYPED_TEST(AllreduceNumbers, HaveTheirBitsCombined) {
  using T = TypeParam;
  const auto bit = static_cast<T>(1 << (world().rank() % 7));
  int expected = 0;
  int parity = 0;
  for (int rank = 0; rank < world().size(); ++rank) {
    expected |= 1 << (rank % 7);
    parity ^= 1 << (rank % 7);
  }
  EXPECT_EQ(allreduce_value(world(), bit, std::bit_or<>{}), static_cast<T>(expected));
  EXPECT_EQ(allreduce_value(world(), bit, std::bit_xor<>{}), static_cast<T>(parity));
  EXPECT_EQ(allreduce_value(world(), static_cast<T>(~bit), std::bit_and<>{}), static_cast<T>(~expected));
}

TEST(Allreduce, FloatingPointNumbersAreComparedExactly) {
  const double mine = 0.1 * (world().rank() + 1);
  EXPECT_EQ(allreduce_value(world(), mine, max), 0.1 * world().size());
  EXPECT_EQ(allreduce_value(world(), mine, min), 0.1);
  EXPECT_EQ(allreduce_value(world(), static_cast<float>(mine), min), 0.1F);
  EXPECT_EQ(allreduce_value(world(), static_cast<long double>(world().rank()), max),
            static_cast<long double>(world().size() - 1));
}

TEST(Allreduce, LogicOverRanks) {
  const bool is_last = world().rank() == world().size() - 1;
  EXPECT_TRUE(allreduce_value(world(), is_last, std::logical_or<>{}));
  EXPECT_EQ(allreduce_value(world(), is_last, std::logical_and<>{}), world().size() == 1);
  EXPECT_FALSE(allreduce_value(world(), false, std::logical_or<>{}));
  EXPECT_TRUE(allreduce_value(world(), true, std::logical_and<>{}));
}

TEST(Allreduce, TypedOperationsWorkAsTheTransparentOnes) {
  EXPECT_EQ(allreduce_value(world(), std::uint64_t{2}, std::plus<std::uint64_t>{}), 2 * n_ranks());
}

TEST(Allreduce, WorksElementwiseInPlaceOnAnyBuffer) {
  const auto n = static_cast<std::uint64_t>(world().size());
  std::vector<std::uint64_t> values = {1, my_rank(), 7};
  allreduce(world(), values, std::plus<>{});
  EXPECT_EQ(values, (std::vector<std::uint64_t>{n, n * (n - 1) / 2, 7 * n}));

  std::array<int, 2> pair = {world().rank(), -world().rank()};
  allreduce(world(), pair, min);
  EXPECT_EQ(pair, (std::array<int, 2>{0, 1 - world().size()}));

  allreduce(world(), std::span(values).subspan(1, 1), max);
  EXPECT_EQ(values[1], n * (n - 1) / 2);
}

TEST(Allreduce, ReusesABufferManyTimes) {
  std::vector<std::uint64_t> values(1000);
  for (std::uint64_t round = 0; round < 20; ++round) {
    std::ranges::fill(values, round);
    const std::uint64_t* const data = values.data();
    allreduce(world(), values, std::plus<>{});
    EXPECT_EQ(values.data(), data);
    EXPECT_TRUE(std::ranges::all_of(values, [&](std::uint64_t v) { return v == round * n_ranks(); }));
  }
}

TEST(Allreduce, IntoAnotherBufferLeavesTheInputAlone) {
  const std::vector<std::uint64_t> mine = {my_rank(), 5};
  std::vector<std::uint64_t> result(7);
  const std::uint64_t* const data = result.data();
  allreduce(world(), mine, result, std::plus<>{});
  const std::uint64_t n = n_ranks();
  EXPECT_EQ(result, (std::vector<std::uint64_t>{n * (n - 1) / 2, 5 * n}));
  EXPECT_EQ(result.data(), data);
  EXPECT_EQ(mine, (std::vector<std::uint64_t>{my_rank(), 5}));
}

// Exact in binary, so that the order does not show: what is tested is that it is done.
TEST(Allreduce, FloatingPointAndComplexSumsInAnyOrder) {
  const double n = world().size();
  std::vector<double> values = {0.5, static_cast<double>(world().rank())};
  allreduce(world(), values, any_order(std::plus<>{}));
  EXPECT_EQ(values, (std::vector<double>{0.5 * n, n * (n - 1) / 2}));
  EXPECT_EQ(allreduce_value(world(), 2.0F, any_order(std::multiplies<>{})),
            static_cast<float>(1 << world().size()));

  using Z = std::complex<double>;
  std::vector<Z> waves = {{1, 2}, {0.25, -1.0 * world().rank()}};
  allreduce(world(), waves, any_order(std::plus<>{}));
  EXPECT_EQ(waves, (std::vector<Z>{{n, 2 * n}, {0.25 * n, -n * (n - 1) / 2}}));
  const Z i_to_the_n = serial_fold(
      n_ranks(),
      [](std::size_t) {
        return Z{0, 1};
      },
      std::multiplies<>{});
  EXPECT_EQ(allreduce_value(world(), Z{0, 1}, any_order(std::multiplies<>{})), i_to_the_n);
}

TEST(Allreduce, FunctionsAreFoldedInRankOrder) {
  const Matrix2 expected = serial_fold(
      n_ranks(), [](std::size_t r) { return matrix_of(r); }, Product{});
  EXPECT_EQ(allreduce_value(world(), matrix_of(my_rank()), Product{}), expected);

  for (const std::size_t n : {std::size_t{3}, std::size_t{5000}}) {  // MPI has other algorithms for long ones
    std::vector<Matrix2> matrices(n);
    for (std::size_t i = 0; i < n; ++i) {
      matrices[i] = matrix_of(my_rank(), i);
    }
    allreduce(world(), matrices, Product{});
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_EQ(matrices[i], serial_fold(
                                 n_ranks(), [&](std::size_t r) { return matrix_of(r, i); }, Product{}));
    }
  }
}

// Affine maps x -> ax + b modulo m, composed: associative, not commutative, and the modulus is the closure's.
TEST(Allreduce, ClosuresMayHoldData) {
  using Map = std::array<std::uint64_t, 2>;
  for (const std::uint64_t m : {1'000'003ULL, 65'537ULL}) {
    const auto compose = [m](const Map& f, const Map& g) {
      return Map{f[0] * g[0] % m, (f[0] * g[1] + f[1]) % m};
    };
    const auto map_of = [](std::size_t rank) { return Map{3 * rank + 2, rank + 5}; };
    EXPECT_EQ(allreduce_value(world(), map_of(my_rank()), compose), serial_fold(n_ranks(), map_of, compose));
  }
}

TEST(Allreduce, FunctionPointersAndStructs) {
  int (*const larger)(int, int) = [](int a, int b) { return a > b ? a : b; };
  EXPECT_EQ(allreduce_value(world(), world().rank(), larger), world().size() - 1);
  const auto first_letter = [](const Padded& a, const Padded& b) {
    return Padded{a.letter, a.number + b.number};
  };
  const Padded mine{.letter = static_cast<char>('a' + world().rank()), .number = my_rank()};
  EXPECT_EQ(allreduce_value(world(), mine, first_letter),
            (Padded{.letter = 'a', .number = n_ranks() * (n_ranks() - 1) / 2}));
}

TEST(Allreduce, ExtremesAndWhereTheyAre) {
  const int rank = world().rank();
  const int last = world().size() - 1;
  EXPECT_EQ(allreduce_value(world(), Located{-1.5 * rank, rank}, minloc), (Located{-1.5 * last, last}));
  EXPECT_EQ(allreduce_value(world(), Located{-1.5 * rank, rank}, maxloc), (Located{0.0, 0}));
  EXPECT_EQ(allreduce_value(world(), Located{42, rank}, minloc), (Located{42, 0}));
  EXPECT_EQ(allreduce_value(world(), Located{42, rank}, maxloc), (Located{42, 0}));
  EXPECT_EQ(allreduce_value(world(), Located{rank % 2, rank}, maxloc).at, last == 0 ? 0 : 1);
}

TEST(Allreduce, NonBlocking) {
  std::vector<std::uint64_t> counts = {my_rank(), 2};
  std::vector<Matrix2> matrices = {matrix_of(my_rank(), 1), matrix_of(my_rank(), 2)};
  std::vector<double> sums = {0.5};
  Request first = async_allreduce(world(), counts, std::plus<>{});
  Request second = async_allreduce(world(), matrices, Product{});
  Request third = async_allreduce(world(), sums, any_order(std::plus<>{}));
  third.wait();
  second.wait();
  first.wait();
  const std::uint64_t n = n_ranks();
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{n * (n - 1) / 2, 2 * n}));
  EXPECT_EQ(sums[0], 0.5 * world().size());
  EXPECT_EQ(matrices[1], serial_fold(
                             n, [](std::size_t r) { return matrix_of(r, 2); }, Product{}));
}

TEST(Allreduce, OfNothingIsNothing) {
  std::vector<int> none;
  EXPECT_NO_THROW(allreduce(world(), none, std::plus<>{}));
  EXPECT_TRUE(none.empty());
}

TEST(Allreduce, MinAndMaxOrderNaNAndBothZeros) {
  // Each rank in turn brings what is at the end of the order.
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (int rank = 0; rank < world().size(); ++rank) {
    const bool is_it = world().rank() == rank;
    EXPECT_TRUE(std::isnan(allreduce_value(world(), is_it ? nan : 1.0, max)));
    if (world().size() > 1) {
      EXPECT_EQ(allreduce_value(world(), is_it ? nan : 1.0, min), 1.0) << rank;
    }
    EXPECT_TRUE(std::signbit(allreduce_value(world(), is_it ? -0.0 : 0.0, min)));
    EXPECT_EQ(std::signbit(allreduce_value(world(), is_it ? 0.0 : -0.0, max)), false);
  }
}

TEST(AsyncAllreduce, AFunctionWithoutDataInAnyOrder) {
  std::vector<double> sums = {1.0, 2.0};
  Request request = async_allreduce(world(), sums, any_order([](double a, double b) { return a + b; }));
  request.wait();
  EXPECT_EQ(sums, (std::vector<double>{1.0 * world().size(), 2.0 * world().size()}));
}

}  // namespace
}  // namespace serried::mpi
