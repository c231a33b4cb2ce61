/// Finds ranks that call different collectives, or the same one with different types, lengths, roots or operations, and
/// says so instead of hanging or mixing up bytes:
///
///     rank 0 calls allreduce of 3 double, rank 1 calls broadcast of 4 int from root 0
///
/// On with the CMake option SERRIED_CHECK_COLLECTIVES (preset dev): then every collective, the non-blocking ones too,
/// first compares what the ranks are about to do, which is one more allreduce of 16 bytes, and blocks for it. Off, it
/// costs nothing.
#pragma once

#include <cstddef>
#include <type_traits>

#include <serried/mpi/communicator.hpp>

namespace serried::mpi {

#ifdef SERRIED_CHECK_COLLECTIVES
inline constexpr bool checks_collectives = true;
#else
inline constexpr bool checks_collectives = false;
#endif

/// What must be the same on every rank. What an operation has not, or what may differ, is left out.
struct CollectiveCall {
  static constexpr std::size_t any_count = ~std::size_t{0};
  static constexpr int no_root = -1;

  const char* name = "";             ///< of the function that the user calls
  const char* type = "";             ///< by detail::type_in_words
  std::size_t n_values = any_count;  ///< where all ranks bring as many
  int from_root = no_root;
  int to_root = no_root;
  const char* operation = "";  ///< by detail::type_in_words

  [[nodiscard]] constexpr CollectiveCall from(int root) const {
    CollectiveCall call = *this;
    call.from_root = root;
    return call;
  }
  [[nodiscard]] constexpr CollectiveCall to(int root) const {
    CollectiveCall call = *this;
    call.to_root = root;
    return call;
  }
};

namespace detail {

// A text that holds the type's name, in the compiler's words; of nothing if the names are not needed.
template <class T>
constexpr const char* type_in_words() noexcept {
  return checks_collectives ? __PRETTY_FUNCTION__ : "";
}

template <class Op>
constexpr const char* operation_in_words() noexcept {
  if constexpr (std::is_void_v<Op>) {
    return "";
  } else {
    return type_in_words<Op>();
  }
}

}  // namespace detail

/// A call of function `name` with values of T, combined by Op if that is not void.
template <class T, class Op = void>
[[nodiscard]] constexpr CollectiveCall call_of(const char* name,
                                               std::size_t n_values = CollectiveCall::any_count) {
  return {.name = name,
          .type = detail::type_in_words<T>(),
          .n_values = n_values,
          .operation = detail::operation_in_words<Op>()};
}

/// Collective. Throws the same std::logic_error on all ranks unless all make the same `call`.
void expect_same_call(const Communicator& comm, const CollectiveCall& call);

/// The same, if the check is on.
inline void check_collective(const Communicator& comm, const CollectiveCall& call) {
  if constexpr (checks_collectives) {
    expect_same_call(comm, call);
  }
}

}  // namespace serried::mpi
