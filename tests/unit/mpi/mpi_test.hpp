// What the tests of the mpi module share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "error_of.hpp"
#include "same_everywhere.hpp"
#include "world.hpp"

namespace serried::mpi {

using test::error_of;
using test::my_rank;
using test::n_ranks;
using test::same_everywhere;
using test::world;

// A type that has no MPI equivalent: 16 bytes, of which 7 are padding.
struct Padded {
  char letter = 0;
  std::uint64_t number = 0;
  friend bool operator==(const Padded&, const Padded&) = default;
};
static_assert(sizeof(Padded) == 16);

// Integers of which the product is associative and not commutative, so that a wrong order of ranks shows.
struct Matrix2 {
  std::array<std::uint64_t, 4> cells{};
  friend bool operator==(const Matrix2&, const Matrix2&) = default;
};
inline Matrix2 matrix_of(std::size_t rank, std::size_t i = 0) {
  return {{rank + 1, 2 * rank + i + 3, rank * rank + 1, 7 + i}};
}
struct Product {
  Matrix2 operator()(const Matrix2& a, const Matrix2& b) const {
    const auto& x = a.cells;
    const auto& y = b.cells;
    return {{x[0] * y[0] + x[1] * y[2], x[0] * y[1] + x[1] * y[3], x[2] * y[0] + x[3] * y[2],
             x[2] * y[1] + x[3] * y[3]}};
  }
};

// op over what value_of gives for ranks 0 … end - 1, on one rank: what a reduction must equal. `end` at least 1.
template <class ValueOf, class Op>
auto serial_fold(std::size_t end, ValueOf value_of, Op op) {
  auto folded = value_of(std::size_t{0});
  for (std::size_t rank = 1; rank < end; ++rank) {
    folded = op(folded, value_of(rank));
  }
  return folded;
}

}  // namespace serried::mpi
