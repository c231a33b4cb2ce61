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

/// Collective: afterwards received[r] is what rank r passed as values[this rank]; one entry a rank in both. Throws
/// serried::Error if MPI fails.
template <Transferable T>
void alltoall(const Communicator& comm, std::span<const T> values, std::span<T> received) {
  expects(values.size() == static_cast<std::size_t>(comm.size()), "there is one value for each rank");
  expects(received.size() == values.size(), "there is room for one value of each rank");
  const WireType wire = wire_type<T>();
  const int n = checked_cast<int>(wire.units);
  check(MPI_Alltoall(values.data(), n, wire.type, received.data(), n, wire.type, comm.get()), "MPI_Alltoall");
}

/// The same into new memory.
template <Transferable T>
[[nodiscard]] std::vector<T> alltoall(const Communicator& comm, const std::vector<T>& values) {
  std::vector<T> received(values.size());
  alltoall(comm, std::span<const T>(values), std::span<T>(received));
  return received;
}

/// Collective: afterwards received[r] holds what rank r passed as parts[this rank]; any lengths, also above 2^31; the memory
/// of `received` is used again. The part that a rank sends to itself is copied. Pairs of ranks meet in an order that keeps
/// every link busy with one message. Throws serried::Error if MPI fails.
template <Transferable T>
void alltoall_ragged(const Communicator& comm, std::span<const std::span<const T>> parts,
                     std::vector<std::vector<T>>& received) {
  const Communicator& hidden = comm.hidden();
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  expects(parts.size() == n_ranks, "there is one part for each rank");
  std::vector<std::uint64_t> sizes;
  for (const auto& part : parts) {
    sizes.push_back(part.size());
  }
  const std::vector<std::uint64_t> incoming = alltoall(comm, sizes);
  received.resize(n_ranks);
  const auto me = static_cast<std::size_t>(comm.rank());
  received[me].assign(parts[me].begin(), parts[me].end());
  for (std::size_t step = 1; step < n_ranks; ++step) {
    const std::size_t to = (me + step) % n_ranks;
    const std::size_t from = (me + n_ranks - step) % n_ranks;
    received[from].resize(incoming[from]);
    Request request = async_receive(hidden, received[from], static_cast<int>(from));
    send(hidden, parts[to], static_cast<int>(to));
    request.wait();
  }
}

/// The same into new memory.
template <Transferable T>
[[nodiscard]] std::vector<std::vector<T>> alltoall_ragged(const Communicator& comm,
                                                          std::span<const std::span<const T>> parts) {
  std::vector<std::vector<T>> received;
  alltoall_ragged(comm, parts, received);
  return received;
}

}  // namespace serried::mpi
