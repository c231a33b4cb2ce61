// TextOptions::checked in whole pipelines: what depends on the order is an error on all ranks, and what does not passes.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mpi/allreduce.hpp>

#include "compress.hpp"
#include "same_error_of.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::same_error_of;
using test::sample_text;
using test::small_pieces;
using test::world;
using testing::HasSubstr;

TextOptions checked_options(int threads) {
  TextOptions options = small_pieces(threads);
  options.checked = true;
  return options;
}

const auto length_of = [](std::string_view word) { return KeyValue{word, static_cast<int>(word.size())}; };

class CheckedTest : public testing::Test {
 protected:
  auto words(int threads = 2) const { return text_words(world(), {path_}, checked_options(threads)); }

  test::SharedFolder folder_;
  const std::string path_ = folder_.write("text", sample_text(2000));
};

TEST_F(CheckedTest, GoodFunctionsPass) {
  const auto naive = test::naive_counts(sample_text(2000));
  for (const int threads : {1, 3}) {
    auto counts = words(threads)
                      .map([](std::string_view word) {
                        return KeyValue{word, std::uint64_t{1}};
                      })
                      .reduce_by_key(std::plus<>{});
    counts.sort_by([](const auto& a, const auto& b) { return a.value > b.value; });
    EXPECT_EQ(counts.count(), naive.size());
    auto lengths = counts.regroup(
        [](const auto& item) {
          return KeyValue{item.key.size(), item.value};
        },
        [](std::uint64_t a, std::uint64_t b) { return std::max(a, b); });
    lengths.top(3, [](const auto& a, const auto& b) { return a.value > b.value; });
    EXPECT_EQ(lengths.count(), 3U);
    const auto by_length = [](std::string_view a, std::string_view b) { return a.size() < b.size(); };
    const auto sorted = words(threads).sort_by(by_length).collect();
    EXPECT_TRUE(std::ranges::is_sorted(sorted, by_length));
    EXPECT_EQ(words(threads).top(5, by_length).count(), 5U);
    EXPECT_EQ(words(threads).map(length_of).sort_by(ascending_value).count(), 2000U);
  }
}

TEST_F(CheckedTest, AnOperationThatDependsOnTheOrder) {
  for (const int threads : {1, 3}) {
    EXPECT_THAT(
        same_error_of([&] { (void)words(threads).map(length_of).reduce_by_key(std::minus<>{}); }).what(),
        HasSubstr("the operation of a reduction depends on the order: of key 'w"));
    EXPECT_THAT(same_error_of([&] {
                  (void)words(threads)
                      .map([](std::string_view word) {
                        return KeyValue{1, hash_long(word)};
                      })
                      .reduce_by_key([](std::uint64_t first, std::uint64_t) { return first; });
                }).what(),
                HasSubstr("of key 1 op(a, b) is"));
  }
  // All values of a key are equal: what takes the first gives the same in any order.
  EXPECT_NO_THROW((void)words().map(length_of).reduce_by_key([](int first, int) { return first; }));
}

TEST_F(CheckedTest, AnOperationOfARegrouping) {
  const auto counts = words().map(length_of).reduce_by_key(std::plus<>{});
  const auto count = [&] {
    (void)counts.regroup([](const auto& item) { return KeyValue{0, item.value}; }, std::minus<>{});
  };
  EXPECT_THAT(same_error_of(count).what(), HasSubstr("of key 0 op(a, b) is"));
}

TEST_F(CheckedTest, AnOrderOfRecordsThatIsNone) {
  const auto up_to = [](std::string_view a, std::string_view b) { return a <= b; };
  const auto rock_paper_scissors = [](std::string_view a, std::string_view b) {
    return (a.size() + 1) % 3 == b.size() % 3;
  };
  const std::string packed = folder_.write("text.gz", test::gzip(sample_text(2000)));
  for (const int threads : {1, 3}) {
    for (const std::string& path : {path_, packed}) {
      const auto some = text_words(world(), {path}, checked_options(threads));
      EXPECT_THAT(same_error_of([&] { (void)some.sort_by(up_to).collect(); }).what(),
                  HasSubstr("comes before itself (it must be as < is, not as <=)"));
      EXPECT_THAT(same_error_of([&] { (void)some.sort_by(rock_paper_scissors).collect(); }).what(),
                  HasSubstr("it must be transitive"));
      EXPECT_THAT(same_error_of([&] { (void)some.top(3, up_to); }).what(), HasSubstr("comes before itself"));
    }
  }
}

TEST_F(CheckedTest, AnOrderOfALargeInputIsLookedAtBeforeItIsCut) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) {
    text += std::to_string(i * 7919 % 200'003) + "\n";
  }
  const std::string path = folder_.write("many", text);
  TextOptions options;
  options.checked = true;
  options.job.threads = 2;
  options.memory = std::uint64_t{8} << 20;
  EXPECT_THAT(same_error_of([&] {
                (void)text_lines(world(), {path}, options)
                    .sort_by([](std::string_view a, std::string_view b) { return a >= b; })
                    .collect();
              }).what(),
              HasSubstr("comes before itself"));
}

TEST_F(CheckedTest, AnOrderOfKeyedDataThatIsNone) {
  for (const int threads : {1, 3}) {
    auto counts = words(threads).map(length_of).reduce_by_key(std::plus<>{});
    EXPECT_THAT(same_error_of([&] {
                  counts.top(3, [](const auto& a, const auto& b) { return a.key <= b.key; });
                }).what(),
                HasSubstr("comes before itself"));
    EXPECT_THAT(same_error_of([&] {
                  counts.sort_by([](const auto& a, const auto& b) { return a.key <= b.key; });
                }).what(),
                HasSubstr("comes before itself"));
  }
  // Beyond memory.
  TextOptions options = checked_options(2);
  options.split_bytes = 1 << 20;
  options.window_bytes = 1 << 20;
  options.memory = std::uint64_t{1} << 20;
  std::string text;
  for (int i = 0; i < 60'000; ++i) {
    text += "word" + std::to_string(i) + " ";
  }
  const std::string many = folder_.write("many", text);
  auto counts = text_words(world(), {many}, options).map(length_of).reduce_by_key(std::plus<>{});
  EXPECT_NO_THROW(counts.sort_by(descending_value));
  EXPECT_NO_THROW(counts.sort_by([](const auto& a, const auto& b) { return a.key > b.key; }));
  EXPECT_GT(mpi::allreduce_value(world(), counts.n_spilled(), std::plus<>{}), 0U);
  EXPECT_THAT(same_error_of([&] {
                counts.sort_by([](const auto& a, const auto& b) { return a.value != b.value; });
              }).what(),
              HasSubstr("come each before the other"));
}

TEST_F(CheckedTest, WithoutItNobodyAsks) {
  TextOptions options = small_pieces(2);
  options.checked = false;
  EXPECT_NO_THROW((void)text_words(world(), {path_}, options).map(length_of).reduce_by_key(std::minus<>{}));
}

}  // namespace
}  // namespace serried::mapreduce
