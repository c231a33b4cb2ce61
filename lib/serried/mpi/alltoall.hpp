/// From every rank to every rank, a message of its own.
///
///     const auto received = alltoall_ragged<char>(world, outgoing);   // spans; outgoing[r] goes to rank r
#pragma once

#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

#include <serried/base/checked_cast.hpp>
#include <serried/base/contract.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/point_to_point.hpp>

namespace serried::mpi {

/// Collective: result[r] is what rank r passed as values[this rank]. `values` has one entry a rank.
template <Transferable T>
[[nodiscard]] std::vector<T> alltoall(const Communicator& comm, const std::vector<T>& values) {
  expects(values.size() == static_cast<std::size_t>(comm.size()), "there is one value for each rank");
  std::vector<T> received(values.size());
  const WireType wire = wire_type<T>();
  const int n = checked_cast<int>(wire.units);
  check(MPI_Alltoall(values.data(), n, wire.type, received.data(), n, wire.type, comm.get()), "MPI_Alltoall");
  return received;
}

/// Collective: result[r] holds what rank r passed as parts[this rank]; any lengths, also above 2^31. The part
/// that a rank sends to itself is copied. Pairs of ranks meet in an order that keeps every link busy with one
/// message.
template <Transferable T>
[[nodiscard]] std::vector<std::vector<T>> alltoall_ragged(const Communicator& comm,
                                                          std::span<const std::span<const T>> parts) {
  constexpr int tag = 0xa2a;
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  expects(parts.size() == n_ranks, "there is one part for each rank");
  std::vector<std::uint64_t> sizes;
  for (const auto& part : parts) {
    sizes.push_back(part.size());
  }
  const std::vector<std::uint64_t> incoming = alltoall(comm, sizes);
  std::vector<std::vector<T>> received(n_ranks);
  const auto me = static_cast<std::size_t>(comm.rank());
  received[me].assign(parts[me].begin(), parts[me].end());
  for (std::size_t step = 1; step < n_ranks; ++step) {
    const std::size_t to = (me + step) % n_ranks;
    const std::size_t from = (me + n_ranks - step) % n_ranks;
    received[from].resize(incoming[from]);
    Request request = async_receive(comm, received[from], static_cast<int>(from), tag);
    send(comm, parts[to], static_cast<int>(to), tag);
    request.wait();
  }
  return received;
}

}  // namespace serried::mpi
