#include <string>
#include <variant>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/store/output.hpp>

#include "temporary_directory.hpp"

namespace serried::store {
namespace {

TEST(OpenOutput, AFileForAPathAStreamForTheRest) {
  const mpi::Communicator world = mpi::Communicator::duplicate_of(MPI_COMM_WORLD);
  const test::TemporaryDirectory folder(MPI_COMM_WORLD);
  EXPECT_TRUE(
      std::holds_alternative<OutputFile>(open_output(world, (folder.path() / "counts.tsv").string())));
  EXPECT_TRUE(std::holds_alternative<OrderedOutput>(open_output(world, "-")));
  EXPECT_TRUE(std::holds_alternative<OrderedOutput>(open_output(world, "/dev/null")));
  EXPECT_TRUE(std::holds_alternative<OrderedOutput>(open_output(world, "/dev/stdout")));
  EXPECT_THROW((void)open_output(world, (folder.path() / "missing" / "counts.tsv").string()), Error);
  EXPECT_THROW((void)open_output(world, folder.path().string()), Error);
}

}  // namespace
}  // namespace serried::store
