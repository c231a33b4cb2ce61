/// The values of all ranks, in rank order, on every rank.
///
///     const std::vector<std::uint64_t> sizes = allgather_value(world, my_size);
#pragma once

#include <concepts>
#include <ranges>
#include <span>
#include <vector>

#include <serried/base/checked_cast.hpp>
#include <serried/base/contract.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>

namespace serried::mpi {

/// Collective: afterwards `all` holds `values` of rank 0, of rank 1, …: as many on each rank, so that all.size() is their
/// number times the number of ranks. Throws serried::Error if MPI fails.
template <Buffer In, OutputBuffer Out>
requires std::same_as<std::ranges::range_value_t<In>, std::ranges::range_value_t<Out>>
void allgather(const Communicator& comm, const In& values, Out&& all) {
  using T = std::ranges::range_value_t<In>;
  const WireType wire = wire_type<T>();
  const std::size_t n_values = std::ranges::size(values);
  expects(std::ranges::size(all) == n_values * static_cast<std::size_t>(comm.size()),
          "there is room for the values of each rank");
  const int n = checked_cast<int>(n_values * wire.units);
  check(MPI_Allgather(std::ranges::data(values), n, wire.type, std::ranges::data(all), n, wire.type,
                      comm.get()),
        "MPI_Allgather");
}

/// Collective: result[r] is rank r's `value`, on every rank.
template <Transferable T>
[[nodiscard]] std::vector<T> allgather_value(const Communicator& comm, const T& value) {
  std::vector<T> values(static_cast<std::size_t>(comm.size()));
  allgather(comm, std::span<const T>(&value, 1), values);
  return values;
}

}  // namespace serried::mpi
