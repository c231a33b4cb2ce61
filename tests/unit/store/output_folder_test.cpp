#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/store/output_file.hpp>
#include <serried/store/output_folder.hpp>

#include "output_file_fixture.hpp"

namespace serried::store {
namespace {

using namespace test_output;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

static_assert(!std::is_copy_constructible_v<OutputFolder> && std::is_move_constructible_v<OutputFolder>);

class OutputFolderTest : public OutputFileTest {
 protected:
  // A file of each rank, and what commit is to be told of them.
  static std::vector<OutputFolder::FileSize> write_one_each(const OutputFolder& folder) {
    const std::string name = std::to_string(world().rank());
    write_file(folder.partial_path() + "/" + name, std::string(world().rank(), 'x'));
    mpi::barrier(world());
    std::vector<OutputFolder::FileSize> files;
    for (int rank = 0; rank < world().size(); ++rank) {
      files.push_back({std::to_string(rank), static_cast<std::uint64_t>(rank)});
    }
    return files;
  }
  void on_root(const auto& act) const {
    if (world().is_root()) {
      act();
    }
    mpi::barrier(world());
  }
};

TEST_F(OutputFolderTest, AppearsWhenCommitted) {
  for (const std::string name : {"new", "slash/", "./dots/../dots"}) {
    OutputFolder output(world(), path(name));
    const auto files = write_one_each(output);
    const std::string last = fs::path(output.path()).filename().string();
    EXPECT_FALSE(fs::exists(folder() / last));
    EXPECT_TRUE(is_partial_file(output.partial_path()));
    mpi::barrier(world());  // rank 0 renames as soon as it is there
    output.commit(files);
    mpi::barrier(world());
    EXPECT_EQ(test::names_in(folder() / last).size(), n_ranks());
    EXPECT_EQ(content(folder() / last / std::to_string(world().rank())).size(),
              static_cast<std::size_t>(world().rank()));
    mpi::barrier(world());
  }
  EXPECT_THAT(names(), ElementsAre("dots", "new", "slash"));
}

TEST_F(OutputFolderTest, TakesThePlaceOfAnEmptyOneAndItsPermissions) {
  on_root([&] {
    fs::create_directory(folder() / "empty");
    fs::permissions(folder() / "empty", fs::perms::owner_all | fs::perms::group_read);
    fs::create_directory_symlink("empty", folder() / "link");
  });
  OutputFolder output(world(), path("link"));
  output.commit(write_one_each(output));
  mpi::barrier(world());
  EXPECT_TRUE(fs::is_symlink(folder() / "link"));
  EXPECT_EQ(test::names_in(folder() / "empty").size(), n_ranks());
  EXPECT_EQ(fs::status(folder() / "empty").permissions(), fs::perms::owner_all | fs::perms::group_read);
}

TEST_F(OutputFolderTest, WhatIsNotCommittedLeavesNothing) {
  {
    const OutputFolder output(world(), path());
    (void)write_one_each(output);
  }
  mpi::barrier(world());
  EXPECT_THAT(names(), IsEmpty());
  OutputFolder moved(world(), path());
  {
    const OutputFolder output = std::move(moved);
    moved = OutputFolder(world(), path("other"));
    (void)write_one_each(output);
  }
  mpi::barrier(world());
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(OutputFolderTest, WhatItIsNotIsSaidBeforeTheWork) {
  make("file", "");
  make("full/file", "");
  on_root([&] { fs::create_directory_symlink("nowhere", folder() / "link"); });
  const auto error_of_making = [&](const std::string& name) {
    return std::string(same_error_of([&] { const OutputFolder output(world(), name); }).what());
  };
  EXPECT_THAT(error_of_making(path("file")), HasSubstr("file: cannot make the folder: there is a file"));
  EXPECT_THAT(error_of_making(path("full")), HasSubstr("full: the folder is not empty (name a new one"));
  EXPECT_THAT(error_of_making(path("missing/out")),
              HasSubstr("missing/out: cannot make the folder: No such"));
  EXPECT_THAT(error_of_making(path("file/out")), HasSubstr("file/out: cannot make the folder"));
  EXPECT_THAT(error_of_making(path("link")), HasSubstr("cannot make the folder"));
  EXPECT_THAT(error_of_making(""), HasSubstr("no name"));
  EXPECT_THAT(names(), ElementsAre("file", "full", "link"));
}

TEST_F(OutputFolderTest, TheFolderInWhichTheProgramRunsIsKept) {
  on_root([&] { fs::create_directory(folder() / "here"); });
  const fs::path before = fs::current_path();
  fs::current_path(folder() / "here");
  for (const std::string& name : {std::string("."), path("here")}) {
    EXPECT_THAT(same_error_of([&] { const OutputFolder output(world(), name); }).what(),
                HasSubstr("cannot replace the folder in which the program runs"));
  }
  mpi::barrier(world());
  fs::current_path(before);
  EXPECT_THAT(names(), ElementsAre("here"));
}

TEST_F(OutputFolderTest, OtherFilesThanThoseOfTheListAreAnError) {
  const auto error_of_commit = [&](const auto& change) {
    OutputFolder output(world(), path());
    auto files = write_one_each(output);
    change(output, files);
    return std::string(same_error_of([&] { output.commit(files); }).what());
  };
  EXPECT_THAT(error_of_commit([](auto&, auto& files) {
                files.push_back({"more", 0});
              }),
              HasSubstr("more: cannot find what was written"));
  EXPECT_THAT(error_of_commit([](auto&, auto& files) { files[0].n_bytes = 7; }),
              HasSubstr("wrote 7 bytes, but the file has 0"));
  EXPECT_THAT(error_of_commit([](auto&, auto& files) { files.pop_back(); }), HasSubstr("the folder holds"));
  EXPECT_THAT(error_of_commit([&](auto&, auto&) { make("out/taken", ""); }),
              HasSubstr("out: cannot rename the finished folder to its name: Directory not empty"));
  mpi::barrier(world());
  EXPECT_THAT(names(), ElementsAre("out"));
  EXPECT_THAT(test::names_in(folder() / "out"), ElementsAre("taken"));
}

}  // namespace
}  // namespace serried::store
