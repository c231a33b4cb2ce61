#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/block_reader.hpp>
#include <serried/mapreduce/inputs.hpp>

#include "compress.hpp"
#include "files.hpp"
#include "naive_text.hpp"
#include "random_text.hpp"
#include "temporary_directory.hpp"

namespace serried::mapreduce {
namespace {

using namespace std::string_view_literals;
using test::Record;

std::vector<Record> naive_records(std::string_view text, Separator separator) {
  return separator == Separator::newline ? test::naive_lines(text) : test::naive_words(text);
}

struct SplitResult {
  std::vector<std::string> records;
  std::string bytes;
  std::uint64_t n_taken = 0;
};

SplitResult read_split(BlockReader& reader, const Input& input, const Split& split, Separator separator) {
  SplitResult result;
  reader.read(input, split, separator, [&](std::span<char> block, std::uint64_t n_taken) {
    const std::string_view text(block.data(), block.size());
    const auto keep = [&](std::string_view record) { result.records.emplace_back(record); };
    EXPECT_FALSE(text.empty()) << "nothing to say";
    separator == Separator::newline ? for_each_line(text, keep) : for_each_word(text, keep);
    result.bytes += text;
    result.n_taken += n_taken;
    std::ranges::fill(block, '#');  // the block is the visitor's
    return true;
  });
  return result;
}

// Every record exactly once, in the split in which it begins; all bytes, in order.
void expect_records_where_they_begin(const std::string& path, const std::string& text, Separator separator,
                                     std::uint64_t split_bytes, std::size_t window_bytes) {
  const Input input{path, text.size(), Encoding::plain};
  const std::vector<Record> records = naive_records(text, separator);
  BlockReader reader(window_bytes);
  std::string all;
  for (const Split& split : make_splits({input}, split_bytes)) {
    std::vector<std::string> expected;
    for (const Record& record : records) {
      if (record.begin >= split.bytes.begin && record.begin < split.bytes.end) {
        expected.push_back(record.bytes);
      }
    }
    const SplitResult got = read_split(reader, input, split, separator);
    ASSERT_EQ(got.records, expected) << "bytes " << split.bytes.begin << " to " << split.bytes.end;
    all += got.bytes;
  }
  ASSERT_EQ(all, text);
}

void expect_for_all_sizes(const std::string& path, const std::string& text) {
  test::write_file(path, text);
  for (const Separator separator : {Separator::newline, Separator::white_space}) {
    for (std::uint64_t split_bytes = 1; split_bytes <= 20; ++split_bytes) {
      for (std::size_t window_bytes = 1; window_bytes <= 20; ++window_bytes) {
        ASSERT_NO_FATAL_FAILURE(
            expect_records_where_they_begin(path, text, separator, split_bytes, window_bytes))
            << testing::PrintToString(text) << (separator == Separator::newline ? ", lines" : ", words")
            << ", splits of " << split_bytes << ", window of " << window_bytes;
      }
    }
  }
}

TEST(BlockReader, EveryRecordOnceWhereItBegins) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / "text").string();
  // As texts are; white space of all kinds; records longer than any window here; few separators.
  for (const std::string_view alphabet :
       {"abc \n"sv, "a\n"sv, " \t\n\v\f\r\0\xff"sv, "aaaaaaaaaaaaaaaaaaaaaaaaa\n"sv, ""sv}) {
    ASSERT_NO_FATAL_FAILURE(expect_for_all_sizes(path, random.bytes(random.between(20, 45), alphabet)));
  }
  for (const std::size_t size : {1, 2, 20, 21, 47}) {
    ASSERT_NO_FATAL_FAILURE(expect_for_all_sizes(path, std::string(size, 'x'))) << "no separator";
    ASSERT_NO_FATAL_FAILURE(expect_for_all_sizes(path, std::string(size, '\n'))) << "separators only";
    ASSERT_NO_FATAL_FAILURE(expect_for_all_sizes(path, std::string(size, 'x') + '\n'));
    ASSERT_NO_FATAL_FAILURE(expect_for_all_sizes(path, '\n' + std::string(size, 'x')));
  }
}

