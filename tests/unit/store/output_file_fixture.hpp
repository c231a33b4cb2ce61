// What the tests of OutputFile share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/barrier.hpp>
#include <serried/store/output_file.hpp>

#include "files.hpp"
#include "names_in.hpp"
#include "same_error_of.hpp"
#include "temporary_directory.hpp"
#include "world.hpp"

namespace serried::store::test_output {

namespace fs = std::filesystem;

using test::content;
using test::n_ranks;
using test::same_error_of;
using test::world;
using test::write_file;

class OutputFileTest : public testing::Test {
 protected:
  [[nodiscard]] const fs::path& folder() const { return here_.path(); }
  [[nodiscard]] std::string path(const std::string& name = "out") const { return (folder() / name).string(); }

  // Rank 0 makes a file; the others wait for it.
  void make(const std::string& name, std::string_view text) const {
    if (world().is_root()) {
      write_file(folder() / name, text);
    }
    mpi::barrier(world());
  }
  // Collective.
  [[nodiscard]] std::vector<std::string> names() const { return test::names_in(folder()); }
  // "0123..." from all ranks: each writes its digit at its place.
  void write_digits(const OutputFile& output) const {
    output.local_write_at(static_cast<std::uint64_t>(world().rank()), std::to_string(world().rank()));
  }
  [[nodiscard]] static std::string digits() { return std::string("01234567").substr(0, n_ranks()); }

 private:
  test::TemporaryDirectory here_{MPI_COMM_WORLD};
};

}  // namespace serried::store::test_output
