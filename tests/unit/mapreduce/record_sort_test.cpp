#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mapreduce.hpp>

#include "compress.hpp"
#include "shared_folder.hpp"
#include "small_file_system.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using test::Random;
using test::same_everywhere;
using test::SharedFolder;
using test::world;
using testing::HasSubstr;

constexpr std::uint64_t no_limit = std::uint64_t{1} << 40;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for_each_line(text, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

std::string joined(const std::vector<std::string>& records, std::string_view end) {
  std::string text;
  for (const std::string& record : records) {
    text.append(record).append(end);
  }
  return text;
}

// Lines of all lengths, many of them alike, many with the same beginning.
std::string random_lines(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::string text;
  for (std::size_t i = 0; i < n; ++i) {
    text += std::string(random.below(3) == 0 ? 12 : 0, 'p');
    text += random.bytes(random.below(random.below(20) == 0 ? 200 : 9), std::string_view("ab\0\t\xff", 5));
    text += '\n';
  }
  return text;
}

TextOptions options_of(int threads, std::uint64_t memory) {
  TextOptions options;
  options.job.threads = threads;
  options.split_bytes = 5000;
  options.window_bytes = 2000;
  options.memory = memory;
  return options;
}

class RecordSortTest : public testing::Test {
 protected:
  // The output file's bytes, for all threads and memories, which must be the same.
  template <class Feed, class Order>
  std::string sorted(const std::vector<std::string>& inputs, const Format& format, const Feed& feed,
                     const Order& order, std::string_view end, Equals equals = Equals::all_stay) {
    std::string first;
    for (const int threads : {1, 3}) {
      for (const std::uint64_t memory : {std::uint64_t{256} << 10, no_limit}) {
        const auto source =
            std::make_shared<const TextSource>(world(), inputs, format, options_of(threads, memory));
        store::Output output = store::open_output(world(), folder_.path("out"));
        auto sorted = sort_records(text_stage(source, feed), order, equals, "a test");
        const auto written = sorted.write(output, end);
        const std::string bytes = folder_.read("out");
        EXPECT_EQ(written.n_bytes, bytes.size());
        if (first.empty()) {
          first = bytes;
        }
        EXPECT_TRUE(bytes == first) << threads << " threads, memory " << memory;
        if (memory == no_limit) {
          EXPECT_EQ(sorted.n_spilled(), 0U);
        }
        n_spilled_ += mpi::allreduce_value(world(), sorted.n_spilled(), std::plus<>{});
      }
    }
    return first;
  }
  std::string sorted_lines(const std::vector<std::string>& inputs, Equals equals = Equals::all_stay) {
    return sorted(inputs, text_format(Separator::newline), detail::LineFeed(), ByteOrder(), "\n", equals);
  }

  SharedFolder folder_;
  std::uint64_t n_spilled_ = 0;
};

TEST_F(RecordSortTest, LinesByTheirBytes) {
  SERRIED_TRACE_SEED();
  folder_.write("in", random_lines(60'000, test::run_seed()));
  std::vector<std::string> lines = lines_of(folder_.read("in"));  // every rank has a seed of its own
  std::ranges::sort(lines);
  EXPECT_TRUE(sorted_lines({folder_.path("in")}) == joined(lines, "\n"));
  EXPECT_GT(n_spilled_, 0U) << "a quarter of a megabyte is too little";
}

TEST_F(RecordSortTest, FilesThatCannotBeSampled) {
  const std::string text = random_lines(40'000, 5);
  folder_.write("in.gz", test::gzip(text));
  folder_.write("small", "z\na");  // without a newline at its end
  std::vector<std::string> lines = lines_of(text + "z\na\n");
  std::ranges::sort(lines);
  EXPECT_TRUE(sorted_lines({folder_.path("in.gz"), folder_.path("small")}) == joined(lines, "\n"));
}

TEST_F(RecordSortTest, OfEqualLinesTheFirstStays) {
  const std::string text = random_lines(30'000, 6);
  folder_.write("in", text);
  std::vector<std::string> lines = lines_of(text);
  std::ranges::sort(lines);
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  EXPECT_TRUE(sorted_lines({folder_.path("in")}, Equals::first_stays) == joined(lines, "\n"));
}

// Records whose keys are few stay in the order of the input, also if one key has nearly all of them.
TEST_F(RecordSortTest, IsStable) {
  constexpr std::size_t record_bytes = 12;
  for (const std::size_t n_keys : {1, 3, 200}) {
    Random random(n_keys);
    std::vector<std::string> records;
    for (std::size_t i = 0; i < 40'000; ++i) {
      std::string record(record_bytes, '\0');
      const std::string number = std::to_string(i);
      number.copy(record.data(), 8);
      record[9] = static_cast<char>(random.below(1 + random.below(n_keys)));
      records.push_back(record);
    }
    folder_.write("in", joined(records, ""));
    const KeyBytesOrder order{.key_offset = 9, .key_bytes = 2};
    std::ranges::stable_sort(
        records, [&](const std::string& a, const std::string& b) { return order.compare(a, b) < 0; });
    const std::string bytes =
        sorted({folder_.path("in")}, fixed_records(record_bytes), FixedRecordFeed{record_bytes}, order, "");
    EXPECT_TRUE(bytes == joined(records, "")) << n_keys << " keys";
  }
}

TEST_F(RecordSortTest, OfLittleOrNothing) {
  folder_.write("empty", "");
  EXPECT_EQ(sorted_lines({folder_.path("empty")}), "");
  folder_.write("newline", "\n");
  EXPECT_EQ(sorted_lines({folder_.path("newline")}), "\n");
  folder_.write("two", "b\na");
  EXPECT_EQ(sorted_lines({folder_.path("two")}), "a\nb\n");
  const std::string long_line(3'000'000, 'm');
  folder_.write("long", "z\n" + long_line + "\na\n");
  EXPECT_TRUE(sorted_lines({folder_.path("long")}) == "a\n" + long_line + "\nz\n");
}

TEST_F(RecordSortTest, AFileThatEndsInARecord) {
  folder_.write("in", std::string(1001, 'x'));
  const auto source = std::make_shared<const TextSource>(world(), std::vector{folder_.path("in")},
                                                         fixed_records(100), options_of(2, no_limit));
  const Error error = error_of([&] {
    (void)sort_records(text_stage(source, FixedRecordFeed{100}), KeyBytesOrder{0, 10}, Equals::all_stay,
                       "a test");
  });
  EXPECT_THAT(error.what(), HasSubstr("1001 bytes are no whole number of records of 100 bytes"));
  EXPECT_EQ(error.path(), folder_.path("in"));
  EXPECT_TRUE(same_everywhere(error.to_bytes()));
}

TEST_F(RecordSortTest, WithoutRoomOnDisk) {
  folder_.write("in", random_lines(100'000, 7));
  const auto sort_with = [&](const std::string& tmp) {
    TextOptions options = options_of(2, std::uint64_t{128} << 10);
    options.tmp = tmp;
    const auto source = std::make_shared<const TextSource>(world(), std::vector{folder_.path("in")},
                                                           Separator::newline, options);
    store::Output output = store::open_output(world(), folder_.path("out"));
    const Error error = error_of([&] {
      sort_records(text_stage(source, detail::LineFeed()), ByteOrder(), Equals::all_stay, "a test")
          .write(output, "\n");
    });
    EXPECT_TRUE(same_everywhere(error.to_bytes()));
    return error;
  };
  const Error missing = sort_with(folder_.path("none"));
  EXPECT_THAT(missing.what(), HasSubstr("make a file for what does not fit into memory"));
  EXPECT_EQ(missing.path(), folder_.path("none"));

  const test::SmallFileSystem small(folder_.path("small"));
  if (!small.is_there()) {
    GTEST_SKIP() << "cannot mount a tmpfs here";
  }
  const Error full = sort_with(folder_.path("small"));
  EXPECT_THAT(full.what(), HasSubstr("No space left on device"));
  EXPECT_EQ(full.path(), folder_.path("small"));
  EXPECT_THAT(test::names_in(folder_.path("small")), testing::IsEmpty());
}

// A job that fails half-way goes on with what its ledger holds.
TEST_F(RecordSortTest, GoesOnAfterAFailure) {
  const std::string text = random_lines(30'000, 8);
  folder_.write("in", text);
  std::vector<std::string> lines = lines_of(text);
  std::ranges::sort(lines);
  std::size_t n_fed = 0;
  const auto run = [&](std::size_t n_before_rain) {
    TextOptions options = options_of(1, std::uint64_t{256} << 10);
    options.job.checkpoint = folder_.path("checkpoint");
    options.job.checkpoint_every = std::chrono::milliseconds(0);
    options.job.resume = true;
    n_fed = 0;
    const auto feed = [&](std::string_view block, auto&& sink) {
      for_each_line(block, [&](std::string_view line) {
        if (++n_fed > n_before_rain) {
          throw std::runtime_error("it rains");
        }
        sink(line);
      });
    };
    const auto source = std::make_shared<const TextSource>(world(), std::vector{folder_.path("in")},
                                                           Separator::newline, options);
    store::Output output = store::open_output(world(), folder_.path("out"));
    sort_records(text_stage(source, feed), ByteOrder(), Equals::all_stay, "a test").write(output, "\n");
  };
  const auto half = 15'000 / static_cast<std::size_t>(world().size());
  const Error error = error_of([&] { run(half); });
  EXPECT_THAT(error.what(), HasSubstr("it rains"));
  run(no_limit);
  EXPECT_TRUE(folder_.read("out") == joined(lines, "\n"));
}

// Numbered records with few keys, as they lie in a ledger of so much memory, sorted with other memory.
TEST_F(RecordSortTest, IsStableAfterARestartWithOtherMemory) {
  constexpr std::size_t record_bytes = 8;
  const KeyBytesOrder order{.key_offset = 6, .key_bytes = 2};
  Random random(9);
  std::vector<std::string> records;
  for (std::size_t i = 0; i < 60'000; ++i) {
    std::string record(record_bytes, '\0');
    std::to_string(i).copy(record.data(), 6);
    record[6] = static_cast<char>(random.below(30));
    records.push_back(record);
  }
  folder_.write("in", joined(records, ""));
  std::ranges::stable_sort(
      records, [&](const std::string& a, const std::string& b) { return order.compare(a, b) < 0; });
  const auto run = [&](std::uint64_t memory, int threads, const std::string& purpose) {
    TextOptions options = options_of(threads, memory);
    options.split_bytes = 50'000;
    options.job.checkpoint = folder_.path("checkpoint");
    options.job.resume = true;
    const auto source = std::make_shared<const TextSource>(world(), std::vector{folder_.path("in")},
                                                           fixed_records(record_bytes), options);
    store::Output output = store::open_output(world(), folder_.path("out"));
    auto sorted =
        sort_records(text_stage(source, FixedRecordFeed{record_bytes}), order, Equals::all_stay, purpose);
    sorted.write(output, "");
    EXPECT_THROW(sorted.write(output, ""), std::logic_error) << "only once";
    return folder_.read("out");
  };
  EXPECT_TRUE(run(no_limit, 3, "by key") == joined(records, ""));
  EXPECT_TRUE(run(std::uint64_t{200} << 10, 1, "by key") == joined(records, ""));
  EXPECT_TRUE(run(std::uint64_t{2} << 20, 3, "by key") == joined(records, ""));
  EXPECT_THROW(run(no_limit, 1, "by another key"), Error);
}

TEST_F(RecordSortTest, RanksWithDifferentThreads) {
  const std::string text = random_lines(60'000, 10);
  folder_.write("in", text);
  std::vector<std::string> lines = lines_of(text);
  std::ranges::sort(lines);
  const auto source =
      std::make_shared<const TextSource>(world(), std::vector{folder_.path("in")}, Separator::newline,
                                         options_of(1 + 7 * (world().rank() % 2), std::uint64_t{256} << 10));
  store::Output output = store::open_output(world(), folder_.path("out"));
  sort_records(text_stage(source, detail::LineFeed()), ByteOrder(), Equals::all_stay, "a test")
      .write(output, "\n");
  EXPECT_TRUE(folder_.read("out") == joined(lines, "\n"));
}

}  // namespace
}  // namespace serried::mapreduce
