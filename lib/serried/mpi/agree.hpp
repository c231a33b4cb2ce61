/// One rank's failure becomes everybody's, so that nobody waits for ever for a rank that gave up.
///
///     const Index index = together(world, [&] { return read_index(path); });   // throws on all ranks or on
///     none
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <serried/base/error.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mpi {

/// Collective. If any rank passes an error, every rank throws that of the lowest such rank, the same bytes
/// everywhere.
void agree(const Communicator& comm, const std::optional<Error>& mine);

/// Collective. Calls `work` on every rank, which must not communicate; if it throws on any, all throw as in
/// `agree`.
template <class Work>
auto together(const Communicator& comm, Work&& work) -> std::invoke_result_t<Work> {
  using Result = std::invoke_result_t<Work>;
  std::optional<Error> failure;
  if constexpr (std::is_void_v<Result>) {
    try {
      std::forward<Work>(work)();
    } catch (...) {
      failure = as_error(std::current_exception());
    }
    agree(comm, failure);
  } else {
    std::optional<Result> result;
    try {
      result.emplace(std::forward<Work>(work)());
    } catch (...) {
      failure = as_error(std::current_exception());
    }
    agree(comm, failure);
    return *std::move(result);
  }
}

/// Collective. Only the root calls `work`, which must not communicate; if it throws, all ranks throw.
template <class Work>
void on_root(const Communicator& comm, Work&& work) {
  together(comm, [&] {
    if (comm.is_root()) {
      std::forward<Work>(work)();
    }
  });
}

}  // namespace serried::mpi
