// What the tests of the mpi module share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mpi {

// All ranks, in a communicator of the tests' own. Collective at its first call.
inline const Communicator& world() {
  static const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  return comm;
}

inline std::size_t n_ranks() { return static_cast<std::size_t>(world().size()); }
inline std::size_t my_rank() { return static_cast<std::size_t>(world().rank()); }

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

// The Error that `action` throws; a failure of the test if it throws none.
template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error("none");
}

// Collective, with MPI's own calls: true if every rank holds the same text.
inline bool same_everywhere(const std::string& text) {
  std::uint64_t size = text.size();
  MPI_Bcast(&size, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  std::string first = text;
  first.resize(size);
  MPI_Bcast(first.data(), static_cast<int>(size), MPI_CHAR, 0, MPI_COMM_WORLD);
  int same = first == text ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &same, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
  return same != 0;
}

}  // namespace serried::mpi
