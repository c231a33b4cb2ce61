#include <cassert>
#include <exception>
#include <utility>

#include <serried/base/checked_cast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/request.hpp>

namespace serried::mpi {

Request::Request(Request&& other) noexcept : parts_(std::exchange(other.parts_, {})) {}

Request& Request::operator=(Request&& other) noexcept {
  std::swap(parts_, other.parts_);
  return *this;
}

Request::~Request() {
  if (parts_.empty() || !is_running()) {
    return;
  }
  assert(std::uncaught_exceptions() > 0 && "a Request was destroyed before wait()");
  for (MPI_Request& part : parts_) {
    if (part != MPI_REQUEST_NULL) {
      MPI_Cancel(&part);
      MPI_Request_free(&part);
    }
  }
}

void Request::wait() {
  check(MPI_Waitall(checked_cast<int>(parts_.size()), parts_.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
  parts_.clear();
}

bool Request::test() {
  int is_complete = 0;
  check(MPI_Testall(checked_cast<int>(parts_.size()), parts_.data(), &is_complete, MPI_STATUSES_IGNORE),
        "MPI_Testall");
  if (is_complete != 0) {
    parts_.clear();
  }
  return is_complete != 0;
}

}  // namespace serried::mpi
