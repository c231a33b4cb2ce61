/// A `main` that ends well: one clear line when something goes wrong, one exit code on all ranks, no hang.
///
///     int main(int argc, char** argv) {
///       return serried::run_main("myapp", argc, argv, [&](serried::Environment& mpi) {
///         work(mpi.world());
///       });
///     }
///
///     serried-myapp: rank 3: data.txt, byte 4096: cannot read: Input/output error
#pragma once

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <serried/base/exit_code.hpp>
#include <serried/mpi/environment.hpp>

namespace serried {

namespace detail {
int run_main(std::string_view app, int argc, char** argv, const std::function<ExitCode(Environment&)>& body);
}  // namespace detail

/// Starts MPI, calls `body(Environment&)` (which returns nothing or an ExitCode) on every rank, and returns
/// the exit code to return from main, the same on all ranks.
///
/// If `body` throws on all ranks, the lowest rank's message is printed, once, as `serried-APP: rank R:
/// MESSAGE` on its stderr. If it throws on some while the others work on, a failing rank waits two seconds
/// for them to fail too, prints its message, and ends the whole job with MPI_Abort, so that nobody waits for
/// it for ever. mpirun adds a paragraph of its own to any job that does not end with 0.
template <class Body>
int run_main(std::string_view app, int argc, char** argv, Body&& body) {
  return detail::run_main(app, argc, argv, [&](Environment& environment) {
    if constexpr (std::is_void_v<std::invoke_result_t<Body, Environment&>>) {
      std::forward<Body>(body)(environment);
      return ExitCode::done;
    } else {
      return std::forward<Body>(body)(environment);
    }
  });
}

}  // namespace serried
