/// An operation under way. Its buffers must neither move nor change until `wait` has returned.
///
///     Request request = async_send(world, values, 1);
///     …
///     request.wait();
#pragma once

#include <mpi.h>

#include <utility>
#include <vector>

namespace serried::mpi {

/// Move-only. A request that is destroyed before it is complete is a bug, except while an exception unwinds:
/// then its parts are cancelled and given back to MPI, which is local.
class [[nodiscard]] Request {
 public:
  Request() = default;
  explicit Request(std::vector<MPI_Request> parts) : parts_(std::move(parts)) {}
  Request(Request&& other) noexcept;
  Request& operator=(Request&& other) noexcept;
  ~Request();

  /// Local; returns when the operation is complete. A second call does nothing. Throws serried::Error if the
  /// operation failed, and there is nothing to wait for any more.
  void wait();
  /// Local; true if the operation is complete. Throws as wait does.
  [[nodiscard]] bool test();

 private:
  void give_up_parts() noexcept;

  std::vector<MPI_Request> parts_;
};

}  // namespace serried::mpi