TEST(BlockReader, LargeTextsWithSizesOfAllKinds) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / "text").string();
  for (int round = 0; round < 40; ++round) {
    std::string text;
    // Lines of a few bytes and of many thousands, around the 4096 that are read beyond a split.
    while (text.size() < 60'000) {
      const std::size_t size = random.below(10) == 0 ? random.below(20'000) : random.below(80);
      text += random.bytes(size, "abcdefg "sv.substr(0, random.between(1, 8)));
      text += '\n';
    }
    text.resize(text.size() - random.below(3));
    test::write_file(path, text);
    const std::uint64_t split_bytes = random.between(500, 30'000);
    const std::size_t window_bytes = random.between(1, 10'000);
    for (const Separator separator : {Separator::newline, Separator::white_space}) {
      ASSERT_NO_FATAL_FAILURE(
          expect_records_where_they_begin(path, text, separator, split_bytes, window_bytes))
          << "splits of " << split_bytes << ", window of " << window_bytes;
    }
  }
}

TEST(BlockReader, ReadsLittleBeyondItsSplit) {
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / "text").string();
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += "0123456\n";
  }
  test::write_file(path, text);
  const Input input{path, text.size(), Encoding::plain};
  BlockReader reader(1 << 20);
  const SplitResult got = read_split(reader, input, {0, {80'000, 160'000}}, Separator::newline);
  EXPECT_EQ(got.records.size(), 10'000u);
  EXPECT_LE(got.n_taken, 80'000u + 2 * 4096u) << "as many bytes as progress shows";
}

TEST(BlockReader, CompressedInputsAreOneSplit) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  const test::TemporaryDirectory folder;
  for (const Encoding encoding : {Encoding::gzip, Encoding::zstd}) {
    const std::string path = (folder.path() / "text").string();
    for (const std::string& text : {random.bytes(200, "ab \n"), std::string(100, 'x'), std::string(50, '\n'),
                                    std::string(), random.bytes(300)}) {
      const std::string bytes = encoding == Encoding::gzip ? test::gzip(text) : test::zstd(text);
      test::write_file(path, bytes);
      const Input input{path, bytes.size(), encoding};
      for (std::size_t window_bytes = 1; window_bytes <= 20; ++window_bytes) {
        for (const Separator separator : {Separator::newline, Separator::white_space}) {
          BlockReader reader(window_bytes);
          const SplitResult got = read_split(reader, input, make_splits({input}, 10).at(0), separator);
          ASSERT_EQ(got.records, test::bytes_of(naive_records(text, separator)));
          ASSERT_EQ(got.bytes, text);
        }
      }
    }
  }
}

TEST(BlockReader, StopsWhenToldTo) {
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / "text").string();
  test::write_file(path, "a\nb\nc\nd\n");
  BlockReader reader(2);
  int n_calls = 0;
  reader.read({path, 8, Encoding::plain}, {0, {0, 8}}, Separator::newline,
              [&](std::span<char>, std::uint64_t) { return ++n_calls < 2; });
  EXPECT_EQ(n_calls, 2);
}

TEST(BlockReader, ErrorsOfTheFileAndOfTheVisitorComeOut) {
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / "text").string();
  test::write_file(path, "a\nb\nc\n");
  BlockReader reader(2);
  const auto ignore = [](std::span<char>, std::uint64_t) { return true; };
  try {
    reader.read({path, 100, Encoding::plain}, {0, {0, 100}}, Separator::newline, ignore);
    ADD_FAILURE() << "the file is shorter than it was";
  } catch (const Error& error) {
    EXPECT_EQ(error.path(), path);
    EXPECT_EQ(error.offset(), 6u);
  }
  EXPECT_THROW(reader.read({path, 100, Encoding::plain}, {0, {50, 100}}, Separator::newline, ignore), Error)
      << "its end is gone";
  EXPECT_THROW(reader.read({path, 6, Encoding::plain}, {0, {0, 6}}, Separator::newline,
                           [](std::span<char>, std::uint64_t) -> bool { throw std::runtime_error("mine"); }),
               std::runtime_error);
  int n_blocks = 0;
  reader.read({path, 6, Encoding::plain}, {0, {0, 6}}, Separator::newline,
              [&](std::span<char>, std::uint64_t) {
                ++n_blocks;
                return true;
              });
  EXPECT_EQ(n_blocks, 3) << "the reader can be used again";
  EXPECT_THROW(BlockReader(0), std::logic_error);
}

}  // namespace
}  // namespace serried::mapreduce
