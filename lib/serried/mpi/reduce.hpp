/// Values of all ranks combined, the result on one rank.
///
///     reduce(world, counts, std::plus<>{});                              // to rank 0, elementwise, in place
///     const auto longest = reduce_value(world, n_bytes, max, root);      // meant for the root alone
///     Request request = async_reduce(world, counts, std::plus<>{});      // … request.wait();
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
void reduce_pieces_to(const Communicator& comm, int root, const T* from, T* to, std::size_t n_values,
                      const Op& op) {
  reduce_pieces(from, to, n_values, op, "MPI_Reduce",
                [&](auto... arguments) { return MPI_Reduce(arguments..., root, comm.get()); });
}

}  // namespace detail

/// Collective, in place, elementwise: afterwards the root's `values[i]` is `op` over all ranks' values[i], in rank
/// order; elsewhere they stay as they are. The length must be the same on all ranks; beyond 2^31 works. The same bits for
/// any number of ranks and any root (see Reduction). Throws serried::Error if MPI fails.
template <OutputBuffer R, class Op>
void reduce(const Communicator& comm, R&& values, Op op, int root = 0) {
  using T = BufferValue<R>;
  detail::expect_reduction<Op, T>();
  const Waiting waiting("reduce");
  const auto span = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("reduce", span.size()).to(root));
  const T* from = comm.rank() == root ? detail::in_place<T>() : span.data();
  detail::reduce_pieces_to(comm, root, from, span.data(), span.size(), op);
}

/// The same into the root's `result`, whose memory is used again: a std::vector takes the length (elsewhere none),
/// anything else must have it. It must not overlap `values`, which stay as they are.
template <Buffer In, OutputBuffer Out, class Op>
requires SameValues<In, Out>
void reduce(const Communicator& comm, const In& values, Out&& result, Op op, int root = 0) {
  using T = BufferValue<Out>;
  detail::expect_reduction<Op, T>();
  const Waiting waiting("reduce");
  const auto from = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("reduce", from.size()).to(root));
  const auto to = detail::room_for_if(comm.rank() == root, result, from.size());
  detail::reduce_pieces_to<T>(comm, root, from.data(), to.data(), from.size(), op);
}

/// Collective: on the root `op` over all ranks' `value`; elsewhere `value` itself.
template <Transferable T, class Op>
[[nodiscard]] T reduce_value(const Communicator& comm, T value, Op op, int root = 0) {
  reduce(comm, std::span<T>(&value, 1), op, root);
  return value;
}

/// Collective, in place, but returns at once: the root's `values` are combined when the request is complete; no rank's may
/// be touched before. `op` must be a function object without data, for it is called until then.
template <LastingOutputBuffer R, class Op>
[[nodiscard]] Request async_reduce(const Communicator& comm, R&& values, Op /*op*/, int root = 0) {
  using T = BufferValue<R>;
  detail::expect_async_reduction<Op, T>();
  const auto span = detail::span_of(values);
  check_collective(comm, call_of<T, Op>("async_reduce", span.size()).to(root));
  const T* from = comm.rank() == root ? detail::in_place<T>() : span.data();
  return detail::async_reduce_pieces<Op>(
      from, span.data(), span.size(), "MPI_Ireduce",
      [&](auto in, auto out, int count, MPI_Datatype type, MPI_Op mpi_op, MPI_Request* request) {
        return MPI_Ireduce(in, out, count, type, mpi_op, root, comm.get(), request);
      });
}

}  // namespace serried::mpi
