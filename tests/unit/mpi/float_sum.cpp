// Must not compile: see CMakeLists.txt.
#include <functional>
#include <vector>

#include <serried/mpi/allreduce.hpp>

void sum(const serried::mpi::Communicator& comm, std::vector<double>& values) {
  serried::mpi::allreduce(comm, values, std::plus<>{});
}
