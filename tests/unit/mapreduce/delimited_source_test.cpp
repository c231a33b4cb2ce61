// CSV files through a TextSource, on all ranks.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mapreduce/delimited.hpp>
#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/allreduce.hpp>

#include "naive_delimited.hpp"
#include "same_error_of.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::same_error_of;
using test::small_pieces;
using test::world;
using testing::ElementsAre;
using testing::HasSubstr;

class DelimitedSourceTest : public testing::Test {
 protected:
  // The sum over all records, however they are shared out, of the hashes of their fields' lengths and of one number.
  [[nodiscard]] static std::uint64_t sum_of(const std::vector<std::string>& patterns, const Delimited& kind,
                                            bool is_prepared, const TextOptions& options) {
    const Format format = delimited_format(kind);
    if (is_prepared) {
      format.prepare(world(), list_inputs(world(), patterns), options.job.threads);
    }
    const TextSource source(world(), patterns, format, options);
    const DelimitedFeed feed(kind);
    std::uint64_t sum = 0;
    for (const auto& part : source.for_each_block(
             "sum", [] { return Sum{}; },
             [&](Sum&mine, const TextBlock&block) {
               std::uint64_t n = 0;
               feed(std::string_view(block.text.data(), block.text.size()), [&](const Fields& fields) {
                 mine.value += fields.number<std::uint64_t>(0) * (fields[1].size() + 1);
                 ++n;
               });
               return n;
             })) {
      sum += part.part.value;
    }
    return mpi::allreduce_value(world(), sum, std::plus<>{});
  }

  // Rows "number,"any text""; their sum as above.
  [[nodiscard]] std::uint64_t write_rows(const std::string& name, std::size_t n_rows, std::uint64_t seed,
                                         std::size_t longest = 40) const {
    test::Random random(seed);
    std::string text = "id,\"what\"\n";
    for (std::size_t i = 0; i < n_rows; ++i) {
      text += std::to_string(random.below(1000)) + ",\"" + random.bytes(random.below(longest), "ab,\n\r") +
              (random.below(3) == 0 ? "\"\"" : "") + "\"\n";
    }
    (void)folder_.write(name, text);
    std::uint64_t sum = 0;
    const auto rows = test::naive_rows(text, {.has_header = true});
    for (const test::Row& row : rows.value()) {
      sum += std::stoull(row[0]) * (row[1].size() + 1);
    }
    return sum;
  }

  test::SharedFolder folder_;

 private:
  struct Sum {
    std::uint64_t value = 0;
    void merge(Sum&& other) { value += other.value; }
    void save(std::vector<std::byte>& bytes) const { job::append_bytes(bytes, value); }
    void load(std::span<const std::byte> bytes) { value += job::value_of_bytes<std::uint64_t>(bytes); }
  };
};

TEST_F(DelimitedSourceTest, TheSameFromAnyNumberOfRanksAndThreads) {
  const std::uint64_t expected = write_rows("a.csv", 300, 1) + write_rows("b.csv", 50, 2);
  for (const int threads : {1, 3}) {
    for (const bool is_prepared : {false, true}) {
      EXPECT_EQ(sum_of({folder_.path("*.csv")}, {.has_header = true, .n_columns = 2}, is_prepared,
                       small_pieces(threads)),
                expected);
    }
  }
}

TEST_F(DelimitedSourceTest, FilesLongerThanQuotesAreCountedIn) {
  const std::uint64_t expected = write_rows("a.csv", 9'000, 3, 500) + write_rows("b.csv", 5'000, 4, 500);
  TextOptions options;
  options.job.threads = 2;
  options.split_bytes = 100'000;
  for (const bool is_prepared : {false, true}) {
    EXPECT_EQ(sum_of({folder_.path()}, {.has_header = true}, is_prepared, options), expected);
  }
}

TEST_F(DelimitedSourceTest, TheHeaderNamesTheColumns) {
  (void)write_rows("a.csv", 3, 5);
  (void)folder_.write("0.csv", "");
  const Delimited kind = with_header_of(world(), list_inputs(world(), {folder_.path()}), {});
  EXPECT_THAT(kind.names, ElementsAre("id", "what"));
  EXPECT_EQ(kind.n_columns, 2U);
  EXPECT_TRUE(kind.has_header);
  EXPECT_EQ(column_of(kind, "what"), 1U);
  const Error error = same_error_of(
      [&] { (void)with_header_of(world(), list_inputs(world(), {folder_.path("0.csv")}), {}); });
  EXPECT_THAT(error.what(), HasSubstr("no input holds a header"));
}

TEST_F(DelimitedSourceTest, AllRanksThrowWhatIsWrongFirst) {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += std::to_string(i) + (i < 70 || i % 2 == 0 ? ",\"a\nb\"\n" : ",b\"\n");
  }
  const std::string path = folder_.write("broken.csv", text);
  for (const int threads : {1, 2}) {
    const Error error = same_error_of([&] { (void)sum_of({path}, {}, false, small_pieces(threads)); });
    EXPECT_THAT(error.what(), HasSubstr(path + ", byte "));
    EXPECT_THAT(error.what(), HasSubstr("record 72, '71,b\"': a quote in a field that does not begin with"));
  }
}

TEST_F(DelimitedSourceTest, WhatIsNoNumberNamesFileColumnAndRecord) {
  const std::string path = folder_.write("a.csv", "1,a\nx2,b\n");
  const Error error = same_error_of([&] { (void)sum_of({path}, {}, true, small_pieces(1)); });
  EXPECT_EQ(error.path(), path);
  EXPECT_THAT(error.what(), HasSubstr("column 1 holds 'x2', which is no such number, in the record 'x2,b'"));
}

TEST_F(DelimitedSourceTest, AMissingFileIsFoundByAllWhileCounting) {
  const std::string path = folder_.write("gone.csv", "1,a\n");
  const InputList inputs = list_inputs(world(), {path});
  folder_.on_root([&] { std::filesystem::remove(path); });
  const Error error = same_error_of([&] { delimited_format(csv()).prepare(world(), inputs, 2); });
  EXPECT_EQ(error.path(), path);
}

}  // namespace
}  // namespace serried::mapreduce
