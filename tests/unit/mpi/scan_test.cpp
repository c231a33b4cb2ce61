#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/scan.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

TEST(Scan, AddsUpToThisRank) {
  const std::uint64_t r = my_rank();
  EXPECT_EQ(scan_value(world(), r, std::plus<>{}), r * (r + 1) / 2);
  EXPECT_EQ(scan_value(world(), 10 - world().rank(), max), 10);
  EXPECT_EQ(scan_value(world(), 0.5 - world().rank(), min), 0.5 - world().rank());
}

TEST(Scan, ElementwiseInPlaceAndIntoAnotherBuffer) {
  std::array<std::uint64_t, 2> values = {my_rank(), 1};
  std::array<std::uint64_t, 2> result{};
  scan(world(), values, result, std::plus<>{});
  EXPECT_EQ(values[1], 1U);
  scan(world(), values, std::plus<>{});
  const std::uint64_t r = my_rank();
  EXPECT_EQ(values, (std::array<std::uint64_t, 2>{r * (r + 1) / 2, r + 1}));
  EXPECT_EQ(result, values);
}

TEST(Scan, FunctionsAreFoldedInRankOrder) {
  std::vector<Matrix2> matrices(1000, matrix_of(my_rank()));
  scan(world(), matrices, Product{});
  const Matrix2 expected = serial_fold(
      my_rank() + 1, [](std::size_t r) { return matrix_of(r); }, Product{});
  EXPECT_EQ(matrices, std::vector<Matrix2>(1000, expected));
}

TEST(Scan, NonBlocking) {
  std::vector<Matrix2> matrices(3, matrix_of(my_rank()));
  Request request = async_scan(world(), matrices, Product{});
  request.wait();
  EXPECT_EQ(matrices[2], serial_fold(
                             my_rank() + 1, [](std::size_t r) { return matrix_of(r); }, Product{}));
}

TEST(Scan, OfNothingIsNothing) {
  std::vector<int> none;
  EXPECT_NO_THROW(scan(world(), none, std::plus<>{}));
}

}  // namespace
}  // namespace serried::mpi
