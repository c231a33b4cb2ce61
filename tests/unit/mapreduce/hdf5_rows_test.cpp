#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/hdf5/file.hpp>
#include <serried/mapreduce/fixed_records.hpp>
#include <serried/mapreduce/hdf5_rows.hpp>

#include "error_of.hpp"
#include "files.hpp"
#include "foreign_table.hpp"
#include "random_text.hpp"
#include "temporary_directory.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using test::Random;
using testing::HasSubstr;

using Feed = std::function<void(std::string_view block)>;

// Feeds the blocks of all splits, in their order. Returns their bytes.
std::uint64_t feed_all(const Input& input, const Format& format, std::uint64_t split_bytes,
                       std::size_t window_bytes, const Feed& feed) {
  const auto reader = format.make_reader(window_bytes, {});
  std::uint64_t n_bytes = 0;
  std::uint64_t n_taken = 0;
  for (const Split& split : make_splits({input}, split_bytes)) {
    reader->read(input, split, [&](const Block& block) {
      EXPECT_GT(block.text.size(), 0U);
      feed({block.text.data(), block.text.size()});
      n_bytes += block.n_bytes;
      n_taken += block.n_taken;
      return true;
    });
  }
  EXPECT_LE(n_taken, input.size);
  return n_bytes;
}

struct Hit {
  std::array<char, 8> ended{};
  std::int32_t id = 0;
  double value = 0;
};

hdf5::RowType hit_type() {
  return hdf5::row_type<Hit>(
      {hdf5::member("ended", &Hit::ended), hdf5::member("id", &Hit::id), hdf5::member("value", &Hit::value)});
}

class Hdf5RowsTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "a.h5") const {
    return (folder_.path() / name).string();
  }
  [[nodiscard]] Input input(const std::string& name = "a.h5") const {
    return {path(name), std::filesystem::file_size(path(name))};
  }
  // /x of this shape, whose values are 0, 1, 2, …
  template <class T>
  Input write_numbers(const hdf5::Shape& shape, const hdf5::Layout& layout = {}) const {
    hdf5::File file = hdf5::File::create(path());
    const auto dataset = file.create_dataset<T>("x", shape, layout);
    std::vector<T> values(dataset.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<T>(i);
    }
    dataset.write(values);
    file.close();
    return input();
  }
  Input write_table(std::uint64_t n_rows, std::uint64_t chunk_rows) const {
    test::make_foreign_table(path(), n_rows, chunk_rows);
    return input();
  }

  test::TemporaryDirectory folder_;
};

TEST_F(Hdf5RowsTest, EveryRowOnceForAllSizes) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (int round = 0; round < 40; ++round) {
    hdf5::Shape shape = {random.below(5) == 0 ? random.below(3) : random.below(500)};
    std::uint64_t n_values = 1;
    while (random.below(2) == 0 && shape.size() < 4) {
      shape.push_back(random.between(1, 4));
      n_values *= shape.back();
    }
    hdf5::Layout layout;
    if (random.below(2) == 0) {
      for (const std::uint64_t extent : shape) {
        layout.chunk.push_back(random.between(1, extent + 1));
      }
      layout.deflate = static_cast<int>(random.below(2));
    }
    const Input numbers = write_numbers<std::int32_t>(shape, layout);
    for (int i = 0; i < 5; ++i) {
      std::int32_t next = 0;
      const std::uint64_t n_bytes =
          feed_all(numbers, hdf5_rows<std::int32_t>("x", n_values), random.between(1, 20'000),
                   random.between(1, 3000), [&](std::string_view block) {
                     Hdf5RowFeed<std::int32_t>{n_values}(block, [&](std::span<const std::int32_t> row) {
                       ASSERT_EQ(row.size(), n_values);
                       for (const std::int32_t value : row) {
                         ASSERT_EQ(value, next++);
                       }
                     });
                   });
      ASSERT_EQ(static_cast<std::uint64_t>(next), shape[0] * n_values);
      ASSERT_EQ(n_bytes, shape[0] * n_values * 4);
    }
  }
}

TEST_F(Hdf5RowsTest, RowsOfATableAsStructsAndAsBytes) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (const std::uint64_t n_rows : {0, 1, 1000}) {
    const Input table = write_table(n_rows, random.between(1, 100));
    const hdf5::RowType all = hdf5::File::open(table.path).table("table").type();
    for (int i = 0; i < 10; ++i) {
      std::uint64_t next = 0;
      (void)feed_all(table, hdf5_table_rows("table", hit_type()), random.between(1, 9000),
                     random.between(1, 2000), [&](std::string_view block) {
                       Hdf5StructFeed<Hit>{}(block, [&](const Hit& hit) {
                         ASSERT_EQ(static_cast<std::uint64_t>(hit.id), next);
                         ASSERT_EQ(hit.value, static_cast<double>(next) / 2);
                         ASSERT_EQ(std::string(hit.ended.data()), std::to_string(next));
                         ++next;
                       });
                     });
      ASSERT_EQ(next, n_rows);
      std::uint64_t n_records = 0;
      (void)feed_all(table, hdf5_table_rows("table", all), random.between(1, 9000), random.between(1, 2000),
                     [&](std::string_view block) {
                       FixedRecordFeed{all.n_bytes}(block, [&](std::string_view row) {
                         ASSERT_EQ(hdf5::text_in(std::as_bytes(std::span(row)), all.members[1]),
                                   std::to_string(n_records));
                         ++n_records;
                       });
                     });
      ASSERT_EQ(n_records, n_rows);
    }
  }
}

