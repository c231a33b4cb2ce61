/// The operations that combine values of several ranks, named as the standard library names them.
///
///     allreduce(world, n_words, std::plus<>{});   // also mpi::min, mpi::max, std::bit_or<> …
#pragma once

#include <mpi.h>

#include <compare>
#include <concepts>
#include <functional>
#include <type_traits>

#include <serried/mpi/datatype.hpp>

namespace serried::mpi {

/// a < b, made a total order for floating point: -0.0 before 0.0, NaN at the ends (IEEE 754 totalOrder). What is ordered
/// by it does not depend on where it came from.
template <class T>
[[nodiscard]] constexpr bool total_less(const T& a, const T& b) {
  if constexpr (std::floating_point<T>) {
    return std::is_lt(std::strong_order(a, b));
  } else {
    return a < b;
  }
}

/// Function objects for the smaller and the larger of two values, as std::plus is for their sum.
struct Min {
  template <class T>
  constexpr T operator()(const T& a, const T& b) const {
    return total_less(b, a) ? b : a;
  }
};
struct Max {
  template <class T>
  constexpr T operator()(const T& a, const T& b) const {
    return total_less(a, b) ? b : a;
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

template <class T>
struct BuiltinOperation<std::bit_or<T>> {
  static MPI_Op get() { return MPI_BOR; }
};
template <class T>
struct BuiltinOperation<std::bit_and<T>> {
  static MPI_Op get() { return MPI_BAND; }
};
template <class T>
struct BuiltinOperation<std::bit_xor<T>> {
  static MPI_Op get() { return MPI_BXOR; }
};

// The types of which an operation is a Reduction: those of which MPI knows it, and on which it gives the same
// bits in any order and for one rank as for many.
template <class Op, class T>
inline constexpr bool suits = std::integral<T>&& Number<T> && !std::same_as<T, bool>;
template <class T>
inline constexpr bool suits<Min, T> = Number<T>;
template <class T>
inline constexpr bool suits<Max, T> = Number<T>;
template <class U, class T>
inline constexpr bool suits<std::logical_or<U>, T> = std::same_as<T, bool>;
template <class U, class T>
inline constexpr bool suits<std::logical_and<U>, T> = std::same_as<T, bool>;

}  // namespace detail

/// An operation whose result over ranks does not depend on the order: the bits are the same for any number of
/// ranks. A floating-point sum is not one (it rounds differently in another order), so it does not compile.
/// Sums and bits are for integers, logic is for bool (of other numbers one rank would keep its 4, two would
/// say 1), min and max are for all numbers (of floating point, without NaN and zeros of both signs).
template <class Op, class T>
concept Reduction = detail::suits<Op, T> && requires {
  detail::BuiltinOperation<Op>::get();
};

}  // namespace serried::mpi
