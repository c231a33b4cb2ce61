#include <algorithm>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/partition.hpp>
#include <serried/hdf5/dataset.hpp>
#include <serried/hdf5/file.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t n_rows = 37;
constexpr std::uint64_t n_columns = 11;

// The values of these rows; each value tells where it belongs.
std::vector<double> rows_of(Range rows) {
  std::vector<double> values(rows.size() * n_columns);
  std::iota(values.begin(), values.end(), static_cast<double>(rows.begin * n_columns));
  return values;
}

struct Case {
  Layout layout;
  Transfer transfer;
  bool is_parallel;
};

class SlabTest : public FileTest, public testing::WithParamInterface<Case> {};

TEST_P(SlabTest, WhatIsWrittenInPartsIsReadWholeAndInParts) {
  const auto& [layout, transfer, is_parallel] = GetParam();
  const std::string name = is_parallel ? path() : own_path();
  const Range mine = is_parallel ? block(n_rows, n_ranks(), my_rank()) : Range{0, n_rows};
  {
    File file = is_parallel ? File::create(world(), name) : File::create(name);
    const auto dataset = file.create_dataset<double>("x", {n_rows, n_columns}, layout);
    dataset.write_slab({mine.begin, 0}, {mine.size(), n_columns}, rows_of(mine), transfer);
    file.close();
  }
  File file = is_parallel ? File::open(world(), name) : File::open(name);
  const auto dataset = file.dataset<double>("x");
  EXPECT_EQ(dataset.shape(), (Shape{n_rows, n_columns}));
  EXPECT_EQ(dataset.size(), n_rows * n_columns);
  EXPECT_EQ(dataset.read(), rows_of({0, n_rows}));

  // Column by column, other ones than were written.
  for (std::uint64_t round = 0; round < n_columns; ++round) {
    const std::uint64_t column = is_parallel ? (round + my_rank()) % n_columns : round;
    std::vector<double> values(n_rows - 2);
    dataset.read_slab({1, column}, {n_rows - 2, 1}, values, transfer);
    for (std::uint64_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(values[i], static_cast<double>((i + 1) * n_columns + column));
    }
  }
  file.close();
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, SlabTest,
    testing::Values(Case{{}, Transfer::collective, true}, Case{{}, Transfer::independent, true},
                    Case{{}, Transfer::independent, false}, Case{{{5, 3}}, Transfer::collective, true},
                    Case{{{5, 3}}, Transfer::independent, true}, Case{{{5, 3}}, Transfer::collective, false},
                    Case{{{4, 100}, 1}, Transfer::collective, true},
                    Case{{{5, 3}, 9}, Transfer::collective, true},
                    Case{{{5, 3}, 1}, Transfer::independent, false}));

using DatasetTest = FileTest;

TEST_F(DatasetTest, OneRankHasEverythingTheOthersNothing) {
  for (const Layout& layout : {Layout{}, Layout{{4, 4}, 1}}) {
    File file = File::create(world(), path());
    const auto dataset = file.create_dataset<double>("x", {n_rows, n_columns}, layout);
    const bool is_last = my_rank() + 1 == n_ranks();
    const Range mine{0, is_last ? n_rows : 0};
    dataset.write_slab({0, 0}, {mine.size(), n_columns}, rows_of(mine), Transfer::collective);
    file.close();
    EXPECT_EQ(File::open(path()).dataset<double>("x").read(), rows_of({0, n_rows}));
    mpi::barrier(world());
  }
}

TEST_F(DatasetTest, WholeDatasetIsThatOfRankZero) {
  File file = File::create(world(), path());
  const auto vector = file.create_dataset<std::uint64_t>("vector", {3});
  vector.write(std::vector<std::uint64_t>{my_rank(), my_rank(), 7});
  const auto single = file.create_dataset<std::uint64_t>("single", {});
  single.write(my_rank() == 0 ? std::vector<std::uint64_t>{42} : std::vector<std::uint64_t>{});
  file.close();
  const File again = File::open(world(), path());
  EXPECT_EQ(again.dataset<std::uint64_t>("vector").read(), (std::vector<std::uint64_t>{0, 0, 7}));
  EXPECT_EQ(again.dataset<std::uint64_t>("single").shape(), Shape{});
  EXPECT_EQ(again.dataset<std::uint64_t>("single").read(), (std::vector<std::uint64_t>{42}));
}

TEST_F(DatasetTest, WithoutElements) {
  File file = File::create(world(), path());
  for (const Layout& layout : {Layout{}, Layout{{4, 4}, 1}}) {
    const std::string name = layout.deflate == 0 ? "plain" : "compressed";
    const auto dataset = file.create_dataset<float>(name, {0, 5}, layout);
    dataset.write({});
    dataset.write_slab({0, 1}, {0, 2}, {}, Transfer::collective);
    EXPECT_EQ(dataset.size(), 0U);
    EXPECT_TRUE(dataset.read().empty());
  }
  file.close();
}

TEST_F(DatasetTest, WhatNobodyWroteIsZero) {
  {
    File file = File::create(world(), path());
    static_cast<void>(file.create_dataset<int>("plain", {1000}));
    static_cast<void>(file.create_dataset<int>("chunks", {1000}, {.chunk = {64}}));
    static_cast<void>(file.create_dataset<int>("compressed", {1000}, {.chunk = {64}, .deflate = 1}));
    file.close();
  }
  const File file = File::open(path());
  for (const char* name : {"plain", "chunks", "compressed"}) {
    EXPECT_EQ(file.dataset<int>(name).read(), std::vector<int>(1000)) << name;
  }
}

