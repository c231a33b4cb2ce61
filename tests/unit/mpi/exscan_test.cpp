#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/exscan.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

template <class T>
class ExscanNumbers : public testing::Test {};
using IntegerTypes = testing::Types<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                                    std::uint32_t, std::int64_t, std::uint64_t>;
TYPED_TEST_SUITE(ExscanNumbers, IntegerTypes);

TYPED_TEST(ExscanNumbers, AddUpTheRanksBefore) {
  using T = TypeParam;
  const int rank = world().rank();
  EXPECT_EQ(exscan_value(world(), static_cast<T>(rank + 1), std::plus<>{}),
            static_cast<T>(rank * (rank + 1) / 2));
}

TEST(Exscan, OffsetsOfPartsOfAFile) {
  // Lengths beyond 32 bits, with empty parts between.
  const auto length = [](std::size_t rank) { return rank % 2 == 1 ? 0 : (std::uint64_t{rank} + 1) << 33; };
  std::uint64_t expected = 0;
  for (std::size_t rank = 0; rank < my_rank(); ++rank) {
    expected += length(rank);
  }
  EXPECT_EQ(exscan_value(world(), length(my_rank()), std::plus<>{}), expected);
}

TEST(Exscan, SmallestAndLargestOfTheRanksBefore) {
  const int mine = 10 - world().rank();
  EXPECT_EQ(exscan_value(world(), mine, min), world().is_root() ? 0 : 11 - world().rank());
  EXPECT_EQ(exscan_value(world(), mine, max), world().is_root() ? 0 : 10);
  EXPECT_EQ(exscan_value(world(), 0.5 * mine, max), world().is_root() ? 0 : 5.0);
}

TEST(Exscan, RootGetsAZeroWhateverItHad) {
  for (int round = 0; round < 5; ++round) {
    const int before = exscan_value(world(), 17, std::plus<>{});
    EXPECT_EQ(before, 17 * world().rank());
  }
}

TEST(Exscan, ElementwiseInPlaceAndIntoAnotherBuffer) {
  std::vector<std::uint64_t> values = {my_rank(), 1};
  std::vector<std::uint64_t> before;
  exscan(world(), values, before, std::plus<>{});
  EXPECT_EQ(values, (std::vector<std::uint64_t>{my_rank(), 1}));
  exscan(world(), values, std::plus<>{});
  const std::uint64_t r = my_rank();
  const std::vector<std::uint64_t> expected = {r == 0 ? 0 : r * (r - 1) / 2, r};
  EXPECT_EQ(values, expected);
  EXPECT_EQ(before, expected);
}

TEST(Exscan, FunctionsAreFoldedInRankOrder) {
  const Matrix2 before = exscan_value(world(), matrix_of(my_rank()), Product{});
  const Matrix2 expected = world().is_root()
                               ? Matrix2{}
                               : serial_fold(
                                     my_rank(), [](std::size_t r) { return matrix_of(r); }, Product{});
  EXPECT_EQ(before, expected);
}

TEST(Exscan, NonBlocking) {
  const std::vector<Matrix2> mine = {matrix_of(my_rank()), matrix_of(my_rank(), 4)};
  std::vector<Matrix2> before(9, matrix_of(99));
  async_exscan(world(), mine, before, Product{}).wait();
  const Matrix2 expected = world().is_root()
                               ? Matrix2{}
                               : serial_fold(
                                     my_rank(), [](std::size_t r) { return matrix_of(r, 4); }, Product{});
  ASSERT_EQ(before.size(), 2U);
  EXPECT_EQ(before[1], expected);
}

}  // namespace
}  // namespace serried::mpi
