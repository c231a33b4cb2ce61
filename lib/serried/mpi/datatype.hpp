/// How C++ types travel: numbers as MPI's own types, every other trivially copyable type as its bytes.
///
///     struct Particle { double x, y; int id; };              // a Transferable: its bytes are sent
///     std::vector<Particle> particles;                       // a Buffer: sent from where it lies
///
/// Bytes are faster than an MPI struct type (12.4 us against 16 us for 1000 padded structs) and need no
/// registration. Ranks of one job run the same binary on the same kind of machine, so the layouts agree. What is not
/// trivially copyable, such as a std::map, goes through serialize.hpp, Eigen's matrices through eigen.hpp.
#pragma once

#include <mpi.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <serried/base/self_contained.hpp>

namespace serried::mpi {

/// A type whose values can be sent as they lie in memory.
template <class T>
concept Transferable = SelfContained<T>;

/// A number that MPI knows as such. (__int128 is none: it travels as bytes.)
template <class T>
concept Number = std::floating_point<T> ||(std::integral<T> && sizeof(T) <= 8);

/// std::complex and its like: two floating-point numbers, the real part first. (By its shape: <complex> itself would take
/// longer to compile than all of this.)
template <class T>
concept Complex = SelfContained<T> && std::floating_point<typename T::value_type> &&
                      sizeof(T) == 2 * sizeof(typename T::value_type) &&
                  requires(const T z) {
  { z.real() } -> std::same_as<typename T::value_type>;
  { z.imag() } -> std::same_as<typename T::value_type>;
};

namespace detail {

template <class T>
MPI_Datatype builtin_datatype() noexcept {
  if constexpr (Complex<T>) {
    return builtin_datatype<typename T::value_type>();
  } else if constexpr (std::same_as<T, float>) {
    return MPI_FLOAT;
  } else if constexpr (std::same_as<T, double>) {
    return MPI_DOUBLE;
  } else if constexpr (std::same_as<T, long double>) {
    return MPI_LONG_DOUBLE;
  } else if constexpr (std::integral<T> && std::is_signed_v<T>) {
    return sizeof(T) == 1   ? MPI_INT8_T
           : sizeof(T) == 2 ? MPI_INT16_T
           : sizeof(T) == 4 ? MPI_INT32_T
                            : MPI_INT64_T;
  } else {
    static_assert(std::integral<T>);
    return sizeof(T) == 1   ? MPI_UINT8_T
           : sizeof(T) == 2 ? MPI_UINT16_T
           : sizeof(T) == 4 ? MPI_UINT32_T
                            : MPI_UINT64_T;
  }
}

template <class T>
inline constexpr std::size_t wire_units = Number<T>    ? 1
                                          : Complex<T> ? 2
                                                       : sizeof(T);

}  // namespace detail

/// One value of T is `units` elements of the MPI type `type`.
struct WireType {
  MPI_Datatype type = MPI_BYTE;
  std::size_t units = 1;
};

template <Transferable T>
[[nodiscard]] WireType wire_type() noexcept {
  if constexpr (Number<T> || Complex<T>) {
    return {detail::builtin_datatype<T>(), detail::wire_units<T>};
  } else {
    return {MPI_BYTE, sizeof(T)};
  }
}

/// MPI 3 counts in `int`: longer data travels in messages of at most so many wire units.
inline constexpr std::size_t max_units_per_message = std::size_t{1} << 30;

/// The most values of T that go into one message: at least 1.
template <Transferable T>
[[nodiscard]] constexpr std::size_t max_values_per_message() noexcept {
  static_assert(sizeof(T) <= max_units_per_message);
  return max_units_per_message / detail::wire_units<T>;
}

namespace detail {

// Where the values of a type lie; eigen.hpp adds Eigen's matrices.
template <class R>
struct BufferAccess {};

template <class R>
requires std::ranges::contiguous_range<R> && std::ranges::sized_range<R>
struct BufferAccess<R> {
  using Value = std::ranges::range_value_t<R>;
  static auto* data(R& range) { return std::ranges::data(range); }
  static std::size_t size(R& range) { return static_cast<std::size_t>(std::ranges::size(range)); }
};

template <class R>
using AccessTo = BufferAccess<std::remove_reference_t<R>>;

template <class R>
using DataOf = decltype(AccessTo<R>::data(std::declval<std::remove_reference_t<R>&>()));

}  // namespace detail

/// Contiguous memory of transferable values: std::vector, std::array, std::span, std::string, with eigen.hpp also
/// Eigen's matrices.
template <class R>
concept Buffer = requires {
  typename detail::AccessTo<R>::Value;
}
&&Transferable<std::remove_cv_t<typename detail::AccessTo<R>::Value>>;

/// A buffer that can be written to.
template <class R>
concept OutputBuffer = Buffer<R> && !std::is_const_v<std::remove_pointer_t<detail::DataOf<R>>>;

/// The type of a buffer's values.
template <Buffer R>
using BufferValue = std::remove_cv_t<typename detail::AccessTo<R>::Value>;

/// A buffer that is still there when the function that got it has returned, as an operation under way needs it: a
/// variable or a view, no temporary.
template <class R>
concept LastingBuffer = Buffer<R> &&(std::is_lvalue_reference_v<R> || std::ranges::borrowed_range<R>);
template <class R>
concept LastingOutputBuffer = LastingBuffer<R> && OutputBuffer<R>;

/// Two buffers of the same type of values.
template <class A, class B>
concept SameValues = Buffer<A> && Buffer<B> && std::same_as<BufferValue<A>, BufferValue<B>>;

/// A buffer that takes the length it needs: std::vector, std::string.
template <class R>
concept ResizableBuffer = OutputBuffer<R> && std::ranges::contiguous_range<R> && requires(R& values) {
  values.resize(std::size_t{1});
};

namespace detail {

/// The values of a buffer as a std::span.
template <Buffer R>
[[nodiscard]] auto span_of(R&& values) {
  using Element = std::remove_pointer_t<DataOf<R>>;
  return std::span<Element>(AccessTo<R>::data(values), AccessTo<R>::size(values));
}

// Throws std::logic_error unless they are equal.
void expect_room(std::size_t n_values, std::size_t n_arriving);

/// Room for `n_values`: what can be resized is, anything else must have that length.
template <OutputBuffer R>
[[nodiscard]] std::span<BufferValue<R>> room_for(R&& values, std::size_t n_values) {
  if constexpr (ResizableBuffer<R>) {
    values.resize(n_values);
  }
  const auto span = span_of(values);
  expect_room(span.size(), n_values);
  return span;
}

/// The same on the rank that has a result; elsewhere nothing, and what can be resized is emptied.
template <OutputBuffer R>
[[nodiscard]] std::span<BufferValue<R>> room_for_if(bool has_result, R&& values, std::size_t n_values) {
  if (has_result) {
    return room_for(values, n_values);
  }
  if constexpr (ResizableBuffer<R>) {
    values.resize(0);
  }
  return {};
}

/// Calls step(offset, n) for consecutive pieces of `n_values` values of T, each of which fits one message.
template <class T, class Step>
void for_each_piece(std::size_t n_values, Step step) {
  constexpr std::size_t most = max_values_per_message<T>();
  for (std::size_t done = 0; done < n_values;) {
    const std::size_t n = n_values - done < most ? n_values - done : most;
    step(done, n);
    done += n;
  }
}

}  // namespace detail

/// `n_values` values of T as MPI wants them: `count()` elements of `type()`. Beyond MPI's `int` that is one element
/// of a type made for it. Local; throws serried::Error if MPI fails.
class WireCount {
 public:
  WireCount(WireType wire, std::size_t n_values);
  template <Transferable T>
  [[nodiscard]] static WireCount of(std::size_t n_values) {
    return {wire_type<T>(), n_values};
  }
  WireCount(const WireCount&) = delete;
  WireCount& operator=(const WireCount&) = delete;
  // MPI keeps the type of an operation under way.
  ~WireCount() {
    if (is_made_) [[unlikely]] {
      MPI_Type_free(&type_);
    }
  }

  [[nodiscard]] int count() const noexcept { return count_; }
  [[nodiscard]] MPI_Datatype type() const noexcept { return type_; }

 private:
  void make_type(std::size_t n_units);

  MPI_Datatype type_;
  int count_ = 1;
  bool is_made_ = false;
};

inline WireCount::WireCount(WireType wire, std::size_t n_values) : type_(wire.type) {
  const std::size_t n_units = n_values * wire.units;
  if (n_units <= max_units_per_message) [[likely]] {
    count_ = static_cast<int>(n_units);
  } else {
    make_type(n_units);
  }
}

}  // namespace serried::mpi
