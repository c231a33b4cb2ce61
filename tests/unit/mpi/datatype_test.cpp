#include <array>
#include <complex>
#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/datatype.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

enum class Color : std::uint16_t { red, green };

static_assert(Transferable<int> && Transferable<bool> && Transferable<Padded> && Transferable<Color>);
static_assert(Transferable<std::array<double, 3>>);
static_assert(!Transferable<int*> && !Transferable<const char*>, "an address means nothing elsewhere");
static_assert(!Transferable<std::string> && !Transferable<std::vector<int>> && !Transferable<const int>);

static_assert(Buffer<std::vector<int>> && Buffer<std::string> && Buffer<std::array<Padded, 2>>);
static_assert(Buffer<std::span<const int>> && Buffer<std::string_view> && Buffer<const std::vector<int>>);
static_assert(!Buffer<std::vector<bool>> && !Buffer<std::list<int>> && !Buffer<std::vector<std::string>>);
static_assert(OutputBuffer<std::vector<int>&> && OutputBuffer<std::span<int>> && OutputBuffer<std::string&>);
static_assert(!OutputBuffer<std::span<const int>> && !OutputBuffer<const std::vector<int>&> &&
              !OutputBuffer<std::string_view>);

template <class T>
class WireTypes : public testing::Test {};
using Arithmetic =
    testing::Types<bool, char, signed char, unsigned char, wchar_t, char16_t, short, unsigned short, int,
                   unsigned, long, unsigned long, long long, unsigned long long, float, double, long double>;
TYPED_TEST_SUITE(WireTypes, Arithmetic);

TYPED_TEST(WireTypes, AreAsLongAsTheirCppType) {
  const WireType wire = wire_type<TypeParam>();
  EXPECT_NE(wire.type, MPI_BYTE) << "numbers travel as numbers, so that MPI can add them";
  EXPECT_EQ(wire.units, 1U);
  int n_bytes = 0;
  MPI_Type_size(wire.type, &n_bytes);
  EXPECT_EQ(static_cast<std::size_t>(n_bytes), sizeof(TypeParam));
}

TEST(WireType, SignednessIsKept) {
  EXPECT_EQ(wire_type<std::int32_t>().type, MPI_INT32_T);
  EXPECT_EQ(wire_type<std::uint32_t>().type, MPI_UINT32_T);
  EXPECT_EQ(wire_type<std::int64_t>().type, MPI_INT64_T);
  EXPECT_EQ(wire_type<std::uint64_t>().type, MPI_UINT64_T);
  EXPECT_EQ(wire_type<std::int8_t>().type, MPI_INT8_T);
  EXPECT_EQ(wire_type<std::uint8_t>().type, MPI_UINT8_T);
}

TEST(WireType, EverythingElseIsItsBytes) {
  EXPECT_EQ(wire_type<Padded>().type, MPI_BYTE);
  EXPECT_EQ(wire_type<Padded>().units, 16U);
  EXPECT_EQ(wire_type<Color>().type, MPI_BYTE);
  EXPECT_EQ(wire_type<Color>().units, 2U);
}

TEST(MaxValuesPerMessage, KeepsTheUnitsWithinAnInt) {
  struct Odd {
    std::array<char, 3> bytes;
  };
  struct Huge {
    std::array<char, max_units_per_message> bytes;
  };
  EXPECT_EQ(max_values_per_message<double>(), std::size_t{1} << 30);
  EXPECT_EQ(max_values_per_message<Padded>(), std::size_t{1} << 26);
  EXPECT_EQ(max_values_per_message<Odd>(), (std::size_t{1} << 30) / 3);
  EXPECT_EQ(max_values_per_message<Huge>(), 1U);
  EXPECT_LE(max_values_per_message<Odd>() * sizeof(Odd), max_units_per_message);
}

TEST(WireTypes, ComplexNumbersAreTwoNumbers) {
  EXPECT_EQ(wire_type<std::complex<double>>().type, MPI_DOUBLE);
  EXPECT_EQ(wire_type<std::complex<float>>().units, 2U);
  EXPECT_EQ(max_values_per_message<std::complex<double>>(), std::size_t{1} << 29);
  static_assert(!Complex<double> && !Complex<std::array<double, 2>> && !Complex<Padded>);
}

// No memory of that size is touched: a type is only described.
TEST(WireCounts, BeyondIntAreOneElement) {
  const WireCount few = WireCount::of<Padded>(3);
  EXPECT_EQ(few.count(), 48);
  EXPECT_EQ(few.type(), MPI_BYTE);
  for (const std::size_t n : {(std::size_t{1} << 30) + 1, std::size_t{3} << 30, (std::size_t{5} << 30) + 7}) {
    const WireCount many = WireCount::of<double>(n);
    EXPECT_EQ(many.count(), 1);
    MPI_Count bytes = 0;
    MPI_Type_size_x(many.type(), &bytes);
    EXPECT_EQ(bytes, static_cast<MPI_Count>(8 * n));
    MPI_Count begin = 1;
    MPI_Count extent = 0;
    MPI_Type_get_extent_x(many.type(), &begin, &extent);
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(extent, bytes);
  }
}

}  // namespace
}  // namespace serried::mpi
