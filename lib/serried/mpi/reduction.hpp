/// The operations that combine values of several ranks: those of the standard library by their names, and any function
/// of two values that is associative.
///
///     allreduce(world, counts, std::plus<>{});                              // also min, max, std::bit_or<> …
///     allreduce_value(world, Located{energy, world.rank()}, minloc);        // the smallest, and where it was
///     allreduce_value(world, matrix, [](const M& a, const M& b) { return a * b; });   // in rank order
///     allreduce(world, forces, any_order(std::plus<>{}));                   // floating point: read below
///
/// The result is the same for any number of ranks, to the bit, and so a plain sum of floating-point numbers does not
/// compile: it rounds differently in another order. Who says `any_order` accepts that the last bits then depend on the
/// number of ranks; those of allreduce_exact and allreduce_reproducible do not.
#pragma once

#include <mpi.h>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
// std::plus and its like: what libstdc++ keeps them in compiles in a tenth of the time of <functional>.
#if __has_include(<bits/stl_function.h>)
#include <bits/stl_function.h>
#else
#include <functional>
#endif

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
  requires requires(const T& a) { a < a; }
  constexpr T operator()(const T& a, const T& b) const { return total_less(b, a) ? b : a; }
};
struct Max {
  template <class T>
  requires requires(const T& a) { a < a; }
  constexpr T operator()(const T& a, const T& b) const { return total_less(a, b) ? b : a; }
};
inline constexpr Min min;
inline constexpr Max max;

/// A value and where it was found: the rank, or an index.
template <class T>
struct Located {
  T value{};
  std::int64_t at = 0;
  friend constexpr bool operator==(const Located&, const Located&) = default;
};
template <class T, class I>
Located(T, I) -> Located<T>;

/// The smaller or larger of two located values; of equal ones that with the lower place.
struct Minloc {
  template <class T>
  constexpr Located<T> operator()(const Located<T>& a, const Located<T>& b) const {
    return total_less(b.value, a.value) || (!total_less(a.value, b.value) && b.at < a.at) ? b : a;
  }
};
struct Maxloc {
  template <class T>
  constexpr Located<T> operator()(const Located<T>& a, const Located<T>& b) const {
    return total_less(a.value, b.value) || (!total_less(b.value, a.value) && b.at < a.at) ? b : a;
  }
};
inline constexpr Minloc minloc;
inline constexpr Maxloc maxloc;

/// An operation of which the user accepts the result in any order: made by any_order.
template <class Op>
struct AnyOrder {
  Op op;
  template <class T>
  constexpr auto operator()(const T& a, const T& b) const -> decltype(op(a, b)) {
    return op(a, b);
  }
};

/// `op`, in whatever order and grouping is fastest. Of floating-point numbers the last bits then depend on the number of
/// ranks and on MPI's choice of algorithm; allreduce_exact and allreduce_reproducible give the same bits for any number.
template <class Op>
[[nodiscard]] constexpr AnyOrder<Op> any_order(Op op) {
  return {op};
}

namespace detail {

enum class Kind {
  function,  // MPI does not know it: it calls back
  sum,
  product,
  min,
  max,
  logical_or,
  logical_and,
  bit_or,
  bit_and,
  bit_xor,
  not_associative,
};

template <class Op>
inline constexpr Kind kind_of = Kind::function;
template <class T>
inline constexpr Kind kind_of<std::plus<T>> = Kind::sum;
template <class T>
inline constexpr Kind kind_of<std::multiplies<T>> = Kind::product;
template <>
inline constexpr Kind kind_of<Min> = Kind::min;
template <>
inline constexpr Kind kind_of<Max> = Kind::max;
template <class T>
inline constexpr Kind kind_of<std::logical_or<T>> = Kind::logical_or;
template <class T>
inline constexpr Kind kind_of<std::logical_and<T>> = Kind::logical_and;
template <class T>
inline constexpr Kind kind_of<std::bit_or<T>> = Kind::bit_or;
template <class T>
inline constexpr Kind kind_of<std::bit_and<T>> = Kind::bit_and;
template <class T>
inline constexpr Kind kind_of<std::bit_xor<T>> = Kind::bit_xor;
template <class T>
inline constexpr Kind kind_of<std::minus<T>> = Kind::not_associative;
template <class T>
inline constexpr Kind kind_of<std::divides<T>> = Kind::not_associative;
template <class T>
inline constexpr Kind kind_of<std::modulus<T>> = Kind::not_associative;
template <class Op>
inline constexpr Kind kind_of<AnyOrder<Op>> = kind_of<Op>;

template <class Op>
inline constexpr bool is_any_order = false;
template <class Op>
inline constexpr bool is_any_order<AnyOrder<Op>> = true;

constexpr bool is_arithmetic(Kind kind) { return kind == Kind::sum || kind == Kind::product; }
constexpr bool is_logical(Kind kind) { return kind == Kind::logical_or || kind == Kind::logical_and; }

// Rounds after each step, so that the order shows in the result.
template <class Op, class T>
inline constexpr bool rounds = is_arithmetic(kind_of<Op>) && (std::floating_point<T> || Complex<T>);

// On which types the operation means the same for one rank as for many: 1 + 1 is no bool; logic would keep the 4 of one
// rank and make a 1 of it on two.
template <class Op, class T>
inline constexpr bool suits =
    kind_of<Op> != Kind::not_associative && !(is_arithmetic(kind_of<Op>) && std::same_as<T, bool>)&&!(
                                                is_logical(kind_of<Op>) && !std::same_as<T, bool>);

// Min and Max order all floating-point numbers; MPI's own give what the order makes of a NaN and of zeros of both signs.
template <class Op, class T>
inline constexpr bool is_total = std::floating_point<T> &&
                                 (kind_of<Op> == Kind::min || kind_of<Op> == Kind::max);

// MPI has the operation itself. (A complex sum is that of twice as many numbers.)
template <class Op, class T>
inline constexpr bool is_builtin = kind_of<Op> != Kind::function && !is_total<Op, T> &&
                                   (Number<T> || (Complex<T> && kind_of<Op> == Kind::sum));

template <class Op, class T>
concept Combines = std::copy_constructible<T> && std::is_copy_assignable_v<T> &&
    requires(const Op& op, const T& a) {
  static_cast<T>(op(a, a));
};

}  // namespace detail

