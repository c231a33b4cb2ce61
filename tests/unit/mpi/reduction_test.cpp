#include <complex>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <serried/mpi/reduction.hpp>

#include "mpi_test.hpp"

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
// What is not associative, and what cannot be called.
static_assert(!Reduction<std::minus<>, int> && !Reduction<std::divides<>, int> &&
              !Reduction<std::plus<>, Padded> && !Reduction<Min, Padded> && !Reduction<Minloc, double>);
// Who accepts another order may have the sums; a difference is still none.
static_assert(Reduction<AnyOrder<std::plus<>>, double> && Reduction<AnyOrder<std::multiplies<>>, float> &&
              Reduction<AnyOrder<std::plus<>>, std::complex<double>> &&
              !Reduction<AnyOrder<std::minus<>>, double>);
static_assert(!Reduction<std::plus<>, std::complex<float>> &&
              !Reduction<std::multiplies<>, std::complex<double>>);
// Functions of the user's, on what travels as bytes; not on what does not.
static_assert(Reduction<Product, Matrix2> && Reduction<Minloc, Located<double>> &&
              Reduction<int (*)(int, int), int> && !Reduction<std::plus<>, std::string>);

TEST(MinAndMax, AreFunctionObjects) {
  static_assert(min(2, 3) == 2 && max(2, 3) == 3);
  EXPECT_EQ(min(2.5, -1.0), -1.0);
  EXPECT_EQ(max(std::uint64_t{1}, ~std::uint64_t{0}), ~std::uint64_t{0});
}

TEST(MinlocAndMaxloc, PreferTheLowerPlaceOfEqualValues) {
  const Located low{2.5, 1};
  const Located high{2.5, 3};
  EXPECT_EQ(minloc(low, high), low);
  EXPECT_EQ(minloc(high, low), low);
  EXPECT_EQ(maxloc(low, high), low);
  EXPECT_EQ(maxloc(high, low), low);
  EXPECT_EQ(minloc(Located{1.0, 9}, low).at, 9);
  EXPECT_EQ(maxloc(Located{1.0, 0}, high).at, 3);
}

TEST(MinlocAndMaxloc, OrderNaNAndBothZeros) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(maxloc(Located{nan, 4}, Located{1.0, 0}).at, 4);
  EXPECT_EQ(minloc(Located{0.0, 0}, Located{-0.0, 4}).at, 4);
}

}  // namespace
}  // namespace serried::mpi
