#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/hdf5/file.hpp>
#include <serried/hdf5/object.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::HasSubstr;

static_assert(!std::is_copy_constructible_v<Group> && std::is_move_constructible_v<Group>);
static_assert(AttributeValue<double> && AttributeValue<std::string> && AttributeValue<std::vector<int>>);
static_assert(!AttributeValue<std::vector<bool>> && !AttributeValue<std::string_view>);

using ObjectTest = FileTest;

TEST_F(ObjectTest, AttributesOfGroupsAndDatasets) {
  {
    File file = File::create(world(), path());
    const Group group = file.create_group("a/b");
    EXPECT_EQ(group.name(), "/a/b");
    group.set_attribute("text", "Grüße, \"x\"\n");
    group.set_attribute("empty", "");
    group.set_attribute("nothing", std::vector<double>{});
    const auto dataset = group.create_dataset<int>("x", {3});
    EXPECT_EQ(dataset.name(), "/a/b/x");
    dataset.set_attribute("origin", std::vector{0.0, 1.5});
    dataset.set_attribute("count", std::uint64_t{18446744073709551615U});
    EXPECT_TRUE(dataset.has_attribute("count"));
    EXPECT_FALSE(group.has_attribute("count"));
    file.close();
  }
  const File file = File::open(world(), path());
  const Group group = file.group("a/b");
  EXPECT_EQ(group.attribute<std::string>("text"), "Grüße, \"x\"\n");
  EXPECT_EQ(group.attribute<std::string>("empty"), "");
  EXPECT_TRUE(group.attribute<std::vector<double>>("nothing").empty());
  EXPECT_EQ(file.dataset<int>("a/b/x").attribute<std::vector<double>>("origin"), (std::vector{0.0, 1.5}));
  EXPECT_EQ(file.dataset<int>("a/b/x").attribute<std::uint64_t>("count"), 18446744073709551615U);
}

TEST_F(ObjectTest, AnAttributeIsReplacedByOneOfAnotherType) {
  File file = File::create(world(), path());
  file.set_attribute("x", 1);
  file.set_attribute("x", "text");
  EXPECT_EQ(file.attribute<std::string>("x"), "text");
  file.set_attribute("x", std::vector{2.5, 3.5});
  EXPECT_EQ(file.attribute<std::vector<double>>("x"), (std::vector{2.5, 3.5}));
  file.close();
}

TEST_F(ObjectTest, WhatDoesNotFitSaysBoth) {
  const File file = File::create(own_path());
  file.set_attribute("x", std::vector{2.5, 3.5});
  const auto message = [&](auto action) { return std::string(error_of(action).what()); };
  EXPECT_EQ(message([&] { static_cast<void>(file.attribute<int>("y")); }),
            own_path() + ": / has no attribute y");
  EXPECT_EQ(message([&] { static_cast<void>(file.attribute<std::vector<int>>("x")); }),
            own_path() + ": attribute x of /: holds float64, expected int32");
  EXPECT_EQ(message([&] { static_cast<void>(file.attribute<double>("x")); }),
            own_path() + ": attribute x of /: holds 2 values, expected 1");
  EXPECT_EQ(message([&] { static_cast<void>(file.attribute<std::string>("x")); }),
            own_path() + ": attribute x of /: holds float64, expected one text");
}

TEST_F(ObjectTest, TooLargeForAnAttribute) {
  File file = File::create(world(), path());
  const Error error = same_error_of([&] { file.set_attribute("x", std::string(100'000, 'x')); });
  EXPECT_EQ(error.path(), path());
  EXPECT_THAT(error.what(), HasSubstr("cannot create attribute x of /: HDF5 says: "));
  file.set_attribute("x", "short");
  file.close();
  EXPECT_EQ(File::open(path()).attribute<std::string>("x"), "short");
}

TEST_F(ObjectTest, BugsAreBugs) {
  File file = File::create(own_path());
  EXPECT_THROW(file.set_attribute("x", std::string_view("a\0b", 3)), std::logic_error);
  const Group group = file.create_group("a");
  file.close();
  EXPECT_THROW(static_cast<void>(group.has_attribute("x")), std::logic_error);
  EXPECT_THROW(static_cast<void>(file.group("a")), std::logic_error);
}

}  // namespace
}  // namespace serried::hdf5
