// What no output can be made of, and what goes wrong while one is written: all ranks say the same, nothing is left over.
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/scope_guard.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/store/output_file.hpp>

#include "file_size_limit.hpp"
#include "output_file_fixture.hpp"
#include "small_file_system.hpp"

namespace serried::store {
namespace {

using namespace test_output;
using test::SmallFileSystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST_F(OutputFileTest, LinksInACircleAreAnError) {
  if (world().is_root()) {
    fs::create_symlink("b", folder() / "a");
    fs::create_symlink("a", folder() / "b");
  }
  mpi::barrier(world());
  EXPECT_THAT(same_error_of([&] { OutputFile(world(), path("a")).commit(0); }).what(),
              HasSubstr("symbolic link"));
  EXPECT_THAT(names(), ElementsAre("a", "b"));
  EXPECT_TRUE(fs::is_symlink(path("a")));
}

TEST_F(OutputFileTest, ADirectoryIsNoOutput) {
  const Error error = same_error_of([&] { const OutputFile output(world(), folder().string()); });
  EXPECT_EQ(error.path(), folder().string());
  EXPECT_THAT(error.what(), HasSubstr("it is a directory"));
  EXPECT_EQ(error.rank(), 0);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, AMissingFolderIsSeenAtOnce) {
  const Error error = same_error_of([&] { const OutputFile output(world(), path("missing/out")); });
  EXPECT_THAT(error.path(), StartsWith(path("missing/out")));
  EXPECT_THAT(error.what(), HasSubstr("cannot create the output"));
  EXPECT_THAT(error.what(), HasSubstr("No such file or directory"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(OutputFileTest, AFileAsAFolderIsSeenAtOnce) {
  make("file", "x");
  EXPECT_THAT(same_error_of([&] { const OutputFile output(world(), path("file/out")); }).what(),
              HasSubstr("Not a directory"));
}

TEST_F(OutputFileTest, ANameThatIsTooLongIsSeenAtOnce) {
  EXPECT_THAT(same_error_of([&] { const OutputFile output(world(), path(std::string(300, 'n'))); }).what(),
              HasSubstr("File name too long"));
}

TEST_F(OutputFileTest, AnEmptyPathIsSeenAtOnce) { EXPECT_THROW(OutputFile(world(), ""), Error); }

TEST_F(OutputFileTest, AFolderThatIsReadOnly) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may write everywhere";
  }
  if (world().is_root()) {
    fs::create_directory(folder() / "sealed");
    fs::permissions(folder() / "sealed", fs::perms::owner_read | fs::perms::owner_exec);
  }
  mpi::barrier(world());
  const Error error = same_error_of([&] { const OutputFile output(world(), path("sealed/out")); });
  EXPECT_THAT(error.what(), HasSubstr("Permission denied"));
}

TEST_F(OutputFileTest, AnotherRankThatCannotOpenItFailsAllAndLeavesNothing) {
  if (world().size() == 1) {
    GTEST_SKIP() << "needs another rank";
  }
  // As on a cluster whose nodes see different folders under one name.
  const fs::path before = fs::current_path();
  if (world().is_root()) {
    fs::create_directory(folder() / "one");
    fs::create_directory(folder() / "another");
  }
  mpi::barrier(world());
  std::optional<Error> error;
  {
    fs::current_path(folder() / (world().is_root() ? "one" : "another"));
    const ScopeGuard restore([&] { fs::current_path(before); });
    error = same_error_of([&] { const OutputFile output(world(), "out"); });
    mpi::barrier(world());
    EXPECT_TRUE(fs::is_empty("."));
  }
  EXPECT_THAT(error->what(),
              HasSubstr("cannot open the output that rank 0 created: No such file or directory"));
  EXPECT_EQ(error->rank(), 1);
}

TEST_F(OutputFileTest, AWrongLengthIsNotCommitted) {
  make("out", "old");
  for (const int excess : {-1, 1}) {
    const Error error = same_error_of([&] {
      OutputFile output(world(), path());
      write_digits(output);
      mpi::barrier(world());
      output.commit(n_ranks() + static_cast<std::uint64_t>(excess));
    });
    EXPECT_THAT(error.what(), HasSubstr("but the file has " + std::to_string(n_ranks())));
    EXPECT_THAT(names(), ElementsAre("out"));
    EXPECT_EQ(content(path()), "old");
  }
}

TEST_F(OutputFileTest, AFullFileSystemFailsAllAndLeavesNothing) {
  const SmallFileSystem small(folder() / "small");
  if (!small.is_there()) {
    GTEST_SKIP() << "cannot mount a tmpfs here";
  }
  const Error error = same_error_of([&] {
    OutputFile output(world(), path("small/out"));
    mpi::together(world(), [&] {
      const std::string piece(1 << 20, 'x');
      output.local_write_at(static_cast<std::uint64_t>(world().rank()) << 20, piece);
    });
    output.commit(n_ranks() << 20);
  });
  EXPECT_THAT(error.path(), StartsWith(path("small/out.partial-")));
  EXPECT_THAT(error.what(), HasSubstr("No space left on device"));
  EXPECT_TRUE(error.offset().has_value());
  mpi::barrier(world());
  EXPECT_TRUE(fs::is_empty(folder() / "small"));
  mpi::barrier(world());
}

TEST_F(OutputFileTest, ALimitOnFileSizesFailsAllAndLeavesNothing) {
  const Error error = same_error_of([&] {
    OutputFile output(world(), path());
    mpi::together(world(), [&] {
      const test::FileSizeLimit limit(1000);  // not around MPI's own files
      output.local_write_at(0, std::string(2000, 'x'));
    });
    output.commit(2000);
  });
  EXPECT_THAT(error.what(), HasSubstr("File too large"));
  EXPECT_EQ(error.offset(), 1000U);
  EXPECT_THAT(names(), IsEmpty());
}

}  // namespace
}  // namespace serried::store
