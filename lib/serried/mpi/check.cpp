#include <array>
#include <utility>

#include <fmt/format.h>

#include <serried/mpi/check.hpp>

namespace serried::mpi {

bool is_running() noexcept {
  int initialized = 0;
  int finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  return initialized != 0 && finalized == 0;
}

int world_rank() noexcept {
  int rank = 0;
  if (is_running()) {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  }
  return rank;
}

std::string host_name() {
  if (!is_running()) {
    return {};
  }
  std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
  int length = 0;
  MPI_Get_processor_name(name.data(), &length);
  return {name.data(), static_cast<std::size_t>(length)};
}

Error found_here(Error error) {
  if (error.rank()) {
    return error;
  }
  return std::move(error).on_rank(world_rank(), host_name());
}

void check(int code, const char* call) {
  if (code == MPI_SUCCESS) [[likely]] {
    return;
  }
  int error_class = MPI_ERR_UNKNOWN;
  MPI_Error_class(code, &error_class);
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw found_here(Error(fmt::format("{} failed on host {}: {}", call, host_name(),
                                     std::string(text.data(), static_cast<std::size_t>(length))))
                       .mpi_class(error_class));
}

}  // namespace serried::mpi
