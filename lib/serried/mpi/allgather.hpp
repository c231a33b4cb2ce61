/// The values of all ranks, in rank order, on every rank.
///
///     const std::vector<std::uint64_t> sizes = allgather_value(world, my_size);
#pragma once

#include <vector>

#include <serried/base/checked_cast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>

namespace serried::mpi {

/// Collective: result[r] is rank r's `value`, on every rank.
template <Transferable T>
[[nodiscard]] std::vector<T> allgather_value(const Communicator& comm, const T& value) {
  std::vector<T> values(static_cast<std::size_t>(comm.size()));
  const WireType wire = wire_type<T>();
  const int n = checked_cast<int>(wire.units);
  check(MPI_Allgather(&value, n, wire.type, values.data(), n, wire.type, comm.get()), "MPI_Allgather");
  return values;
}

}  // namespace serried::mpi
