/// What the ranks before this one add up to: where a rank's part of a shared output begins.
///
///     const std::uint64_t offset = exscan_value(world, n_bytes, std::plus<>{});
///     exscan(world, counts, std::plus<>{});                               // elementwise, in place
///     Request request = async_exscan(world, counts, before, std::plus<>{});   // … request.wait();
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

// MPI leaves rank 0's result undefined.
template <class T>
void clear_on_rank_0(const Communicator& comm, std::span<T> values) {
  if (comm.rank() == 0) {
    for (T& value : values) {
      value = T{};
    }
  }
}

template <class T, class Op>
void exscan_pieces(const Communicator& comm, const T* from, std::span<T> to, const Op& op) {
  reduce_pieces(from, to.data(), to.size(), op, "MPI_Exscan",
                [&](auto... arguments) { return MPI_Exscan(arguments..., comm.get()); });
  clear_on_rank_0(comm, to);
}

}  // namespace detail

/// Collective, in place, elementwise: afterwards `values[i]` is `op` over the values[i] of the ranks before this one, in
/// rank order; `T{}` on rank 0. The length must be the same on all ranks; beyond 2^31 works. Throws serried::Error if
/// MPI fails.
template <OutputBuffer R, class Op>
void exscan(const Communicator& comm, R&& values, Op op) {
  using T = BufferValue<R>;
  detail::expect_reduction<Op, T>();
  const Waiting waiting("exscan");
  const auto span = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("exscan", span.size()));
  detail::exscan_pieces(comm, detail::in_place<T>(), span, op);
}

/// The same into `result`, whose memory is used again: a std::vector takes the length, anything else must have it. It
/// must not overlap `values`, which stay as they are.
template <Buffer In, OutputBuffer Out, class Op>
requires SameValues<In, Out>
void exscan(const Communicator& comm, const In& values, Out&& result, Op op) {
  using T = BufferValue<Out>;
  detail::expect_reduction<Op, T>();
  const Waiting waiting("exscan");
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("exscan", from.size()));
  detail::exscan_pieces<T>(comm, from.data(), detail::room_for(result, from.size()), op);
}

/// Collective: `op` over the values of ranks 0 … rank - 1, in that order; `T{}` on rank 0.
template <Transferable T, class Op>
[[nodiscard]] T exscan_value(const Communicator& comm, T value, Op op) {
  exscan(comm, std::span<T>(&value, 1), op);
  return value;
}

/// Collective, into `before`, but returns at once: complete when the request is; neither buffer may be touched before.
/// Rank 0's `before` is all `T{}`. `op` must be a function object without data, for it is called until then.
template <LastingBuffer In, LastingOutputBuffer Out, class Op>
requires SameValues<In, Out>
[[nodiscard]] Request async_exscan(const Communicator& comm, In&& values, Out&& before, Op /*op*/) {
  using T = BufferValue<Out>;
  detail::expect_async_reduction<Op, T>();
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("async_exscan", from.size()));
  const auto to = detail::room_for(before, from.size());
  // MPI does not write to rank 0's.
  detail::clear_on_rank_0(comm, to);
  return detail::async_reduce_pieces<Op>(
      static_cast<const T*>(from.data()), to.data(), to.size(), "MPI_Iexscan",
      [&](auto in, auto out, int count, MPI_Datatype type, MPI_Op mpi_op, MPI_Request* request) {
        return MPI_Iexscan(in, out, count, type, mpi_op, comm.get(), request);
      });
}

}  // namespace serried::mpi
