/// One rank's values to all.
///
///     broadcast(world, values);                // from rank 0, in place; same length everywhere
///     broadcast_resized(world, text, root);    // a std::string or std::vector that takes the root's length
///     Request request = async_broadcast(world, values);   // … request.wait();
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <serried/mpi/check_code.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

/// Collective. Afterwards every rank's `values` are the root's. The length must be the same on all ranks; beyond 2^31
/// works. Throws serried::Error if MPI fails.
template <OutputBuffer R>
void broadcast(const Communicator& comm, R&& values, int root = 0) {
  using T = BufferValue<R>;
  const Waiting waiting("broadcast");
  const auto span = detail::span_of(values);
  check_collective(comm, call_of<T>("broadcast", span.size()).from(root));
  const WireType wire = wire_type<T>();
  detail::for_each_piece<T>(span.size(), [&](std::size_t offset, std::size_t n) {
    check(MPI_Bcast(span.data() + offset, static_cast<int>(n * wire.units), wire.type, root, comm.get()),
          "MPI_Bcast");
  });
}

/// Collective. The root's `value` on every rank.
template <Transferable T>
[[nodiscard]] T broadcast_value(const Communicator& comm, T value, int root = 0) {
  broadcast(comm, std::span<T>(&value, 1), root);
  return value;
}

/// Collective. As broadcast, but the other ranks' containers are first resized to the root's length.
template <ResizableBuffer Container>
void broadcast_resized(const Communicator& comm, Container& values, int root = 0) {
  const Waiting waiting("broadcast_resized");
  check_collective(comm, call_of<BufferValue<Container>>("broadcast_resized").from(root));
  const auto size = broadcast_value(comm, static_cast<std::uint64_t>(values.size()), root);
  values.resize(size);
  broadcast(comm, values, root);
}

/// Collective, but returns at once: as broadcast, complete when the request is; `values` must not be touched before.
template <LastingOutputBuffer R>
[[nodiscard]] Request async_broadcast(const Communicator& comm, R&& values, int root = 0) {
  using T = BufferValue<R>;
  const auto span = detail::span_of(values);
  check_collective(comm, call_of<T>("async_broadcast", span.size()).from(root));
  const WireType wire = wire_type<T>();
  std::vector<MPI_Request> parts;
  detail::for_each_piece<T>(span.size(), [&](std::size_t offset, std::size_t n) {
    check(MPI_Ibcast(span.data() + offset, static_cast<int>(n * wire.units), wire.type, root, comm.get(),
                     &parts.emplace_back(MPI_REQUEST_NULL)),
          "MPI_Ibcast");
  });
  return {std::move(parts), Request::Buffer::is_written};
}

}  // namespace serried::mpi
