/// What reduce, allreduce, scan and exscan share: data longer than MPI's `int` counts, combined piece by piece.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <utility>
#include <vector>

#include <serried/mpi/check_code.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/reduction.hpp>
#include <serried/mpi/request.hpp>

namespace serried::mpi::detail {

/// What MPI calls the input of a reduction that works in place.
template <class T>
[[nodiscard]] const T* in_place() noexcept {
  return static_cast<const T*>(MPI_IN_PLACE);
}

/// Reduces `n_values` values at `from` (may be in_place) to those at `to`, by call(from, to, count, type, op).
template <class T, class Op, class Call>
void reduce_pieces(const T* from, T* to, std::size_t n_values, const Op& op, const char* name, Call call) {
  const Operation<Op, T> operation(op);
  for_each_piece<T>(n_values, [&](std::size_t offset, std::size_t n) {
    check(call(from == in_place<T>() ? from : from + offset, to + offset, operation.count(n),
               operation.type(), operation.get()),
          name);
  });
}

/// The same as operations under way: call(from, to, count, type, op, &request).
template <class Op, class T, class Call>
[[nodiscard]] Request async_reduce_pieces(const T* from, T* to, std::size_t n_values, const char* name,
                                          Call call) {
  std::vector<MPI_Request> parts;
  for_each_piece<T>(n_values, [&](std::size_t offset, std::size_t n) {
    using Operation = Operation<Op, T>;
    check(call(from == in_place<T>() ? from : from + offset, to + offset, Operation::count(n),
               Operation::type(), Operation::get(), &parts.emplace_back(MPI_REQUEST_NULL)),
          name);
  });
  return {std::move(parts), Request::Buffer::is_written};
}

}  // namespace serried::mpi::detail
