// What the tests of the hdf5 module share.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/hdf5/file.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/communicator.hpp>

#include "temporary_directory.hpp"

namespace serried::hdf5 {

// All ranks, in a communicator of the tests' own. Collective at its first call.
inline const mpi::Communicator& world() {
  static const mpi::Communicator comm = mpi::Communicator::duplicate_of(MPI_COMM_WORLD);
  return comm;
}

inline std::uint64_t n_ranks() { return static_cast<std::uint64_t>(world().size()); }
inline std::uint64_t my_rank() { return static_cast<std::uint64_t>(world().rank()); }

// The Error that `action` throws; a failure of the test if it throws none.
template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error("none");
}

// Collective. The Error that all ranks throw; a failure of the test if one throws another or none.
template <class Action>
Error same_error_of(Action action) {
  const std::string bytes = error_of(action).to_bytes();
  std::string first = bytes;
  mpi::broadcast_resized(world(), first);
  EXPECT_EQ(Error::from_bytes(bytes).what(), std::string(Error::from_bytes(first).what()));
  EXPECT_EQ(bytes, first);
  return Error::from_bytes(bytes);
}

// A folder with files for all ranks, and one file name that is this rank's alone.
class FileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "shared.h5") const {
    return (here_.path() / name).string();
  }
  [[nodiscard]] std::string own_path() const { return path("own-" + std::to_string(my_rank()) + ".h5"); }
  // The names in the folder, once all ranks have come here.
  [[nodiscard]] std::vector<std::string> names() const {
    mpi::barrier(world());
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(here_.path())) {
      found.push_back(entry.path().filename().string());
    }
    mpi::barrier(world());
    return found;
  }

 private:
  test::TemporaryDirectory here_{MPI_COMM_WORLD};
};

inline std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Rank 0 writes a file; the others wait for it.
inline void make(const std::string& path, const std::string& bytes) {
  mpi::barrier(world());
  if (world().is_root()) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  mpi::barrier(world());
}

}  // namespace serried::hdf5
