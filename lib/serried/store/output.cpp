#include <unistd.h>

#include <serried/store/output.hpp>

namespace serried::store {

Output open_output(const mpi::Communicator& comm, const std::string& path) {
  if (path == "-") {
    return OrderedOutput(comm, STDOUT_FILENO, "standard output");
  }
  if (is_special_file(comm, path)) {
    return OrderedOutput(comm, path);
  }
  return OutputFile(comm, path);
}

}  // namespace serried::store
