/// One rank's values to all.
///
///     broadcast(world, values);                // from rank 0, in place; same length everywhere
///     broadcast_resized(world, text, root);    // a std::string or std::vector that takes the root's length
#pragma once

#include <algorithm>
#include <cstdint>
#include <ranges>

#include <serried/base/checked_cast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>

namespace serried::mpi {

/// Collective. Afterwards every rank's `values` are the root's. The length must be the same on all ranks.
template <OutputBuffer R>
void broadcast(const Communicator& comm, R&& values, int root = 0) {
  using T = std::ranges::range_value_t<R>;
  const WireType wire = wire_type<T>();
  auto* data = std::ranges::data(values);
  for (std::size_t done = 0, size = std::ranges::size(values); done < size;) {
    const std::size_t n = std::min(size - done, max_values_per_message<T>());
    check(MPI_Bcast(data + done, checked_cast<int>(n * wire.units), wire.type, root, comm.get()),
          "MPI_Bcast");
    done += n;
  }
}

/// Collective. The root's `value` on every rank.
template <Transferable T>
[[nodiscard]] T broadcast_value(const Communicator& comm, T value, int root = 0) {
  broadcast(comm, std::span<T>(&value, 1), root);
  return value;
}

/// Collective. As broadcast, but the other ranks' containers are first resized to the root's length.
template <class Container>
requires OutputBuffer<Container> && requires(Container c) { c.resize(1); }
void broadcast_resized(const Communicator& comm, Container& values, int root = 0) {
  const auto size = broadcast_value(comm, static_cast<std::uint64_t>(values.size()), root);
  values.resize(size);
  broadcast(comm, values, root);
}

}  // namespace serried::mpi