TEST_F(Hdf5RowsTest, ThreadsReadTheSameFileAndOthersByTurns) {
  const Input numbers = write_numbers<double>({20'000}, {.chunk = {1000}, .deflate = 1});
  test::make_foreign_table(path("b.h5"), 1000, 10);
  const InputList inputs = {numbers, input("b.h5")};
  std::array<double, 4> sums{};
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < sums.size(); ++thread) {
    threads.emplace_back([&, thread] {
      const auto of_numbers = hdf5_rows<double>("x").make_reader(10'000, {});
      const auto of_table = hdf5_table_rows("table", hit_type()).make_reader(10'000, {});
      for (const Split& split : make_splits(inputs, 3000)) {
        if (split.number % sums.size() != thread) {
          continue;
        }
        SplitReader& reader = split.input == 0 ? *of_numbers : *of_table;
        reader.read(inputs[split.input], split, [&](const Block& block) {
          const std::string_view text(block.text.data(), block.text.size());
          if (split.input == 0) {
            Hdf5RowFeed<double>{}(text, [&](std::span<const double> row) { sums.at(thread) += row[0]; });
          } else {
            Hdf5StructFeed<Hit>{}(text, [&](const Hit& hit) { sums.at(thread) += hit.value; });
          }
          return true;
        });
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(sums[0] + sums[1] + sums[2] + sums[3], 20'000.0 * 19'999 / 2 + 1000.0 * 999 / 4);
}

TEST_F(Hdf5RowsTest, SaysWhatIsWrong) {
  const auto error_of_reading = [&](const Input& file, const Format& format) {
    const Error error = error_of([&] { (void)feed_all(file, format, 100, 100, [](std::string_view) {}); });
    EXPECT_EQ(error.path(), file.path);
    return std::string(error.what());
  };
  const Input numbers = write_numbers<float>({4, 3});
  EXPECT_THAT(error_of_reading(numbers, hdf5_rows<float>("y", 3)), HasSubstr("there is no /y"));
  EXPECT_THAT(error_of_reading(numbers, hdf5_rows<double>("x", 3)),
              HasSubstr("/x holds float32, expected float64"));
  EXPECT_THAT(error_of_reading(numbers, hdf5_rows<float>("x")),
              HasSubstr("/x has rows of 3 values, expected 1"));
  EXPECT_THAT(error_of_reading(numbers, hdf5_table_rows("x", hit_type())),
              HasSubstr("/x holds float32 in the shape [4, 3], expected a list of rows"));
  EXPECT_THAT(error_of_reading(write_numbers<float>({}), hdf5_rows<float>("x")),
              HasSubstr("/x is a single value and has no rows"));
  const Input table = write_table(3, 2);
  EXPECT_THAT(error_of_reading(table, hdf5_rows<float>("table")),
              HasSubstr("/table holds rows of named members, expected float32"));
  EXPECT_THAT(error_of_reading(table, hdf5_table_rows("table", hdf5::packed_rows({hdf5::column<int>("n")}))),
              HasSubstr("/table has no member n that can be read; it has: id (int32)"));
  test::write_file(path("text"), "no HDF5 at all");
  EXPECT_THAT(error_of_reading(input("text"), hdf5_rows<float>("x")), HasSubstr("is not an HDF5 file"));
  EXPECT_THAT(error_of_reading({path("missing"), 10}, hdf5_rows<float>("x")), HasSubstr("No such file"));
  EXPECT_THAT(error_of_reading({numbers.path, numbers.size, Encoding::gzip}, hdf5_rows<float>("x")),
              HasSubstr("neither compressed nor from a stream"));
}

TEST_F(Hdf5RowsTest, FilesCutShortAreErrors) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  const auto expect_errors = [&](const Input& whole, const Format& format) {
    const std::string bytes = test::content(whole.path);
    for (int round = 0; round < 60; ++round) {
      test::write_file(path("cut"), bytes.substr(0, random.between(1, bytes.size() - 1)));
      EXPECT_EQ(
          error_of([&] { (void)feed_all(input("cut"), format, 1000, 1000, [](std::string_view) {}); }).path(),
          path("cut"));
    }
  };
  expect_errors(write_numbers<double>({500}), hdf5_rows<double>("x"));
  expect_errors(write_table(500, 10), hdf5_table_rows("table", hit_type()));
}

// Bytes that are no HDF5, also behind its signature.
TEST_F(Hdf5RowsTest, RandomBytesAreErrors) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (int round = 0; round < 200; ++round) {
    const std::string signature = random.below(2) == 0 ? "" : "\x89HDF\r\n\x1a\n";
    test::write_file(path("random"), signature + random.bytes(random.between(1, 3000)));
    const Format format = hdf5_rows<double>("x");
    EXPECT_EQ(error_of([&] {
                (void)feed_all(input("random"), format, 1000, 1000, [](std::string_view) {});
              }).path(),
              path("random"));
  }
}

TEST_F(Hdf5RowsTest, StopsWhenToldTo) {
  const Input numbers = write_numbers<double>({100});
  int n_calls = 0;
  const auto reader = hdf5_rows<double>("x").make_reader(80, {});
  reader->read(numbers, {0, {0, numbers.size}}, [&](const Block&) { return ++n_calls < 2; });
  EXPECT_EQ(n_calls, 2);
}

TEST_F(Hdf5RowsTest, FormatsThatDifferHaveOtherNames) {
  std::vector<std::string> names = {hdf5_rows<double>("x").name,
                                    hdf5_rows<double>("y").name,
                                    hdf5_rows<float>("x").name,
                                    hdf5_rows<double>("x", 2).name,
                                    hdf5_table_rows("x", hit_type()).name,
                                    hdf5_table_rows("x", hdf5::packed_rows(hit_type().members)).name};
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace serried::mapreduce
