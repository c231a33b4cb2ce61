/// What the ranks before this one add up to: where a rank's part of a shared output begins.
///
///     const std::uint64_t offset = exscan_value(world, n_bytes, std::plus<>{});
#pragma once

#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/reduction.hpp>

namespace serried::mpi {

/// Collective: `op` over the values of ranks 0 … rank - 1, in that order; `T{}` on rank 0.
template <class T, Reduction<T> Op>
[[nodiscard]] T exscan_value(const Communicator& comm, T value, Op /*op*/) {
  T before{};
  check(MPI_Exscan(&value, &before, 1, wire_type<T>().type, detail::BuiltinOperation<Op>::get(), comm.get()),
        "MPI_Exscan");
  return comm.is_root() ? T{} : before;  // MPI leaves rank 0's result undefined
}

}  // namespace serried::mpi
