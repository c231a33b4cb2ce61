// What the tests of the hdf5 module share.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/hdf5/file.hpp>
#include <serried/mpi/barrier.hpp>

#include "error_of.hpp"
#include "files.hpp"
#include "names_in.hpp"
#include "same_error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::hdf5 {

using test::content;
using test::error_of;
using test::my_rank;
using test::n_ranks;
using test::same_error_of;
using test::world;

// A folder with files for all ranks, and one file name that is this rank's alone.
class FileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "shared.h5") const {
    return (here_.path() / name).string();
  }
  [[nodiscard]] std::string own_path() const { return path("own-" + std::to_string(my_rank()) + ".h5"); }
  // Collective.
  [[nodiscard]] std::vector<std::string> names() const { return test::names_in(here_.path()); }

 private:
  test::TemporaryDirectory here_{MPI_COMM_WORLD};
};

// Rank 0 writes a file; the others wait for it.
inline void make(const std::string& path, const std::string& bytes) {
  mpi::barrier(world());
  if (world().is_root()) {
    test::write_file(path, bytes);
  }
  mpi::barrier(world());
}

}  // namespace serried::hdf5
