#include <cassert>
#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

#include <serried/base/scope_guard.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

Request::Request(Request&& other) noexcept
    : parts_(std::exchange(other.parts_, {})), buffer_(other.buffer_) {}

Request& Request::operator=(Request&& other) noexcept {
  std::swap(parts_, other.parts_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

Request::~Request() {
  if (parts_.empty() || !is_running()) {
    return;
  }
  assert(std::uncaught_exceptions() > 0 && "a Request was destroyed before wait()");
  give_up_parts();
}

// One by one: MPI_Waitall would only say that one of its statuses holds the error's class.
void Request::wait() {
  const Waiting waiting("wait");
  const ScopeGuard give_up([this] { give_up_parts(); });
  for (MPI_Request& part : parts_) {
    check(MPI_Wait(&part, MPI_STATUS_IGNORE), "MPI_Wait");
  }
}

bool Request::test() {
  try {
    for (MPI_Request& part : parts_) {
      int is_complete = 0;
      check(MPI_Test(&part, &is_complete, MPI_STATUS_IGNORE), "MPI_Test");
      if (is_complete == 0) {
        return false;
      }
    }
  } catch (...) {
    give_up_parts();
    throw;
  }
  parts_.clear();
  return true;
}

// A part that can no longer be cancelled would go on writing into a buffer that is about to be freed, so it is waited
// for; if the other side does not finish it either, only the end of the job keeps the memory safe.
void Request::give_up_parts() noexcept {
  using Clock = std::chrono::steady_clock;
  constexpr auto patience = std::chrono::seconds(2);
  const auto deadline = Clock::now() + patience;
  for (MPI_Request& part : parts_) {
    if (part == MPI_REQUEST_NULL || buffer_ == Buffer::is_read) {
      continue;
    }
    MPI_Cancel(&part);
    int is_complete = 0;
    while (MPI_Test(&part, &is_complete, MPI_STATUS_IGNORE) == MPI_SUCCESS && is_complete == 0) {
      if (Clock::now() > deadline) {
        std::fprintf(stderr,
                     "serried: rank %d: ends the job: an operation was given up that MPI cannot cancel\n",
                     world_rank());
        MPI_Abort(MPI_COMM_WORLD, static_cast<int>(ExitCode::failed));
      }
    }
  }
  parts_.clear();
}

}  // namespace serried::mpi
