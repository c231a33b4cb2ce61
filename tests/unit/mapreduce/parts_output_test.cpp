// write_parts and partition_by, on all ranks.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mapreduce.hpp>

#include "same_error_of.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;
using test::same_error_of;
using test::SharedFolder;
using test::world;
using testing::ElementsAre;
using testing::HasSubstr;

class PartsOutputTest : public testing::Test {
 protected:
  PartsOutputTest() {
    Random random(11);
    std::string text;
    for (int i = 0; i < 4000; ++i) {
      lines_.push_back(random.bytes(1 + random.below(30), "abc") + " " + std::to_string(i));
      text += lines_.back() + "\n";
    }
    path_ = folder_.write("lines", text);
  }

  template <class Check>
  static void for_all_options(Check&& check) {
    for (const auto& [threads, memory, split_bytes] :
         {std::tuple(1, 64u << 10, 3000), std::tuple(2, 96u << 10, 777),
          std::tuple(2, 512u << 20, 100'000)}) {
      SCOPED_TRACE(testing::Message() << threads << " threads, memory " << memory);
      TextOptions options;
      options.job.threads = threads;
      options.memory = memory;
      options.split_bytes = static_cast<std::uint64_t>(split_bytes);
      options.window_bytes = 1000;
      check(options);
    }
  }
  // Rank 0's view of a folder, on all ranks; then the folder is gone.
  [[nodiscard]] std::map<std::string, std::string> take(const std::string& name) const {
    std::map<std::string, std::string> files;
    std::vector<std::string> names;
    if (std::filesystem::is_directory(folder_.path(name))) {
      names = test::names_in(folder_.path(name));
    }
    mpi::barrier(world());
    for (const std::string& file : names) {
      files[file] = folder_.read(name + "/" + file);
    }
    folder_.on_root([&] { std::filesystem::remove_all(folder_.path(name)); });
    return files;
  }

  SharedFolder folder_;
  std::string path_;
  std::vector<std::string> lines_;
};

TEST(PartName, SortsAsThePartsDo) {
  EXPECT_EQ(part_name(0, 4, "tsv"), "part-00000-of-00004.tsv");
  EXPECT_EQ(part_name(12, 1'000'000, ""), "part-0000012-of-1000000");
}

TEST_F(PartsOutputTest, AFileOfEachRankAndAllOfThemHoldAll) {
  std::string expected;
  for (const std::string& line : lines_) {
    expected += line + "\n";
  }
  for_all_options([&](const TextOptions& options) {
    const auto lines = text_lines(world(), {path_}, options);
    lines.cache().write_parts(folder_.path("parts"));
    const auto files = take("parts");
    ASSERT_EQ(files.size(), static_cast<std::size_t>(world().size()));
    std::vector<std::string> all;
    for (int rank = 0; rank < world().size(); ++rank) {
      const std::string& part = files.at(
          part_name(static_cast<std::uint64_t>(rank), static_cast<std::uint64_t>(world().size()), "tsv"));
      // In their order: the number behind the text grows.
      std::uint64_t next = 0;
      for_each_line(part, [&](std::string_view line) {
        const std::uint64_t number = std::stoull(std::string(line.substr(line.find(' ') + 1)));
        EXPECT_GE(number, next);
        next = number + 1;
        all.emplace_back(line);
      });
    }
    std::ranges::sort(all, {},
                      [](const std::string& line) { return std::stoull(line.substr(line.find(' ') + 1)); });
    EXPECT_TRUE(all == lines_);
    // Sorted ones and keyed data have their orders over the files.
    lines.map([](std::string_view line) {
           return KeyValue{line.substr(line.find(' ') + 1), line.size()};
         })
        .reduce_by_key(std::plus<>{})
        .sort_by(ascending_key)
        .records()
        .write_parts(
            folder_.path("parts"), [](const auto& item, auto& line) { line << item.key; }, "txt");
    std::string joined;
    for (const auto& [name, content] : take("parts")) {
      EXPECT_THAT(name, HasSubstr(".txt"));
      joined += content;
    }
    std::vector<std::string> numbers;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      numbers.push_back(std::to_string(i));
    }
    std::ranges::sort(numbers);
    std::string sorted;
    for (const std::string& number : numbers) {
      sorted += number + "\n";
    }
    EXPECT_TRUE(joined == sorted);
  });
}

TEST_F(PartsOutputTest, PartsOfYoursAreTheSameBytesAlways) {
  for (const std::uint32_t n_parts : {1U, 3U, 40U}) {
    std::map<std::string, std::string> expected;
    for (std::uint32_t part = 0; part < n_parts; ++part) {
      expected[part_name(part, n_parts, "tsv")];
    }
    const auto part_of = [n_parts](std::string_view line) { return line.size() % n_parts; };
    for (const std::string& line : lines_) {
      expected[part_name(part_of(line), n_parts, "tsv")] += line + "\n";
    }
    for_all_options([&](const TextOptions& options) {
      text_lines(world(), {path_}, options).partition_by(n_parts, part_of).write_parts(folder_.path("parts"));
      EXPECT_TRUE(take("parts") == expected) << n_parts;
    });
  }
}

TEST_F(PartsOutputTest, NoRecordsAreEmptyFiles) {
  const auto nothing = text_lines(world(), {path_}).filter([](std::string_view) { return false; });
  nothing.write_parts(folder_.path("parts"));
  const auto of_ranks = take("parts");
  EXPECT_EQ(of_ranks.size(), static_cast<std::size_t>(world().size()));
  nothing.partition_by(2, [](std::string_view) { return 0; })
      .write_parts(folder_.path("parts"), TsvLine(), "");
  EXPECT_THAT(take("parts"),
              ElementsAre(std::pair<const std::string, std::string>("part-00000-of-00002", ""),
                          std::pair<const std::string, std::string>("part-00001-of-00002", "")));
  for (const auto& [name, content] : of_ranks) {
    EXPECT_EQ(content, "") << name;
  }
}

TEST_F(PartsOutputTest, KeysWithValuesIntoAFolderThatWasOpenedBefore) {
  store::OutputFolder output(world(), folder_.path("parts"));
  text_lines(world(), {path_})
      .map([](std::string_view line) {
        return KeyValue{std::uint64_t{line.size() / 10}, std::uint64_t{1}};
      })
      .reduce_by_key(std::plus<>{})
      .records()
      .partition_by(2, [](const auto& item) { return item.key % 2; })
      .write_parts(output);
  std::map<std::uint64_t, std::uint64_t> counts;
  for (const std::string& line : lines_) {
    ++counts[line.size() / 10];
  }
  const auto files = take("parts");
  std::size_t n_found = 0;
  for (const auto& [key, n] : counts) {
    const std::string& part = files.at(part_name(key % 2, 2, "tsv"));
    n_found += static_cast<std::size_t>(
        ("\n" + part).find("\n" + std::to_string(key) + "\t" + std::to_string(n) + "\n") !=
        std::string::npos);
  }
  EXPECT_EQ(n_found, counts.size());
}

TEST_F(PartsOutputTest, WhatGoesWrongIsOneErrorAndLeavesNothing) {
  const auto lines = text_lines(world(), {path_});
  const auto error_of_partition = [&](const auto& part_of) {
    return std::string(
        same_error_of([&] { lines.partition_by(4, part_of).write_parts(folder_.path("parts")); }).what());
  };
  EXPECT_THAT(error_of_partition([&](std::string_view line) { return line == lines_[1234] ? 4 : 3; }),
              testing::AllOf(HasSubstr("part_of gives 4, but parts are numbered from 0 to 3"),
                             HasSubstr("the record is: " + lines_[1234])));
  EXPECT_THAT(error_of_partition([&](std::string_view line) { return line == lines_[99] ? -1 : 3; }),
              testing::AllOf(HasSubstr("part_of gives -1"), HasSubstr(lines_[99])));
  EXPECT_THAT(error_of_partition([&](std::string_view line) {
                return line == lines_[7] ? ~std::uint64_t{0} : std::uint64_t{0};
              }),
              HasSubstr("part_of gives 18446744073709551615"));
  EXPECT_THAT(error_of_partition([&](std::string_view line) -> int {
                if (line == lines_[3999]) {
                  throw std::runtime_error("it rains");
                }
                return 0;
              }),
              HasSubstr("it rains"));
  const auto formatter = [&](std::string_view line, auto& out) {
    if (line == lines_[2000]) {
      throw std::runtime_error("no words");
    }
    out << line;
  };
  EXPECT_THAT(same_error_of([&] { lines.write_parts(folder_.path("parts"), formatter); }).what(),
              HasSubstr("no words"));
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"lines"});
  lines.write_parts(folder_.path("parts"));
  EXPECT_THAT(same_error_of([&] { lines.write_parts(folder_.path("parts")); }).what(),
              HasSubstr("the folder is not empty"));
}

}  // namespace
}  // namespace serried::mapreduce
