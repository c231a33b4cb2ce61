// A folder for one test's files, removed after the test, failed or not.
//
//   serried::test::TemporaryDirectory here(MPI_COMM_WORLD);     // collective: one folder for all ranks
//   write(here.path() / "input.txt");
#pragma once

#if __has_include(<mpi.h>)
#include <mpi.h>
#endif

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "removal_list.hpp"

namespace serried::test {

class TemporaryDirectory {
 public:
  // Local: a folder of this process alone.
  TemporaryDirectory() : path_(make()), is_owner_(true) {}

#ifdef MPI_VERSION
  // Collective over `comm`: rank 0 makes the folder, every rank gets its path. All ranks on one host.
  explicit TemporaryDirectory(MPI_Comm comm) {
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    is_owner_ = rank == 0;
    std::string path = is_owner_ ? make() : std::string();
    int length = static_cast<int>(path.size());
    MPI_Bcast(&length, 1, MPI_INT, 0, comm);
    path.resize(static_cast<std::size_t>(length));
    MPI_Bcast(path.data(), length, MPI_CHAR, 0, comm);
    path_ = path;
  }
#endif

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  // Only puts the folder on a list: other ranks may still be reading it.
  ~TemporaryDirectory() {
    if (is_owner_) removal_list().push_back(path_);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  static std::string make() {
    std::string pattern = (std::filesystem::temp_directory_path() / "serried-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a folder like " + pattern);
    return pattern;
  }

  std::filesystem::path path_;
  bool is_owner_ = false;
};

}  // namespace serried::test
