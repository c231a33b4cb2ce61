#include <cstdint>
#include <functional>

#include <gtest/gtest.h>

#include <serried/mpi/reduction.hpp>

#include "world.hpp"

namespace serried::mpi {
namespace {

// Sums of integers are the same in any order, also where they wrap around.
static_assert(Reduction<std::plus<>, int> && Reduction<std::plus<>, std::uint64_t> &&
              Reduction<std::plus<std::int64_t>, std::int64_t> && Reduction<std::plus<>, std::int8_t>);
// Sums of floating-point numbers are not.
static_assert(!Reduction<std::plus<>, double> && !Reduction<std::plus<>, float> &&
              !Reduction<std::plus<double>, double> && !Reduction<std::plus<>, long double>);
static_assert(Reduction<Min, double> && Reduction<Max, double> && Reduction<Min, int> &&
              Reduction<Max, char>);
// 1 + 1 is no bool; to count flags, add numbers.
static_assert(!Reduction<std::plus<>, bool> && Reduction<std::logical_or<>, bool>);
// Logic of other types would keep a 4 on one rank and make a 1 of it on two; MPI has none of floating-point
// numbers.
static_assert(Reduction<std::logical_and<>, bool> && !Reduction<std::logical_and<>, int> &&
              !Reduction<std::logical_or<>, float>);
static_assert(Reduction<std::bit_or<>, std::uint64_t> && Reduction<std::bit_and<>, int> &&
              Reduction<std::bit_xor<std::uint8_t>, std::uint8_t> && !Reduction<std::bit_or<>, double>);
// What MPI does not know, and what is not a number.
static_assert(!Reduction<std::minus<>, int> && !Reduction<std::plus<>, Padded>);

TEST(MinAndMax, AreFunctionObjects) {
  static_assert(min(2, 3) == 2 && max(2, 3) == 3);
  EXPECT_EQ(min(2.5, -1.0), -1.0);
  EXPECT_EQ(max(std::uint64_t{1}, ~std::uint64_t{0}), ~std::uint64_t{0});
}

}  // namespace
}  // namespace serried::mpi
