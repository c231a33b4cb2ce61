#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/file_descriptor.hpp>
#include <serried/hdf5/complete_file.hpp>
#include <serried/mpi/agree.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using CompleteFile = FileTest;

TEST_F(CompleteFile, AppearsWhole) {
  write_complete_file(world(), path(), [&](const File& file) {
    EXPECT_NE(file.path(), path());
    const auto ranks = file.create_dataset<std::size_t>("ranks", {n_ranks()});
    ranks.write_slab({my_rank()}, {1}, std::vector{my_rank()}, Transfer::independent);
  });
  EXPECT_THAT(names(), ElementsAre("shared.h5"));
  const auto ranks = File::open(path()).dataset<std::size_t>("ranks").read();
  for (std::size_t i = 0; i < n_ranks(); ++i) {
    EXPECT_EQ(ranks.at(i), i);
  }
}

TEST_F(CompleteFile, AFailureKeepsTheEarlierFile) {
  make(path(), "earlier");
  const Error error = same_error_of([&] {
    write_complete_file(world(), path(), [&](const File& file) {
      file.set_attribute("x", 1);
      mpi::together(world(), [&] {
        if (my_rank() == n_ranks() - 1) {
          throw std::runtime_error("it rains");
        }
      });
    });
  });
  EXPECT_THAT(error.what(), HasSubstr("it rains"));
  EXPECT_THAT(names(), ElementsAre("shared.h5"));
  EXPECT_EQ(content(path()), "earlier");
}

TEST_F(CompleteFile, ItsEndMayBeChanged) {
  write_complete_file(
      world(), path(), [](const File& file) { file.set_attribute("x", 1); },
      [&](const std::string& partial) {
        const std::uint64_t size = FileDescriptor::open(partial, O_RDONLY).size();
        mpi::barrier(world());
        if (world().is_root()) {
          FileDescriptor::open(partial, O_WRONLY).write_at(size, std::string("more"));
        }
        mpi::barrier(world());
        return size + 4;
      });
  EXPECT_THAT(content(path()), testing::EndsWith("more"));
  EXPECT_EQ(File::open(path()).attribute<int>("x"), 1);
}

TEST_F(CompleteFile, WithoutItsFolderNothingIsWritten) {
  const Error error = same_error_of(
      [&] { write_complete_file(world(), path("missing/a.h5"), [](const File&) { ADD_FAILURE(); }); });
  EXPECT_THAT(error.what(), HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace serried::hdf5
