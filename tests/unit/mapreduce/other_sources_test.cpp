// Whole files and HDF5 rows through a TextSource, on all ranks.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/hdf5/complete_file.hpp>
#include <serried/mapreduce/hdf5_rows.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mapreduce/whole_files.hpp>
#include <serried/mpi/allreduce.hpp>

#include "compress.hpp"
#include "same_error_of.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::same_error_of;
using test::small_pieces;
using test::world;
using testing::HasSubstr;

struct Sum {
  std::uint64_t value = 0;
  void merge(Sum&& other) { value += other.value; }
  void save(std::vector<std::byte>& bytes) const { job::append_bytes(bytes, value); }
  void load(std::span<const std::byte> bytes) { value += job::value_of_bytes<std::uint64_t>(bytes); }
};

// What `add(sum, block)` adds up to on all threads of all ranks.
template <class Add>
std::uint64_t sum_over(const std::string& path, const Format& format, int threads, const Add& add) {
  const TextSource source(world(), {path}, format, small_pieces(threads));
  std::uint64_t sum = 0;
  for (const auto& part : source.for_each_block(
           "sum", [] { return Sum{}; },
           [&](Sum&mine, const TextBlock&block) {
             add(mine.value, std::string_view(block.text.data(), block.text.size()));
             return std::uint64_t{1};
           })) {
    sum += part.part.value;
  }
  return mpi::allreduce_value(world(), sum, std::plus<>{});
}

TEST(OtherSources, WholeFilesAreNeverCut) {
  const test::SharedFolder folder;
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string bytes = std::string(i * 37, 'x');
    (void)folder.write("files/" + std::to_string(i) + (i % 3 == 0 ? ".gz" : ""),
                       i % 3 == 0 ? test::gzip(bytes) : bytes);
    expected += bytes.size() * bytes.size() + 1;
  }
  const auto add = [](std::uint64_t& sum, std::string_view block) {
    whole_file_feed(block, [&](const WholeFile& file) {
      EXPECT_THAT(std::string(file.path), HasSubstr("/files/"));
      sum += file.content.size() * file.content.size() + 1;
    });
  };
  for (const int threads : {1, 3}) {
    EXPECT_EQ(sum_over(folder.path("files"), whole_files(1000), threads, add), expected);
    const Error error =
        same_error_of([&] { (void)sum_over(folder.path("files"), whole_files(700), threads, add); });
    EXPECT_THAT(error.what(), HasSubstr("files/19: the file has 703 bytes"));
  }
}

TEST(OtherSources, RowsOfHdf5) {
  const test::SharedFolder folder;
  const std::string path = folder.path("a.h5");
  hdf5::write_complete_file(world(), path, [&](const hdf5::File& file) {
    std::vector<std::uint64_t> values(600);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = i;
    }
    file.create_dataset<std::uint64_t>("x", {200, 3}).write(values);
    hdf5::write_table(file, "t", hdf5::packed_rows({hdf5::column<std::uint64_t>("n")}),
                      std::span<const std::uint64_t>(values));
  });
  const InputList inputs = list_inputs(world(), {path});
  EXPECT_EQ(hdf5_values_of_row(world(), inputs, "x"), 3U);
  EXPECT_EQ(to_string(hdf5_row_type(world(), inputs, "t")), "n (uint64)");
  EXPECT_THAT(same_error_of([&] { (void)hdf5_row_type(world(), inputs, "y"); }).what(),
              HasSubstr("there is no /y"));
  for (const int threads : {1, 3}) {
    EXPECT_EQ(sum_over(path, hdf5_rows<std::uint64_t>("x", 3), threads,
                       [](std::uint64_t& sum, std::string_view block) {
                         Hdf5RowFeed<std::uint64_t>{3}(
                             block, [&](std::span<const std::uint64_t> row) { sum += row[1]; });
                       }),
              200U * 1 + 3U * 200 * 199 / 2);
    EXPECT_EQ(sum_over(path, hdf5_table_rows("t", hdf5_row_type(world(), inputs, "t")), threads,
                       [](std::uint64_t& sum, std::string_view block) {
                         Hdf5StructFeed<std::uint64_t>{}(block, [&](std::uint64_t n) { sum += n; });
                       }),
              static_cast<std::uint64_t>(world().size()) * 600 * 599 / 2);
  }
  const Error error = same_error_of(
      [&] { (void)sum_over(path, hdf5_rows<double>("x", 3), 1, [](std::uint64_t&, std::string_view) {}); });
  EXPECT_THAT(error.what(), HasSubstr(path + ": /x holds uint64, expected float64"));
}

TEST(OtherSources, WhatIsNoHdf5IsFoundBeforeTheWork) {
  const test::SharedFolder folder;
  const std::string path = folder.write("empty.h5", "");
  const Error error =
      same_error_of([&] { hdf5_rows<double>("x").prepare(world(), list_inputs(world(), {path}), 1); });
  EXPECT_THAT(error.what(), HasSubstr(path + ": is empty: no HDF5 file"));
}

}  // namespace
}  // namespace serried::mapreduce
