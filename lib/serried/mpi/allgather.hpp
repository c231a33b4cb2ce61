/// The values of all ranks, in rank order, on every rank.
///
///     const std::vector<std::uint64_t> sizes = allgather_value(world, my_size);
///     allgather(world, row, matrix);                       // as many values on each rank
///     allgather_ragged(world, found, all_found);           // each as many as it has
///     Request request = async_allgather(world, row, matrix);   // … request.wait();
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/ragged.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

/// Collective, in place: `all` holds one part a rank, of equal length; each rank has filled its own, and afterwards all
/// are there. Beyond 2^31 values work. Throws serried::Error if MPI fails.
template <OutputBuffer R>
void allgather_in_place(const Communicator& comm, R&& all) {
  using T = BufferValue<R>;
  const Waiting waiting("allgather");
  const auto span = detail::span_of(all);
  check_collective(comm, call_of<T>("allgather_in_place", span.size()));
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  expects(span.size() % n_ranks == 0, "the parts of all ranks are of equal length");
  const auto part = WireCount::of<T>(span.size() / n_ranks);
  check(MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, span.data(), part.count(), part.type(), comm.get()),
        "MPI_Allgather");
}

/// Collective: afterwards `all` holds `values` of rank 0, of rank 1, …: as many on each rank, so that all.size() is their
/// number times the number of ranks. A std::vector takes that length, anything else must have it. Beyond 2^31 values
/// work. Throws serried::Error if MPI fails.
template <Buffer In, OutputBuffer Out>
requires SameValues<In, Out>
void allgather(const Communicator& comm, const In& values, Out&& all) {
  using T = BufferValue<Out>;
  const Waiting waiting("allgather");
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T>("allgather", from.size()));
  const auto to = detail::room_for(all, from.size() * static_cast<std::size_t>(comm.size()));
  const auto n = WireCount::of<T>(from.size());
  check(MPI_Allgather(from.data(), n.count(), n.type(), to.data(), n.count(), n.type(), comm.get()),
        "MPI_Allgather");
}

/// The same into new memory.
template <Buffer In>
[[nodiscard]] std::vector<BufferValue<In>> allgather(const Communicator& comm, const In& values) {
  std::vector<BufferValue<In>> all;
  allgather(comm, values, all);
  return all;
}

/// Collective: result[r] is rank r's `value`, on every rank.
template <Transferable T>
[[nodiscard]] std::vector<T> allgather_value(const Communicator& comm, const T& value) {
  std::vector<T> values(static_cast<std::size_t>(comm.size()));
  allgather(comm, std::span<const T>(&value, 1), values);
  return values;
}

/// Collective, but returns at once: as allgather, complete when the request is; neither buffer may be touched before.
template <LastingBuffer In, LastingOutputBuffer Out>
requires SameValues<In, Out>
[[nodiscard]] Request async_allgather(const Communicator& comm, In&& values, Out&& all) {
  using T = BufferValue<Out>;
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T>("async_allgather", from.size()));
  const auto to = detail::room_for(all, from.size() * static_cast<std::size_t>(comm.size()));
  const auto n = WireCount::of<T>(from.size());
  MPI_Request request = MPI_REQUEST_NULL;
  check(
      MPI_Iallgather(from.data(), n.count(), n.type(), to.data(), n.count(), n.type(), comm.get(), &request),
      "MPI_Iallgather");
  return {{request}, Request::Buffer::is_written};
}

/// Collective: afterwards `all` holds `values` of rank 0, of rank 1, …, of which there are counts[0], counts[1], …: the
/// same counts on every rank. A std::vector takes the length, anything else must have it; its memory is used again.
/// Beyond 2^31 values work. Throws serried::Error if MPI fails.
template <Buffer In, OutputBuffer Out>
requires SameValues<In, Out>
void allgather_ragged(const Communicator& comm, const In& values, Out&& all,
                      std::span<const std::size_t> counts) {
  using T = BufferValue<Out>;
  const Waiting waiting("allgather_ragged");
  check_collective(comm, call_of<T>("allgather_ragged"));
  const std::span<const T> from = detail::span_of(values);
  const auto to = detail::room_for(all, detail::total_of(comm, counts));
  expects(counts[static_cast<std::size_t>(comm.rank())] == from.size(),
          "this rank's count is that of its values");
  if (detail::fits_layout<T>(to.size())) {
    const WireType wire = wire_type<T>();
    detail::RaggedLayout layout(wire, counts);
    check(MPI_Allgatherv(from.data(), static_cast<int>(from.size() * wire.units), wire.type, to.data(),
                         layout.counts(), layout.displacements(), wire.type, comm.get()),
          "MPI_Allgatherv");
  } else {
    std::vector<MPI_Request> parts;
    detail::start_exchange<T>(
        comm.hidden(), [&](int) { return from; }, detail::Parts<T>(to, counts), parts);
    Request(std::move(parts), Request::Buffer::is_written).wait();
  }
}

/// The same if the ranks do not know each other's counts: they tell each other first. `all` takes the length.
template <Buffer In, ResizableBuffer Out>
requires SameValues<In, Out>
void allgather_ragged(const Communicator& comm, const In& values, Out& all) {
  const Waiting waiting("allgather_ragged");
  check_collective(comm, call_of<BufferValue<In>>("allgather_ragged"));
  const std::size_t n_mine = detail::span_of(values).size();
  detail::PerRank<std::size_t> per_rank(static_cast<std::size_t>(comm.size()));
  const std::span<std::size_t> counts = per_rank.get();
  allgather(comm, std::span(&n_mine, 1), counts);
  allgather_ragged(comm, values, all, counts);
}

/// The same into new memory.
template <Buffer In>
[[nodiscard]] std::vector<BufferValue<In>> allgather_ragged(const Communicator& comm, const In& values) {
  std::vector<BufferValue<In>> all;
  allgather_ragged(comm, values, all);
  return all;
}

/// Collective, but returns at once: as allgather_ragged with known counts, complete when the request is; neither buffer
/// may be touched before. `counts` are not needed any more.
template <LastingBuffer In, LastingOutputBuffer Out>
requires SameValues<In, Out>
[[nodiscard]] Request async_allgather_ragged(const Communicator& comm, In&& values, Out&& all,
                                             std::span<const std::size_t> counts) {
  using T = BufferValue<Out>;
  check_collective(comm, call_of<T>("async_allgather_ragged"));
  const std::span<const T> from = detail::span_of(values);
  const auto to = detail::room_for(all, detail::total_of(comm, counts));
  expects(counts[static_cast<std::size_t>(comm.rank())] == from.size(),
          "a rank's count is the number of values that it brings");
  std::vector<MPI_Request> parts;
  detail::start_exchange<T>(
      comm.hidden(), [&](int) { return from; }, detail::Parts<T>(to, counts), parts);
  return {std::move(parts), Request::Buffer::is_written};
}

}  // namespace serried::mpi
