// Pipeline::save and load, on all ranks.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mapreduce.hpp>

#include "naive_saved.hpp"
#include "same_error_of.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;
using test::same_error_of;
using test::SharedFolder;
using test::world;
using testing::HasSubstr;

// Text, and a number with a gap behind it.
using SavedRecord = KeyValue<std::string_view, KeyValue<std::uint64_t, std::uint8_t>>;
using OwnedRecord = OwnedOf<SavedRecord>;

class SavedRecordsTest : public testing::Test {
 protected:
  SavedRecordsTest() {
    Random random(7);
    for (int i = 0; i < 3000; ++i) {
      lines_.push_back(random.bytes(1 + random.below(100), "abc"));
    }
    for (const std::size_t size : {70'000, 1, 300'000, 65'536}) {  // longer than pieces, and as long
      lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(random.below(lines_.size())),
                    std::string(size, 'l'));
    }
    std::string text;
    for (const std::string& line : lines_) {
      text += line + "\n";
    }
    path_ = folder_.write("lines", text);
    for (const std::string& line : lines_) {
      items_.push_back(item_of(line));
      std::vector<char> bytes;
      encode_saved(bytes, item_of(line));
      encoded_.emplace_back(bytes.begin(), bytes.end());
    }
  }

  static OwnedRecord item_of(std::string_view line) {
    return {std::string(line), {line.size(), static_cast<std::uint8_t>(line[0])}};
  }
  [[nodiscard]] auto items(const TextOptions& options) const {
    return text_lines(world(), {path_}, options).map([](std::string_view line) {
      return SavedRecord{line, {line.size(), static_cast<std::uint8_t>(line[0])}};
    });
  }
  // Threads, memories and sizes of splits that must show nowhere.
  static std::vector<TextOptions> all_options() {
    std::vector<TextOptions> all;
    for (const auto& [threads, memory, split_bytes] :
         {std::tuple(1, 64u << 10, 3000), std::tuple(2, 96u << 10, 777),
          std::tuple(2, 512u << 20, 200'000)}) {
      TextOptions& options = all.emplace_back();
      options.job.threads = threads;
      options.memory = memory;
      options.split_bytes = static_cast<std::uint64_t>(split_bytes);
      options.window_bytes = 1000;
    }
    return all;
  }
  // As it should be, piece by piece, with no rank and no thread.
  [[nodiscard]] std::string expected_file() const {
    return test::naive_saved("key_value(text, key_value(u64, u8))", encoded_);
  }
  template <class T>
  static void expect_on_root(const std::vector<T>& got, const std::vector<T>& expected) {
    EXPECT_TRUE(got == (world().is_root() ? expected : std::vector<T>{}));
  }

  SharedFolder folder_;
  std::string path_;
  std::vector<std::string> lines_;
  std::vector<OwnedRecord> items_;
  std::vector<std::string> encoded_;
};

TEST_F(SavedRecordsTest, AreTheSameBytesHoweverTheyWereRead) {
  const std::string expected = expected_file();
  for (const TextOptions& options : all_options()) {
    items(options).save(folder_.path("saved"));
    EXPECT_TRUE(folder_.read("saved") == expected);
    items(options).cache().save(folder_.path("cached"));
    EXPECT_TRUE(folder_.read("cached") == expected);
    load<SavedRecord>(world(), {folder_.path("saved")}, options).save(folder_.path("again"));
    EXPECT_TRUE(folder_.read("again") == expected);
  }
  EXPECT_EQ(folder_.names(), (std::vector<std::string>{"again", "cached", "lines", "saved"}));
}

TEST_F(SavedRecordsTest, AreLoadedInTheirOrder) {
  items({}).save(folder_.path("saved"));
  for (const TextOptions& options : all_options()) {
    const auto loaded = load<OwnedRecord>(world(), {folder_.path("saved")}, options);
    EXPECT_EQ(loaded.count(), items_.size());
    expect_on_root(loaded.collect(), items_);
    auto sizes = loaded.map([](const SavedRecord& item) { return item.value.key; });
    expect_on_root(sizes.top(3, descending).collect(), {300'000, 70'000, 65'536});
    std::vector<OwnedRecord> twice = items_;
    twice.insert(twice.end(), items_.begin(), items_.end());
    expect_on_root(
        load<SavedRecord>(world(), {folder_.path("saved"), folder_.path("save?")}, options).collect(), twice);
  }
}

TEST_F(SavedRecordsTest, SortedOnesAndKeysToo) {
  std::vector<std::string> sorted = lines_;
  std::ranges::sort(sorted);
  std::map<std::uint64_t, std::uint64_t> counts;
  for (const std::string& line : lines_) {
    ++counts[line.size()];
  }
  std::vector<std::string> encoded;
  for (const auto& [size, n] : counts) {
    encoded.push_back(test::bytes_of(size) + test::bytes_of(n));
  }
  for (const TextOptions& options : all_options()) {
    text_lines(world(), {path_}, options).sort().save(folder_.path("sorted"));
    EXPECT_TRUE(folder_.read("sorted") == test::naive_saved("text", sorted));
    items(options)
        .map([](const SavedRecord& item) {
          return KeyValue{item.value.key, std::uint64_t{1}};
        })
        .reduce_by_key(std::plus<>{})
        .sort_by(ascending_key)
        .records()
        .save(folder_.path("counts"));
    EXPECT_TRUE(folder_.read("counts") == test::naive_saved("key_value(u64, u64)", encoded));
    // What is sorted again has been sampled in the file.
    load<std::string>(world(), {folder_.path("sorted")}, options)
        .sort_by(descending)
        .save(folder_.path("down"));
    EXPECT_TRUE(folder_.read("down") == test::naive_saved("text", {sorted.rbegin(), sorted.rend()}));
  }
}

TEST_F(SavedRecordsTest, Nothing) {
  for (const TextOptions& options : all_options()) {
    items(options).filter([](const SavedRecord&) { return false; }).save(folder_.path("nothing"));
    EXPECT_TRUE(folder_.read("nothing") == test::naive_saved("key_value(text, key_value(u64, u8))", {}));
    EXPECT_EQ(load<SavedRecord>(world(), {folder_.path("nothing")}, options).count(), 0U);
  }
}

// A job that fails half-way goes on with what its ledger holds.
TEST_F(SavedRecordsTest, GoOnAfterAFailure) {
  items({}).save(folder_.path("saved"));
  const auto n_ranks = static_cast<std::uint64_t>(world().size());
  const auto run = [&](std::uint64_t n_before_rain) {
    TextOptions options;
    options.job.threads = 1;
    options.split_bytes = 1;
    options.job.checkpoint = folder_.path("checkpoint");
    options.job.checkpoint_every = std::chrono::milliseconds(0);
    options.job.resume = true;
    std::uint64_t n_fed = 0;
    load<SavedRecord>(world(), {folder_.path("saved")}, options)
        .filter([&](const SavedRecord&) {
          if (++n_fed > n_before_rain) {
            throw std::runtime_error("it rains");
          }
          return true;
        })
        .save(folder_.path("out"));
    return n_fed;
  };
  EXPECT_THAT(same_error_of([&] { run(lines_.size() / 2 / n_ranks); }).what(), HasSubstr("it rains"));
  EXPECT_LE(run(lines_.size()), lines_.size());
  EXPECT_TRUE(folder_.read("out") == expected_file());
  EXPECT_EQ(run(lines_.size()), 0U) << "all of it is in the ledger";
  EXPECT_TRUE(folder_.read("out") == expected_file());
}

TEST_F(SavedRecordsTest, WhatIsNoSuchFileIsOneErrorOnAllRanks) {
  items({}).save(folder_.path("saved"));
  const std::string good = folder_.read("saved");
  const auto error_of_loading = [&](const std::string& bytes) {
    const std::string path = folder_.write("bad", bytes);
    const Error error = same_error_of([&] {
      static_cast<void>(load<SavedRecord>(world(), {folder_.path("saved"), path}).count());
    });
    EXPECT_EQ(error.path(), path);
    EXPECT_TRUE(error.offset()) << error.what();
    return std::string(error.what());
  };
  EXPECT_THAT(error_of_loading(""), HasSubstr("no file of saved records"));
  EXPECT_THAT(error_of_loading("some text\n"), HasSubstr("is no file of saved records"));
  EXPECT_THAT(error_of_loading(good.substr(0, good.size() / 2)), HasSubstr("cut or damaged"));
  EXPECT_THAT(error_of_loading(test::naive_saved("text", {"a"})),
              HasSubstr("holds records of type text, not key_value(text, key_value(u64, u8))"));
  Random random(2);
  for (int i = 0; i < 8; ++i) {
    std::string bytes = good;
    const std::size_t at = random.below(bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    EXPECT_THAT(error_of_loading(bytes), HasSubstr("bad, byte "));
  }
  EXPECT_THAT(same_error_of([&] {
                static_cast<void>(load<SavedRecord>(world(), {folder_.path("x.gz")}).count());
              }).what(),
              HasSubstr("x.gz"));
}

TEST_F(SavedRecordsTest, WhatCannotBeWrittenLeavesNothing) {
  const auto lines = text_lines(world(), {path_});
  EXPECT_THAT(same_error_of([&] { lines.save("-"); }).what(), HasSubstr("not compressed"));
  EXPECT_THAT(same_error_of([&] { lines.save(folder_.path("a.gz")); }).what(), HasSubstr("a.gz"));
  EXPECT_THAT(same_error_of([&] { lines.save(folder_.path("missing/a")); }).what(), HasSubstr("missing/a"));
  const Error error = same_error_of([&] {
    lines
        .filter([](std::string_view line) -> bool {
          if (line.size() == 70'000) {
            throw std::runtime_error("too long");
          }
          return true;
        })
        .save(folder_.path("a"));
  });
  EXPECT_THAT(error.what(), HasSubstr("too long"));
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"lines"});
}

}  // namespace
}  // namespace serried::mapreduce
