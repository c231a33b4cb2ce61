#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <serried/mpi/allgather.hpp>
#include <serried/mpi/threads.hpp>

namespace serried::mpi {

int default_threads(const Communicator& comm) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  int n_cores = 1;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) {
    n_cores = std::max(1, CPU_COUNT(&cores));
  }
  const std::vector<cpu_set_t> neighbours = allgather_value(comm.node(), cores);
  const auto n_sharing = std::ranges::count_if(
      neighbours, [&](const cpu_set_t& other) { return CPU_EQUAL(&cores, &other) != 0; });
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  if (const int n = wanted == nullptr ? 0 : std::atoi(wanted); n > 0) {
    return n;
  }
  return std::max(1, n_cores / static_cast<int>(n_sharing));
}

}  // namespace serried::mpi
