#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include <serried/store/output.hpp>
#include <serried/store/write_text.hpp>

#include "temporary_directory.hpp"

namespace serried::store {
namespace {

TEST(WriteText, TheFileIsWhatRankZeroHas) {
  const mpi::Communicator world = mpi::Communicator::duplicate_of(MPI_COMM_WORLD);
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  for (const std::string& text : {std::string(), std::string("two\nlines\n")}) {
    const std::string path = (folder.path() / std::to_string(text.size())).string();
    Output output = open_output(world, path);
    write_text(world, output, world.is_root() ? text : "another rank's");
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.is_open());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
  }
}

}  // namespace
}  // namespace serried::store
