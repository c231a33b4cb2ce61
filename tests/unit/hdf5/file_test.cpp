#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/hdf5/file.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

static_assert(!std::is_copy_constructible_v<File> && std::is_move_constructible_v<File>);

using Files = FileTest;

TEST_F(Files, ASerialFileIsReadInParallelAndTheOtherWayRound) {
  if (world().is_root()) {
    File file = File::create(path("serial"));
    file.create_dataset<int>("x", {2}).write(std::vector{1, 2});
    file.close();
  }
  mpi::barrier(world());
  EXPECT_EQ(File::open(world(), path("serial")).dataset<int>("x").read(), (std::vector{1, 2}));

  File file = File::create(world(), path("parallel"));
  file.create_dataset<int>("x", {2}).write(std::vector{3, 4});
  file.close();
  EXPECT_EQ(File::open(path("parallel")).dataset<int>("x").read(), (std::vector{3, 4}));
}

TEST_F(Files, CreateEmptiesWhatWasThere) {
  make(path(), "something else, and longer than nothing");
  for (int round = 0; round < 2; ++round) {
    File file = File::create(world(), path());
    EXPECT_FALSE(file.contains("x"));
    file.write_text("x", "text");
    file.close();
  }
  EXPECT_EQ(File::open(path()).read_text("x"), "text");
}

TEST_F(Files, MoreIsAddedToAFile) {
  {
    File file = File::create(world(), path());
    file.set_attribute("x", 1);
    file.close();
  }
  {
    File file = File::open(world(), path(), Access::read_write);
    file.set_attribute("y", 2);
    file.close();
  }
  File file = File::open(world(), path());
  EXPECT_EQ(file.attribute<int>("x"), 1);
  EXPECT_EQ(file.attribute<int>("y"), 2);
  const Error error = same_error_of([&] { file.set_attribute("z", 3); });
  EXPECT_THAT(error.what(), StartsWith(path() + ": cannot create attribute z of /: HDF5 says: "));
  file.close();
}

TEST_F(Files, ClosedTwiceAndMoved) {
  File file = File::create(world(), path());
  const Group group = file.create_group("a");
  File moved = std::move(file);
  moved.set_attribute("x", 1);
  moved.close();
  moved.close();
  EXPECT_EQ(File::open(path()).attribute<int>("x"), 1);
}

TEST_F(Files, ASerialFileClosesItself) {
  { File::create(own_path()).set_attribute("x", 1); }
  EXPECT_EQ(File::open(own_path()).attribute<int>("x"), 1);
}

// Objects that are alive must not keep the file open: it would be incomplete on disk.
TEST_F(Files, CloseEndsTheFileInSpiteOfObjects) {
  File file = File::create(own_path());
  const Group group = file.create_group("a");
  const auto dataset = group.create_dataset<int>("x", {1});
  dataset.write(std::vector{7});
  file.close();
  EXPECT_THROW(static_cast<void>(dataset.read()), std::logic_error);
  EXPECT_EQ(File::open(own_path()).dataset<int>("a/x").read(), std::vector{7});
}

TEST_F(Files, MissingFilesAndFolders) {
  const std::string missing = path("missing");
  const std::string no_folder = path("missing/x");
  EXPECT_EQ(same_error_of([&] { static_cast<void>(File::open(world(), missing)); }).what(),
            missing + ": cannot open: No such file or directory");
  EXPECT_EQ(same_error_of([&] { static_cast<void>(File::open(missing)); }).what(),
            missing + ": cannot open: No such file or directory");
  EXPECT_EQ(same_error_of([&] { static_cast<void>(File::create(world(), no_folder)); }).what(),
            no_folder + ": cannot create the file: No such file or directory");
  EXPECT_EQ(same_error_of([&] { static_cast<void>(File::create(no_folder)); }).what(),
            no_folder + ": cannot create the file: No such file or directory");
}

TEST_F(Files, WhatIsNotHdf5) {
  make(path("text"), "no HDF5 at all");
  make(path("empty"), "");
  for (const char* name : {"text", "empty"}) {
    EXPECT_EQ(same_error_of([&] { static_cast<void>(File::open(world(), path(name))); }).what(),
              path(name) + ": is not an HDF5 file");
    EXPECT_EQ(same_error_of([&] { static_cast<void>(File::open(path(name))); }).what(),
              path(name) + ": is not an HDF5 file");
  }
}

TEST_F(Files, CutShort) {
  {
    File file = File::create(world(), path());
    file.create_dataset<int>("x", {1000}).write(std::vector<int>(1000, 7));
    file.close();
  }
  const std::string whole = content(path());
  make(path("short"), whole.substr(0, whole.size() / 2));
  for (const bool is_parallel : {true, false}) {
    const Error error = same_error_of(
        [&] { (void)(is_parallel ? File::open(world(), path("short")) : File::open(path("short"))); });
    EXPECT_THAT(error.what(),
                StartsWith(path("short") + ": cannot open the file: HDF5 says: truncated file"));
  }
}

TEST_F(Files, ReadOnlyOnesAreNotOpenedForWriting) {
  {
    File file = File::create(world(), path());
    file.close();
  }
  mpi::barrier(world());
  if (geteuid() == 0) {
    GTEST_SKIP() << "root may write everything";
  }
  if (world().is_root()) {
    ::chmod(path().c_str(), S_IRUSR);
  }
  mpi::barrier(world());
  EXPECT_EQ(same_error_of([&] { static_cast<void>(File::open(world(), path(), Access::read_write)); }).what(),
            path() + ": cannot open: Permission denied");
  EXPECT_FALSE(File::open(path()).contains("x"));
}

// Another program of HDF5's own reads what was written.
TEST_F(Files, H5dumpShowsIt) {
  if (std::system("command -v h5dump >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "h5dump (package hdf5-tools) is not installed";
  }
  {
    File file = File::create(world(), path());
    file.create_dataset<int>("a/matrix", {2, 3}).write(std::vector{1, 2, 3, 4, 5, 6});
    file.create_dataset<bool>("yes", {1}).write(std::array{true});
    file.write_text("text", "some words");
    file.set_attribute("unit", "K");
    file.close();
  }
  if (world().is_root()) {
    const std::string command = "h5dump " + path() + " >" + path("dump") + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);
    const std::string dump = content(path("dump"));
    for (const char* part : {"(1,0): 4, 5, 6", "TRUE", "\"some words\"", "ATTRIBUTE \"unit\"", "\"K\""}) {
      EXPECT_THAT(dump, HasSubstr(part));
    }
  }
}

}  // namespace
}  // namespace serried::hdf5
