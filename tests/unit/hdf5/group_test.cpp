#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/hdf5/file.hpp>
#include <serried/hdf5/group.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::HasSubstr;

using GroupTest = FileTest;

TEST_F(GroupTest, NestedNames) {
  {
    File file = File::create(world(), path());
    const Group outer = file.create_group("outer");
    outer.create_dataset<int>("x", {}).write(std::vector{1});
    outer.create_group("deep/inner").create_dataset<int>("x", {}).write(std::vector{2});
    file.create_dataset<int>("on/the/way", {}).write(std::vector{3});
    file.close();
  }
  const File file = File::open(world(), path());
  EXPECT_EQ(file.dataset<int>("outer/x").read(), std::vector{1});
  EXPECT_EQ(file.group("outer").dataset<int>("deep/inner/x").read(), std::vector{2});
  EXPECT_EQ(file.group("outer").group("deep").group("inner").name(), "/outer/deep/inner");
  EXPECT_EQ(file.dataset<int>("/on/the/way").read(), std::vector{3});
  EXPECT_EQ(file.group("outer").dataset<int>("/on/the/way").name(), "/on/the/way");
  for (const char* name : {"outer", "/outer", "outer/deep/inner/x", "on/the"}) {
    EXPECT_TRUE(file.contains(name)) << name;
  }
  for (const char* name : {"x", "outer/y", "missing/x", "outer/x/y"}) {
    EXPECT_FALSE(file.contains(name)) << name;
  }
}

TEST_F(GroupTest, WhatIsNotThereOrOfAnotherKind) {
  const File file = File::create(own_path());
  static_cast<void>(file.create_dataset<int>("a/x", {2}));
  const auto message = [&](auto action) { return std::string(error_of(action).what()); };
  EXPECT_EQ(message([&] { static_cast<void>(file.group("b")); }), own_path() + ": there is no /b");
  EXPECT_EQ(message([&] { static_cast<void>(file.group("a").dataset<int>("b/c")); }),
            own_path() + ": there is no /a/b/c");
  EXPECT_EQ(message([&] { static_cast<void>(file.read_text("b")); }), own_path() + ": there is no /b");
  EXPECT_THAT(message([&] { static_cast<void>(file.group("a/x")); }),
              HasSubstr(": cannot open group /a/x: HDF5 says: "));
  EXPECT_THAT(message([&] { static_cast<void>(file.dataset<int>("a")); }),
              HasSubstr(": cannot open dataset /a: HDF5 says: "));
}

TEST_F(GroupTest, ATakenNameIsRefusedOnAllRanks) {
  File file = File::create(world(), path());
  static_cast<void>(file.create_group("a"));
  static_cast<void>(file.create_dataset<int>("x", {2}));
  const std::string taken = path() + ": /x exists already";
  EXPECT_EQ(same_error_of([&] { static_cast<void>(file.create_group("x")); }).what(), taken);
  EXPECT_EQ(same_error_of([&] { static_cast<void>(file.create_dataset<int>("x", {2})); }).what(), taken);
  EXPECT_EQ(same_error_of([&] { file.write_text("x", "text"); }).what(), taken);
  EXPECT_THAT(same_error_of([&] { static_cast<void>(file.create_group("x/y")); }).what(),
              HasSubstr("cannot create group /x/y: HDF5 says: "));
  EXPECT_EQ(same_error_of([&] { static_cast<void>(file.create_group("a")); }).what(),
            path() + ": /a exists already");
  file.close();
}

TEST_F(GroupTest, Texts) {
  const std::string large(1'000'000, 'x');
  {
    File file = File::create(world(), path());
    file.write_text("large", large);
    file.write_text("empty", "");
    file.write_text("lines", "one\ntwo é\n");
    file.close();
  }
  const File file = File::open(world(), path());
  EXPECT_EQ(file.read_text("large"), large);
  EXPECT_EQ(file.read_text("empty"), "");
  EXPECT_EQ(file.read_text("lines"), "one\ntwo é\n");
}

TEST_F(GroupTest, BugsAreBugs) {
  const File file = File::create(own_path());
  EXPECT_THROW(static_cast<void>(file.create_dataset<int>("x", {2, 2}, {.chunk = {2}})), std::logic_error);
  EXPECT_THROW(static_cast<void>(file.create_dataset<int>("x", {2, 2}, {.chunk = {2, 0}})), std::logic_error);
  EXPECT_THROW(static_cast<void>(file.create_dataset<int>("x", {2, 2}, {.chunk = {}, .deflate = 1})),
               std::logic_error);
  EXPECT_THROW(static_cast<void>(file.create_dataset<int>("x", {2}, {.chunk = {2}, .deflate = 10})),
               std::logic_error);
}

}  // namespace
}  // namespace serried::hdf5
