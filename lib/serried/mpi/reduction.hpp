/// The operations that combine values of several ranks, named as the standard library names them.
///
///     allreduce(world, n_words, std::plus<>{});   // also mpi::min, mpi::max, std::logical_or<>,
///     std::bit_or<>, …
#pragma once

#include <mpi.h>

#include <algorithm>
#include <concepts>
#include <functional>
#include <type_traits>

namespace serried::mpi {

/// Function objects for the smaller and the larger of two values, as std::plus is for their sum.
struct Min {
  template <class T>
  constexpr T operator()(const T& a, const T& b) const {
    return std::min(a, b);
  }
};
struct Max {
  template <class T>
  constexpr T operator()(const T& a, const T& b) const {
    return std::max(a, b);
  }
};
inline constexpr Min min;
inline constexpr Max max;

namespace detail {

template <class Op>
struct BuiltinOperation;  // no member for operations that MPI does not know

template <class T>
struct BuiltinOperation<std::plus<T>> {
  static MPI_Op get() { return MPI_SUM; }
};
template <>
struct BuiltinOperation<Min> {
  static MPI_Op get() { return MPI_MIN; }
};
template <>
struct BuiltinOperation<Max> {
  static MPI_Op get() { return MPI_MAX; }
};
template <class T>
struct BuiltinOperation<std::logical_or<T>> {
  static MPI_Op get() { return MPI_LOR; }
};
template <class T>
struct BuiltinOperation<std::logical_and<T>> {
  static MPI_Op get() { return MPI_LAND; }
};

template <class Op>
inline constexpr bool is_sum = false;
template <class T>
inline constexpr bool is_sum<std::plus<T>> = true;

}  // namespace detail

/// An operation whose result over ranks does not depend on the order: the bits are the same for any number of
/// ranks. A floating-point sum is not one (it rounds differently in another order), so it does not compile.
template <class Op, class T>
concept Reduction = std::is_arithmetic_v<T> && requires {
  detail::BuiltinOperation<Op>::get();
} && !(std::floating_point<T> && detail::is_sum<Op>);

}  // namespace serried::mpi
