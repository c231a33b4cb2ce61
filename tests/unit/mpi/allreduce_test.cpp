#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>

#include "world.hpp"

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

TEST(Allreduce, OfNothingIsNothing) {
  std::vector<int> none;
  EXPECT_NO_THROW(allreduce(world(), none, std::plus<>{}));
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace serried::mpi
