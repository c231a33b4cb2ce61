/// Eigen's dense types in collectives: matrices, arrays, vectors, maps and single columns in place, elementwise.
///
///     Eigen::MatrixXd a(100, 20);
///     broadcast(world, a);                                       // same size everywhere
///     broadcast_resized(world, a, root);                         // takes the root's size
///     allreduce(world, a, any_order(std::plus<>{}));             // also max, std::plus<> of integers …
///     allreduce(world, a.topRows(10), max);                      // a block with gaps: through a copy
///     gather(world, a.row(0), rows);                             // rows: std::vector<double> or a matrix
///
/// What lies contiguously is a Buffer, of its coefficients in the order in which they are stored, so that every
/// collective and async_x takes it. The ranks must agree on that order, which is part of the type. What has gaps, or has to be
/// computed first, is copied: the blocking collectives take it as input, and in place.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <Eigen/Core>

#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/exscan.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/reduce.hpp>
#include <serried/mpi/scan.hpp>
#include <serried/mpi/scatter.hpp>

namespace serried::mpi {

/// A dense Eigen expression of any kind.
template <class E>
concept EigenDense = std::is_base_of_v<Eigen::DenseBase<std::remove_cvref_t<E>>, std::remove_cvref_t<E>>;

namespace detail {

template <class E>
inline constexpr bool is_plain_map = false;
template <class Plain, int options>
inline constexpr bool is_plain_map<Eigen::Map<Plain, options, Eigen::Stride<0, 0>>> = true;

// Known from the type alone to lie in memory without gaps.
template <class E>
constexpr bool has_no_gaps() {
  if constexpr (std::is_base_of_v<Eigen::PlainObjectBase<E>, E> || is_plain_map<E>) {
    return true;
  } else if constexpr ((E::Flags & Eigen::DirectAccessBit) != 0) {
    return E::IsVectorAtCompileTime && E::InnerStrideAtCompileTime == 1;
  } else {
    return false;
  }
}

template <class E>
requires EigenDense<E> &&(has_no_gaps<std::remove_cv_t<E>>()) struct BufferAccess<E> {
  using Value = typename std::remove_cv_t<E>::Scalar;
  static auto* data(E& matrix) { return matrix.data(); }
  static std::size_t size(E& matrix) { return static_cast<std::size_t>(matrix.size()); }
};

}  // namespace detail

/// An expression that has to be copied to be sent.
template <class E>
concept EigenExpression = EigenDense<E> && !Buffer<E>;

/// One with places of its own that can be written to, such as a block of a matrix.
template <class E>
concept EigenBlock = EigenExpression<E> && !std::is_const_v<std::remove_reference_t<E>> &&
                     (std::remove_cvref_t<E>::Flags & Eigen::LvalueBit) != 0;

namespace detail {

// Lets `work` have the coefficients in contiguous memory, and takes back what it makes of them.
template <EigenBlock E, class Work>
void through_copy(E&& block, Work work) {
  typename std::remove_cvref_t<E>::PlainObject copy = block;
  work(copy);
  block = copy;
}

}  // namespace detail

/// Collective: as broadcast, but the other ranks' matrices first take the size of the root's.
template <class Plain>
requires std::is_base_of_v<Eigen::PlainObjectBase<Plain>, Plain>
void broadcast_resized(const Communicator& comm, Plain& matrix, int root = 0) {
  const Waiting waiting("broadcast_resized");
  check_collective(comm, call_of<Plain>("broadcast_resized").from(root));
  const auto size = broadcast_value(
      comm, std::array<std::int64_t, 2>{std::int64_t{matrix.rows()}, std::int64_t{matrix.cols()}}, root);
  matrix.resize(static_cast<Eigen::Index>(size[0]), static_cast<Eigen::Index>(size[1]));
  broadcast(comm, matrix, root);
}

// The collectives of the same names (see their headers), through a copy.

template <EigenBlock E>
void broadcast(const Communicator& comm, E&& block, int root = 0) {
  detail::through_copy(block, [&](auto& copy) { broadcast(comm, copy, root); });
}

template <EigenBlock E, class Op>
void reduce(const Communicator& comm, E&& block, Op op, int root = 0) {
  detail::through_copy(block, [&](auto& copy) { reduce(comm, copy, op, root); });
}

template <EigenBlock E, class Op>
void allreduce(const Communicator& comm, E&& block, Op op) {
  detail::through_copy(block, [&](auto& copy) { allreduce(comm, copy, op); });
}

template <EigenBlock E, class Op>
void scan(const Communicator& comm, E&& block, Op op) {
  detail::through_copy(block, [&](auto& copy) { scan(comm, copy, op); });
}

template <EigenBlock E, class Op>
void exscan(const Communicator& comm, E&& block, Op op) {
  detail::through_copy(block, [&](auto& copy) { exscan(comm, copy, op); });
}

template <EigenExpression In, OutputBuffer Out>
void gather(const Communicator& comm, const In& values, Out&& all, int root = 0) {
  gather(comm, values.eval(), all, root);
}

template <EigenExpression In, ResizableBuffer Out>
void gather_ragged(const Communicator& comm, const In& values, Out& all, int root = 0) {
  gather_ragged(comm, values.eval(), all, root);
}

template <EigenExpression In, OutputBuffer Out>
void allgather(const Communicator& comm, const In& values, Out&& all) {
  allgather(comm, values.eval(), all);
}

template <EigenExpression In, ResizableBuffer Out>
void allgather_ragged(const Communicator& comm, const In& values, Out& all) {
  allgather_ragged(comm, values.eval(), all);
}

template <EigenExpression In, OutputBuffer Out>
void alltoall(const Communicator& comm, const In& values, Out&& received) {
  alltoall(comm, values.eval(), received);
}

template <Buffer In, EigenBlock E>
void scatter(const Communicator& comm, const In& all, E&& mine, int root = 0) {
  detail::through_copy(mine, [&](auto& copy) { scatter(comm, all, copy, root); });
}

}  // namespace serried::mpi
