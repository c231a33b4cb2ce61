/// What the ranks up to and including this one add up to.
///
///     scan(world, counts, std::plus<>{});                                 // elementwise, in place
///     const std::uint64_t end = scan_value(world, n_bytes, std::plus<>{});
///     Request request = async_scan(world, counts, std::plus<>{});         // … request.wait();
#pragma once

#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/reduce_pieces.hpp>
#include <serried/mpi/reduction.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

namespace detail {

template <class T, class Op>
void scan_pieces(const Communicator& comm, const T* from, T* to, std::size_t n_values, const Op& op) {
  reduce_pieces(from, to, n_values, op, "MPI_Scan",
                [&](auto... arguments) { return MPI_Scan(arguments..., comm.get()); });
}

}  // namespace detail

/// Collective, in place, elementwise: afterwards `values[i]` is `op` over the values[i] of ranks 0 … this rank, in that
/// order. The length must be the same on all ranks; beyond 2^31 works. Throws serried::Error if MPI fails.
template <OutputBuffer R, class Op>
void scan(const Communicator& comm, R&& values, Op op) {
  using T = BufferValue<R>;
  detail::expect_reduction<Op, T>();
  const Waiting waiting("scan");
  const auto span = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("scan", span.size()));
  detail::scan_pieces(comm, detail::in_place<T>(), span.data(), span.size(), op);
}

/// The same into `result`, whose memory is used again: a std::vector takes the length, anything else must have it. It
/// must not overlap `values`, which stay as they are.
template <Buffer In, OutputBuffer Out, class Op>
requires SameValues<In, Out>
void scan(const Communicator& comm, const In& values, Out&& result, Op op) {
  using T = BufferValue<Out>;
  detail::expect_reduction<Op, T>();
  const Waiting waiting("scan");
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("scan", from.size()));
  const auto to = detail::room_for(result, from.size());
  detail::scan_pieces<T>(comm, from.data(), to.data(), from.size(), op);
}

/// Collective: `op` over the values of ranks 0 … this rank, in that order.
template <Transferable T, class Op>
[[nodiscard]] T scan_value(const Communicator& comm, T value, Op op) {
  scan(comm, std::span<T>(&value, 1), op);
  return value;
}

/// Collective, in place, but returns at once: `values` are combined when the request is complete and must not be touched
/// before. `op` must be a function object without data, for it is called until then.
template <LastingOutputBuffer R, class Op>
[[nodiscard]] Request async_scan(const Communicator& comm, R&& values, Op /*op*/) {
  using T = BufferValue<R>;
  detail::expect_async_reduction<Op, T>();
  const auto span = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("async_scan", span.size()));
  return detail::async_reduce_pieces<Op>(
      detail::in_place<T>(), span.data(), span.size(), "MPI_Iscan",
      [&](auto in, auto out, int count, MPI_Datatype type, MPI_Op mpi_op, MPI_Request* request) {
        return MPI_Iscan(in, out, count, type, mpi_op, comm.get(), request);
      });
}

}  // namespace serried::mpi
