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

/// Move-only. A request that is destroyed before it is complete is a bug, except while an exception unwinds: then what
/// would write into a buffer is cancelled, or, if it is too late for that, waited for two seconds, after which the job is
/// ended. What only reads a buffer (a send) is left alone: at worst the other side gets rubbish from a job that failed.
class [[nodiscard]] Request {
 public:
  Request() = default;
  /// Whether MPI writes into the user's memory until the operation is complete.
  enum class Buffer : bool { is_read, is_written };
  Request(std::vector<MPI_Request> parts, Buffer buffer) : parts_(std::move(parts)), buffer_(buffer) {}
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
  Buffer buffer_ = Buffer::is_read;
};

}  // namespace serried::mpi