TEST_F(DatasetTest, CompressionMakesTheFileSmaller) {
  File file = File::create(own_path());
  file.create_dataset<int>("x", {1'000'000}, {.chunk = {100'000}, .deflate = 1})
      .write(std::vector<int>(1'000'000, 7));
  file.close();
  EXPECT_LT(std::filesystem::file_size(own_path()), 100'000U);
  EXPECT_EQ(File::open(own_path()).dataset<int>("x").read(), std::vector<int>(1'000'000, 7));
}

TEST_F(DatasetTest, ShapesThatDoNotFitSayBoth) {
  const File file = File::create(own_path());
  const auto dataset = file.create_dataset<int>("x", {3, 4});
  std::vector<int> values(10);
  const auto message = [&](auto action) { return std::string(error_of(action).what()); };
  const std::string slab = own_path() + ": /x has the shape [3, 4]: no slab of ";
  const auto read = [&](const Shape& start, const Shape& count) {
    return message([&] { dataset.read_slab(start, count, values, Transfer::independent); });
  };
  EXPECT_EQ(message([&] { dataset.read(values); }),
            own_path() + ": /x has the shape [3, 4], which is 12 elements, the buffer 10");
  EXPECT_EQ(message([&] { dataset.write(values); }),
            own_path() + ": /x has the shape [3, 4], which is 12 elements, the buffer 10");
  EXPECT_EQ(read({0, 0}, {2, 4}), own_path() + ": /x: the slab of [2, 4] has 8 elements, the buffer 10");
  EXPECT_EQ(read({2, 0}, {2, 4}), slab + "[2, 4] at [2, 0] lies in it");
  EXPECT_EQ(read({0}, {2}), slab + "[2] at [0] lies in it");
  // No overflow on the way.
  EXPECT_EQ(read({UINT64_MAX, 0}, {2, 4}), slab + "[2, 4] at [18446744073709551615, 0] lies in it");
  EXPECT_EQ(read({1, 0}, {UINT64_MAX, 4}), slab + "[18446744073709551615, 4] at [1, 0] lies in it");
  EXPECT_EQ(message([&] {
              dataset.expect_shape({3, 5});
            }),
            own_path() + ": /x has the shape [3, 4], expected [3, 5]");
  EXPECT_EQ(message([&] {
              dataset.expect_shape({any_extent, 3, 4});
            }),
            own_path() + ": /x has the shape [3, 4], expected [any, 3, 4]");
  EXPECT_NO_THROW(dataset.expect_shape({any_extent, 4}));
}

TEST_F(DatasetTest, OneRankThatPassesNonsenseFailsAll) {
  File file = File::create(world(), path());
  const auto dataset = file.create_dataset<int>("x", {n_ranks(), 4}, {.chunk = {1, 4}, .deflate = 1});
  const std::uint64_t wrong = my_rank() == n_ranks() - 1 ? 1 : 0;
  const std::vector<int> values(4, 7);
  const Error error = same_error_of([&] {
    dataset.write_slab({my_rank() + wrong, 0}, {1, 4}, values, Transfer::collective);
  });
  EXPECT_EQ(error.rank(), world().size() - 1);
  EXPECT_THAT(error.what(), HasSubstr("no slab of [1, 4]"));
  same_error_of([&] {
    std::vector<int> buffer(4 + wrong);
    dataset.read_slab({my_rank(), 0}, {1, 4}, buffer, Transfer::collective);
  });
  const std::uint64_t wrong_on_root = world().is_root() ? 1 : 0;
  same_error_of([&] { dataset.write(std::vector<int>(4 * n_ranks() + wrong_on_root)); });
  // All ranks go on together.
  dataset.write_slab({my_rank(), 0}, {1, 4}, values, Transfer::collective);
  file.close();
  EXPECT_EQ(File::open(path()).dataset<int>("x").read(), std::vector<int>(4 * n_ranks(), 7));
}

TEST_F(DatasetTest, CompressedDatasetsAreWrittenCollectively) {
  File file = File::create(world(), path());
  const auto dataset = file.create_dataset<int>("x", {8}, {.chunk = {4}, .deflate = 1});
  EXPECT_THROW(dataset.write_slab({0}, {8}, std::vector<int>(8), Transfer::independent), std::logic_error);
  file.close();
}

TEST_F(DatasetTest, MoreThanAMebibyteIsAlignedAndComesBack) {
  constexpr std::uint64_t n = 300'000;
  File file = File::create(world(), path());
  std::vector<double> mine(n);
  std::iota(mine.begin(), mine.end(), static_cast<double>(my_rank() * n));
  for (const auto& [name, transfer] : {std::pair{"a", Transfer::collective}, {"b", Transfer::independent}}) {
    file.create_dataset<double>(name, {n_ranks(), n}).write_slab({my_rank(), 0}, {1, n}, mine, transfer);
  }
  file.close();
  const File again = File::open(world(), path());
  for (const char* name : {"a", "b"}) {
    const std::vector<double> all = again.dataset<double>(name).read();
    std::uint64_t n_wrong = 0;
    for (std::uint64_t i = 0; i < all.size(); ++i) {
      n_wrong += all[i] == static_cast<double>(i) ? 0 : 1;
    }
    EXPECT_EQ(n_wrong, 0U) << name;
  }
}

}  // namespace
}  // namespace serried::hdf5
