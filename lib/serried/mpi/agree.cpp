#include <string>

#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/check.hpp>

namespace serried::mpi {

void agree(const Communicator& comm, const std::optional<Error>& mine) {
  const int nobody = comm.size();
  const int first = allreduce_value(comm, mine ? comm.rank() : nobody, min);
  if (first == nobody) {
    return;
  }
  std::string bytes = first == comm.rank() ? found_here(*mine).to_bytes() : std::string();
  broadcast_resized(comm, bytes, first);
  throw Error::from_bytes(bytes);
}

}  // namespace serried::mpi
