/// From every rank to every rank, a message of its own.
///
///     alltoall(world, values, received);                              // as many values for each rank
///     const auto received = alltoall_ragged<char>(world, outgoing);   // spans; outgoing[r] goes to rank r
///     alltoall_ragged(world, values, counts, received, received_counts);   // the same, in one buffer each
///     Request request = async_alltoall(world, values, received);      // … request.wait();
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/ragged.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

namespace detail {

// How many of `n_values` are for each rank.
inline std::size_t part_of(const Communicator& comm, std::size_t n_values) {
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  expects(n_values % n_ranks == 0, "there are as many values for each rank");
  return n_values / n_ranks;
}

}  // namespace detail

/// Collective, in place: `values` are one part for each rank, of equal length; afterwards they are one part from each. The
/// length must be the same on all ranks; beyond 2^31 works. Throws serried::Error if MPI fails.
template <OutputBuffer R>
void alltoall_in_place(const Communicator& comm, R&& values) {
  using T = BufferValue<R>;
  const Waiting waiting("alltoall");
  const auto span = detail::span_of(values);
  check_collective(comm, call_of<T>("alltoall_in_place", span.size()));
  const auto part = WireCount::of<T>(detail::part_of(comm, span.size()));
  check(MPI_Alltoall(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, span.data(), part.count(), part.type(), comm.get()),
        "MPI_Alltoall");
}

/// Collective: `values` are one part for each rank, of equal length; afterwards `received` is one part from each. The length
/// must be the same on all ranks; beyond 2^31 works. A std::vector takes the length, its memory used again; anything
/// else must have it. Throws serried::Error if MPI fails.
template <Buffer In, OutputBuffer Out>
requires SameValues<In, Out>
void alltoall(const Communicator& comm, const In& values, Out&& received) {
  using T = BufferValue<Out>;
  const Waiting waiting("alltoall");
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T>("alltoall", from.size()));
  const auto n = WireCount::of<T>(detail::part_of(comm, from.size()));
  const auto to = detail::room_for(received, from.size());
  check(MPI_Alltoall(from.data(), n.count(), n.type(), to.data(), n.count(), n.type(), comm.get()),
        "MPI_Alltoall");
}

/// The same into new memory.
template <Buffer In>
[[nodiscard]] std::vector<BufferValue<In>> alltoall(const Communicator& comm, const In& values) {
  std::vector<BufferValue<In>> received;
  alltoall(comm, values, received);
  return received;
}

/// Collective, but returns at once: as alltoall, complete when the request is; neither buffer may be touched before.
template <LastingBuffer In, LastingOutputBuffer Out>
requires SameValues<In, Out>
[[nodiscard]] Request async_alltoall(const Communicator& comm, In&& values, Out&& received) {
  using T = BufferValue<Out>;
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T>("async_alltoall", from.size()));
  const auto n = WireCount::of<T>(detail::part_of(comm, from.size()));
  const auto to = detail::room_for(received, from.size());
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ialltoall(from.data(), n.count(), n.type(), to.data(), n.count(), n.type(), comm.get(), &request),
        "MPI_Ialltoall");
  return {{request}, Request::Buffer::is_written};
}

/// Collective, but returns at once: `values` are counts[0] values for rank 0, counts[1] for rank 1, …; `received` will be
/// received_counts[0] from rank 0, …, when the request is complete. Neither buffer may be touched before; the counts
/// are not needed any more. Beyond 2^31 values work. Throws serried::Error if MPI fails.
template <LastingBuffer In, LastingOutputBuffer Out>
requires SameValues<In, Out>
[[nodiscard]] Request async_alltoall_ragged(const Communicator& comm, In&& values,
                                            std::span<const std::size_t> counts, Out&& received,
                                            std::span<const std::size_t> received_counts) {
  using T = BufferValue<Out>;
  check_collective(comm, call_of<T>("async_alltoall_ragged"));
  const std::span<const T> from = detail::span_of(values);
  expects(detail::total_of(comm, counts) == from.size(), "the counts add up to the values that there are");
  const auto to = detail::room_for(received, detail::total_of(comm, received_counts));
  std::vector<MPI_Request> parts;
  detail::start_exchange<T>(comm.hidden(), detail::Parts<const T>(from, counts),
                            detail::Parts<T>(to, received_counts), parts);
  return {std::move(parts), Request::Buffer::is_written};
}

/// Collective: `values` are counts[0] values for rank 0, counts[1] for rank 1, …; afterwards `received` is what this rank
/// got, in rank order, received_counts[r] values from rank r. Both take their length, their memory used again. Beyond
/// 2^31 values work. Throws serried::Error if MPI fails.
template <Buffer In, ResizableBuffer Out>
requires SameValues<In, Out>
void alltoall_ragged(const Communicator& comm, const In& values, std::span<const std::size_t> counts,
                     Out& received, std::vector<std::size_t>& received_counts) {
  const Waiting waiting("alltoall_ragged");
  check_collective(comm, call_of<BufferValue<In>>("alltoall_ragged"));
  expects(counts.size() == static_cast<std::size_t>(comm.size()), "there is one count for each rank");
  alltoall(comm, counts, received_counts);
  async_alltoall_ragged(comm, detail::span_of(values), counts, received, received_counts).wait();
}

/// Collective: afterwards received[r] holds what rank r passed as parts[this rank]; any lengths, also above 2^31; the memory
/// of `received` is used again. The part that a rank sends to itself is copied. Pairs of ranks meet in an order that keeps
/// every link busy with one message. Throws serried::Error if MPI fails.
template <Transferable T>
void alltoall_ragged(const Communicator& comm, std::span<const std::span<const T>> parts,
                     std::vector<std::vector<T>>& received) {
  const Waiting waiting("alltoall_ragged");
  check_collective(comm, call_of<T>("alltoall_ragged"));
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