/// An operation on values of T whose result over ranks is the same for any number of ranks: it must be associative, to
/// the bit. Ranks are combined in rank order, so it need not be commutative. Sums, products and bits of integers; logic
/// of bool; min and max of all numbers (of floating point in IEEE 754's total order, see total_less); minloc and maxloc; any
/// function object `T op(const T&, const T&)` that neither throws nor communicates. Sums and products of floating-point or
/// complex numbers only in any_order.
template <class Op, class T>
concept Reduction = Transferable<T> && detail::Combines<Op, T> && detail::suits<Op, T> &&
    (detail::is_any_order<Op> || !detail::rounds<Op, T>);

namespace detail {

template <class Op, class T>
constexpr void expect_reduction() {
  static_assert(
      is_any_order<Op> || !rounds<Op, T>,
      "the last bits of a sum or product of floating-point numbers depend on the number of ranks: say "
      "any_order(op) to accept that, or use allreduce_exact or allreduce_reproducible");
  static_assert(suits<Op, T>,
                "minus, divides and modulus are not associative; plus and multiplies are not for bool, "
                "logical_and and logical_or for nothing else");
  static_assert(Transferable<T> && Combines<Op, T>,
                "the operation must be callable as `T op(const T&, const T&)`, and T trivially copyable");
}

// Can be made anew in MPI's callback, which is given no object.
template <class Op>
inline constexpr bool is_stateless = std::is_empty_v<Op>&& std::is_default_constructible_v<Op>;
template <class Op>
inline constexpr bool is_stateless<AnyOrder<Op>> = is_stateless<Op>;

template <class Op, class T>
constexpr void expect_async_reduction() {
  expect_reduction<Op, T>();
  static_assert(
      is_builtin<Op, T> || is_stateless<Op>,
      "MPI calls the operation when this function has long returned: it must have no data of its own");
}

// Local: new objects of MPI's, never freed, one for each type that is reduced.
MPI_Op make_operation(MPI_User_function* function, bool is_commutative);
MPI_Datatype make_element_type(std::size_t n_bytes);

inline MPI_Op builtin_operation(Kind kind) noexcept {
  switch (kind) {
    case Kind::sum:
      return MPI_SUM;
    case Kind::product:
      return MPI_PROD;
    case Kind::min:
      return MPI_MIN;
    case Kind::max:
      return MPI_MAX;
    case Kind::logical_or:
      return MPI_LOR;
    case Kind::logical_and:
      return MPI_LAND;
    case Kind::bit_or:
      return MPI_BOR;
    case Kind::bit_and:
      return MPI_BAND;
    case Kind::bit_xor:
      return MPI_BXOR;
    case Kind::function:
    case Kind::not_associative:
      break;
  }
  return MPI_OP_NULL;
}

// The object that the blocking call under way on this thread combines with.
template <class Op>
inline thread_local const Op* current_operation = nullptr;

template <class Op, class T>
void combine(void* lower_ranks, void* upper_ranks, int* n_values, MPI_Datatype* /*type*/) noexcept {
  static_assert(alignof(T) <= alignof(std::max_align_t), "MPI's own buffers are aligned for the usual types");
  const T* lower = static_cast<const T*>(lower_ranks);
  T* upper = static_cast<T*>(upper_ranks);
  const auto fold = [&](const Op& op) {
    for (int i = 0; i < *n_values; ++i) {
      upper[i] = static_cast<T>(op(lower[i], upper[i]));
    }
  };
  if constexpr (is_stateless<Op>) {
    fold(Op{});
  } else {
    fold(*current_operation<Op>);
  }
}

// What MPI is given to reduce values of T by Op; for the time of one blocking call.
template <class Op, class T>
class Operation {
 public:
  explicit Operation(const Op& op) noexcept {
    if constexpr (!is_builtin<Op, T> && !is_stateless<Op>) {
      current_operation<Op> = &op;
    }
  }

  [[nodiscard]] static MPI_Op get() {
    if constexpr (is_builtin<Op, T>) {
      return builtin_operation(kind_of<Op>);
    } else {
      static const MPI_Op made = make_operation(&combine<Op, T>, is_any_order<Op>);
      return made;
    }
  }
  [[nodiscard]] static MPI_Datatype type() {
    if constexpr (is_builtin<Op, T>) {
      return wire_type<T>().type;
    } else {
      static const MPI_Datatype made = make_element_type(sizeof(T));
      return made;
    }
  }
  [[nodiscard]] static int count(std::size_t n_values) noexcept {
    return static_cast<int>(is_builtin<Op, T> ? n_values * wire_units<T> : n_values);
  }
};

}  // namespace detail

}  // namespace serried::mpi
