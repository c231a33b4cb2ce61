/// The values of all ranks, in rank order, on one rank.
///
///     const std::vector<double> energies = gather_value(world, energy);       // on rank 0, elsewhere nothing
///     gather(world, row, matrix, root);                                       // as many values on each rank
///     const std::vector<char> all = gather_ragged(world, my_bytes);           // each as many as it has
///     Request request = async_gather(world, row, matrix);                     // … request.wait();
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/ragged.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

/// Collective: afterwards the root's `all` holds `values` of rank 0, of rank 1, …: as many on each rank. There a
/// std::vector takes the length, its memory used again, and is emptied elsewhere; anything else must have the length on
/// the root, and is left alone elsewhere. Beyond 2^31 values work. Throws serried::Error if MPI fails.
template <Buffer In, OutputBuffer Out>
requires SameValues<In, Out>
void gather(const Communicator& comm, const In& values, Out&& all, int root = 0) {
  using T = BufferValue<Out>;
  const Waiting waiting("gather");
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T>("gather", from.size()).to(root));
  const auto to =
      detail::room_for_if(comm.rank() == root, all, from.size() * static_cast<std::size_t>(comm.size()));
  const auto n = WireCount::of<T>(from.size());
  check(MPI_Gather(from.data(), n.count(), n.type(), to.data(), n.count(), n.type(), root, comm.get()),
        "MPI_Gather");
}

/// The same into new memory.
template <Buffer In>
[[nodiscard]] std::vector<BufferValue<In>> gather(const Communicator& comm, const In& values, int root = 0) {
  std::vector<BufferValue<In>> all;
  gather(comm, values, all, root);
  return all;
}

/// Collective: on the root result[r] is rank r's `value`; elsewhere it is empty.
template <Transferable T>
[[nodiscard]] std::vector<T> gather_value(const Communicator& comm, const T& value, int root = 0) {
  return gather(comm, std::span<const T>(&value, 1), root);
}

/// Collective, but returns at once: as gather, complete when the request is; neither buffer may be touched before.
template <LastingBuffer In, LastingOutputBuffer Out>
requires SameValues<In, Out>
[[nodiscard]] Request async_gather(const Communicator& comm, In&& values, Out&& all, int root = 0) {
  using T = BufferValue<Out>;
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T>("async_gather", from.size()).to(root));
  const auto to =
      detail::room_for_if(comm.rank() == root, all, from.size() * static_cast<std::size_t>(comm.size()));
  const auto n = WireCount::of<T>(from.size());
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Igather(from.data(), n.count(), n.type(), to.data(), n.count(), n.type(), root, comm.get(),
                    &request),
        "MPI_Igather");
  return {{request}, Request::Buffer::is_written};
}

/// Collective: as gather, of counts[r] values of rank r: the same counts on every rank. Beyond 2^31 values work. Throws
/// serried::Error if MPI fails.
template <Buffer In, OutputBuffer Out>
requires SameValues<In, Out>
void gather_ragged(const Communicator& comm, const In& values, Out&& all, std::span<const std::size_t> counts,
                   int root = 0) {
  using T = BufferValue<Out>;
  const Waiting waiting("gather_ragged");
  check_collective(comm, call_of<T>("gather_ragged").to(root));
  const std::span<const T> from = detail::span_of(values);
  const std::size_t total = detail::total_of(comm, counts);
  expects(counts[static_cast<std::size_t>(comm.rank())] == from.size(),
          "this rank's count is that of its values");
  const auto to = detail::room_for_if(comm.rank() == root, all, total);
  if (detail::fits_layout<T>(total)) {
    const WireType wire = wire_type<T>();
    detail::RaggedLayout layout(wire, counts);
    check(MPI_Gatherv(from.data(), static_cast<int>(from.size() * wire.units), wire.type, to.data(),
                      layout.counts(), layout.displacements(), wire.type, root, comm.get()),
          "MPI_Gatherv");
  } else {
    std::vector<MPI_Request> parts;
    detail::start_gather<T>(comm.hidden(), from, to, counts, root, parts);
    Request(std::move(parts), Request::Buffer::is_written).wait();
  }
}

/// The same if the ranks do not know each other's counts: they tell each other first. The root's `all` takes the length,
/// elsewhere it is emptied; its memory is used again.
template <Buffer In, ResizableBuffer Out>
requires SameValues<In, Out>
void gather_ragged(const Communicator& comm, const In& values, Out& all, int root = 0) {
  const Waiting waiting("gather_ragged");
  check_collective(comm, call_of<BufferValue<In>>("gather_ragged").to(root));
  const std::size_t n_mine = detail::span_of(values).size();
  detail::PerRank<std::size_t> per_rank(static_cast<std::size_t>(comm.size()));
  const std::span<std::size_t> counts = per_rank.get();
  allgather(comm, std::span(&n_mine, 1), counts);
  gather_ragged(comm, values, all, counts, root);
}

/// The same into new memory.
template <Buffer In>
[[nodiscard]] std::vector<BufferValue<In>> gather_ragged(const Communicator& comm, const In& values,
                                                         int root = 0) {
  std::vector<BufferValue<In>> all;
  gather_ragged(comm, values, all, root);
  return all;
}

/// Collective, but returns at once: as gather_ragged with known counts, complete when the request is; neither buffer may
/// be touched before. `counts` are not needed any more.
template <LastingBuffer In, LastingOutputBuffer Out>
requires SameValues<In, Out>
[[nodiscard]] Request async_gather_ragged(const Communicator& comm, In&& values, Out&& all,
                                          std::span<const std::size_t> counts, int root = 0) {
  using T = BufferValue<Out>;
  check_collective(comm, call_of<T>("async_gather_ragged").to(root));
  const auto to = detail::room_for_if(comm.rank() == root, all, detail::total_of(comm, counts));
  expects(counts[static_cast<std::size_t>(comm.rank())] == detail::span_of(values).size(),
          "a rank's count is the number of values that it brings");
  std::vector<MPI_Request> parts;
  detail::start_gather<T>(comm.hidden(), detail::span_of(values), to, counts, root, parts);
  return {std::move(parts), Request::Buffer::is_written};
}

}  // namespace serried::mpi
