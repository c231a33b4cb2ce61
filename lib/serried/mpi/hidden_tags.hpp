/// The tags of the messages on a hidden communicator (Communicator::hidden), which several parts of this
/// module share.
#pragma once

#include <cstdint>

namespace serried::mpi::hidden_tags {

/// Of the blocking collectives of objects (serialize.hpp).
inline constexpr int object = 0;

/// Of the non-blocking ones, whose headers and objects travel apart: operations that many apart have the same tags. MPI
/// grants none above 32767.
inline constexpr int n_operations = 15'000;
[[nodiscard]] constexpr int of_header(std::uint64_t operation) noexcept {
  return object + 1 + static_cast<int>(operation % n_operations);
}
[[nodiscard]] constexpr int of_object(std::uint64_t operation) noexcept {
  return of_header(operation) + n_operations;
}

/// Of barrier_for: its rounds, and what its ranks ask and tell each other (roll_call.hpp).
inline constexpr int barrier_round = object + 2 * n_operations + 1;
inline constexpr int roll_call = barrier_round + 1;
static_assert(roll_call <= 32767);

}  // namespace serried::mpi::hidden_tags
