#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/hash.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/reduction.hpp>

#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using test::same_everywhere;
using test::small_pieces;
using test::world;
using testing::ElementsAre;
using testing::HasSubstr;
using CountedWord = KeyValue<std::string, std::uint64_t>;
using CountedWords = std::vector<CountedWord>;
using WordCounts = KeyedData<std::string_view, std::uint64_t>;

class KeyedTest : public testing::Test {
 protected:
  [[nodiscard]] WordCounts counts(int threads) const { return counts_of(path_, threads); }
  [[nodiscard]] static WordCounts counts_of(const std::string& path, int threads) {
    return text_words(world(), {path}, small_pieces(threads))
        .map([](std::string_view word) {
          return KeyValue{word, std::uint64_t{1}};
        })
        .reduce_by_key(std::plus<>{});
  }
  // All items, sorted by `less`.
  template <class Less>
  [[nodiscard]] CountedWords expected(Less less) const {
    CountedWords items;
    for (const auto& [word, n] : test::naive_counts(text_)) {
      items.push_back({word, n});
    }
    std::ranges::sort(items, less);
    return items;
  }
  [[nodiscard]] CountedWords expected_by_count() const {
    return expected([](const CountedWord& a, const CountedWord& b) {
      return std::tie(b.value, a.key) < std::tie(a.value, b.key);
    });
  }
  static void expect_on_root(const CountedWords& got, const CountedWords& wanted) {
    EXPECT_EQ(got, world().is_root() ? wanted : CountedWords{});
  }

  test::SharedFolder folder_;
  const std::string text_ = test::sample_text(700);
  const std::string path_ = folder_.write("text", text_);
};

TEST_F(KeyedTest, SortByEachOrder) {
  for (const int threads : {1, 2, 3}) {
    const auto sorted = [&](auto order) { return counts(threads).sort_by(order).collect(); };
    expect_on_root(sorted(ascending_key),
                   expected([](const CountedWord& a, const CountedWord& b) { return a.key < b.key; }));
    expect_on_root(sorted(descending_key),
                   expected([](const CountedWord& a, const CountedWord& b) { return b.key < a.key; }));
    expect_on_root(sorted(ascending_value), expected([](const CountedWord& a, const CountedWord& b) {
                     return std::tie(a.value, a.key) < std::tie(b.value, b.key);
                   }));
    expect_on_root(sorted(descending_value), expected_by_count());
    expect_on_root(sorted([](const auto& a, const auto& b) { return a.key.size() < b.key.size(); }),
                   expected([](const CountedWord& a, const CountedWord& b) {
                     return std::tuple(a.key.size(), a.key) < std::tuple(b.key.size(), b.key);
                   }));
    expect_on_root(sorted([](const auto&, const auto&) { return false; }),
                   expected([](const CountedWord& a, const CountedWord& b) { return a.key < b.key; }));
  }
}

TEST_F(KeyedTest, UnsortedIsTheSameForAnyThreadsAndRanks) {
  const CountedWords by_hash = expected([](const CountedWord& a, const CountedWord& b) {
    return std::tuple(hash_bytes(a.key), a.key) < std::tuple(hash_bytes(b.key), b.key);
  });
  for (const int threads : {1, 2, 3}) {
    expect_on_root(counts(threads).collect(), by_hash);
  }
}

TEST_F(KeyedTest, SortedAgain) {
  WordCounts data = counts(2);
  data.sort_by(descending_value);
  data.sort_by(ascending_key).sort_by(descending_value);
  expect_on_root(data.collect(), expected_by_count());
  expect_on_root(data.collect(), expected_by_count());
}

TEST_F(KeyedTest, CollectOnAnotherRank) {
  for (int root = 0; root < world().size(); ++root) {
    const CountedWords got = counts(2).sort_by(descending_value).collect(root);
    EXPECT_EQ(got, world().rank() == root ? expected_by_count() : CountedWords{});
  }
}

TEST_F(KeyedTest, LocalItemsInOrderRankAfterRank) {
  WordCounts data = counts(2);
  data.sort_by(descending_value);
  std::string here;
  data.for_each_local(
      [&](const auto& item) { ((here += item.key) += ' ') += std::to_string(item.value) + '\n'; });
  const std::vector<char> all = mpi::gather_ragged(world(), std::vector<char>(here.begin(), here.end()));
  std::string wanted;
  for (const CountedWord& item : expected_by_count()) {
    wanted += item.key + ' ' + std::to_string(item.value) + '\n';
  }
  EXPECT_EQ(std::string(all.begin(), all.end()), world().is_root() ? wanted : "");
}

TEST_F(KeyedTest, SortingSpreadsTheItems) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += std::to_string(i * 7919 % 20'000) + ' ';
  }
  TextOptions options = small_pieces(2);
  options.split_bytes = 1000;
  options.window_bytes = 1000;
  auto data = text_words(world(), {folder_.write("many", text)}, options)
                  .map([](std::string_view word) {
                    return KeyValue{word, 1};
                  })
                  .reduce_by_key(std::plus<>{});
  for (int round = 0; round < 2; ++round) {
    round == 0 ? data.sort_by(ascending_key) : data.sort_by(ascending_value);
    std::uint64_t n_here = 0;
    data.for_each_local([&](const auto&) { ++n_here; });
    // Samples of 128 a part: twice a part's share is far out of the way of chance.
    EXPECT_LT(n_here, 2 * 20'000u / static_cast<unsigned>(world().size()) + 100);
  }
}

TEST_F(KeyedTest, TopOfEachSize) {
  const CountedWords all = expected_by_count();
  for (const int threads : {1, 3}) {
    for (const std::uint64_t k : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{17},
                                  std::uint64_t{all.size() - 1}, std::uint64_t{all.size()},
                                  std::uint64_t{all.size() + 1}, ~std::uint64_t{0}}) {
      const std::size_t n = std::min<std::size_t>(k, all.size());
      WordCounts data = counts(threads);
      data.top(k, descending_value);
      EXPECT_EQ(data.count(), n);
      expect_on_root(data.collect(), CountedWords(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)));
    }
  }
  CountedWords shortest = expected([](const CountedWord& a, const CountedWord& b) {
    return std::tuple(a.key.size(), a.key) < std::tuple(b.key.size(), b.key);
  });
  shortest.resize(5);
  expect_on_root(
      counts(2).top(5, [](const auto& a, const auto& b) { return a.key.size() < b.key.size(); }).collect(),
      shortest);
}

TEST_F(KeyedTest, WriteTsvInBothOrdersOfColumns) {
  std::string key_value;
  std::string value_key;
  for (const CountedWord& item : expected_by_count()) {
    key_value += item.key + '\t' + std::to_string(item.value) + '\n';
    value_key += std::to_string(item.value) + '\t' + item.key + '\n';
  }
  counts(2).sort_by(descending_value).write_tsv(folder_.path("a.tsv"));
  EXPECT_EQ(folder_.read("a.tsv"), key_value);
  counts(2).sort_by(descending_value).write_tsv(folder_.path("a.tsv"), Columns::value_key);
  EXPECT_EQ(folder_.read("a.tsv"), value_key) << "written over the earlier one";
  EXPECT_THAT(folder_.names(), ElementsAre("a.tsv", "text")) << "nothing is left over";
}

TEST_F(KeyedTest, WriteTsvToAPipeOrADevice) {
  counts(2).write_tsv("/dev/null");
  const Error error = error_of([&] { counts(2).write_tsv("/dev/full"); });
  EXPECT_EQ(error.path(), "/dev/full");
  EXPECT_THAT(error.what(), HasSubstr("No space left"));
  EXPECT_TRUE(same_everywhere(error.to_bytes()));
}

TEST_F(KeyedTest, AnEmptyResultIsAnEmptyFile) {
  auto nothing = counts_of(folder_.write("white", " \n \n"), 2);
  nothing.write_tsv(folder_.path("empty.tsv"));
  EXPECT_EQ(folder_.read("empty.tsv"), "");
}

TEST_F(KeyedTest, AKeyThatATsvCannotHoldIsRefusedEverywhere) {
  for (const std::string_view bad : {"tab\there", "new\nline", "a key that is rather long and ends with\t"}) {
    auto data = text_words(world(), {path_}, small_pieces(2))
                    .map([bad](std::string_view word) {
                      return KeyValue{word == "w1" ? std::string(bad) : std::string(word), 1};
                    })
                    .reduce_by_key(std::plus<>{});
    (void)folder_.write("bad.tsv", "earlier");
    const Error error = error_of([&] { data.write_tsv(folder_.path("bad.tsv")); });
    EXPECT_THAT(error.what(), HasSubstr("holds a tab or a newline"));
    EXPECT_TRUE(same_everywhere(error.to_bytes()));
    EXPECT_THROW(data.write_tsv("/dev/null"), Error);
    EXPECT_EQ(folder_.read("bad.tsv"), "earlier");
    EXPECT_THAT(folder_.names(), ElementsAre("bad.tsv", "text"));
  }
}

TEST_F(KeyedTest, FilterKeepsWhatThePredicateWants) {
  for (const int threads : {1, 3}) {
    auto data = counts(threads);
    data.filter([](const auto& item) { return item.value >= 3; });
    CountedWords wanted = expected([](const CountedWord& a, const CountedWord& b) { return a.key < b.key; });
    std::erase_if(wanted, [](const CountedWord& item) { return item.value < 3; });
    EXPECT_EQ(data.count(), wanted.size());
    expect_on_root(data.sort_by(ascending_key).collect(), wanted);
    data.filter([](const auto&) { return false; });
    EXPECT_EQ(data.count(), 0u);
    EXPECT_THROW(counts(threads).filter([](const auto&) -> bool { throw Error("no"); }), Error);
  }
}

TEST_F(KeyedTest, RegroupMakesOtherKeys) {
  std::map<std::uint64_t, std::uint64_t> histogram;
  std::map<std::string, std::uint64_t> by_ending;
  for (const auto& [word, n] : test::naive_counts(text_)) {
    ++histogram[n];
    by_ending["a key that is longer than sixteen bytes" + word.substr(word.size() - 1)] += n;
  }
  for (const int threads : {1, 2, 3}) {
    const auto data = counts(threads);
    auto counts_of_counts = data.regroup(
        [](const auto& item) {
          return KeyValue{item.value, std::uint64_t{1}};
        },
        std::plus<>{});
    const auto got = counts_of_counts.sort_by(ascending_key).collect();
    auto endings = data.regroup(
        [](const auto& item) {
          return KeyValue{
              "a key that is longer than sixteen bytes" + std::string(item.key.substr(item.key.size() - 1)),
              item.value};
        },
        std::plus<>{});
    const auto got_endings = endings.sort_by(ascending_key).collect();
    EXPECT_EQ(endings.source_counts().n_records, data.source_counts().n_records);
    if (world().is_root()) {
      std::map<std::uint64_t, std::uint64_t> pairs;
      for (const auto& item : got) {
        pairs[item.key] = item.value;
      }
      EXPECT_EQ(pairs, histogram);
      EXPECT_EQ(got.size(), histogram.size());
      std::map<std::string, std::uint64_t> ending_pairs;
      for (const auto& item : got_endings) {
        ending_pairs[item.key] = item.value;
      }
      EXPECT_EQ(ending_pairs, by_ending);
    }
  }
}

TEST_F(KeyedTest, WriteLinesAsTheFormatterSays) {
  for (const int threads : {1, 3}) {
    auto data = counts(threads);
    data.sort_by(ascending_key).write_lines(folder_.path("lines"), [](const auto& item, auto& line) {
      line << item.value << " times '" << item.key << "'";
    });
    std::string wanted;
    for (const CountedWord& item :
         expected([](const CountedWord&a, const CountedWord&b) { return a.key < b.key; })) {
      wanted += std::to_string(item.value) + " times '" + item.key + "'\n";
    }
    EXPECT_EQ(folder_.read("lines"), wanted);
    EXPECT_THROW(data.write_lines(folder_.path("none"), [](const auto&, auto&) { throw Error("no"); }),
                 Error);
    EXPECT_THAT(folder_.names(), ElementsAre("lines", "text"));
  }
}

TEST_F(KeyedTest, OutputsThatCannotBe) {
  folder_.on_root([&] { std::filesystem::create_directory(folder_.path("folder")); });
  for (const std::string& path : {folder_.path("folder"), folder_.path("missing/out.tsv")}) {
    const Error error = error_of([&] { counts(1).write_tsv(path); });
    EXPECT_TRUE(error.path().starts_with(path)) << error.what();
    EXPECT_TRUE(same_everywhere(error.to_bytes()));
  }
}

TEST_F(KeyedTest, NumbersAsKeysAndValues) {
  auto data = text_words(world(), {path_}, small_pieces(2))
                  .map([](std::string_view word) {
                    const auto size = static_cast<std::int32_t>(word.size());
                    return KeyValue{5 - size, 0.5 * size};
                  })
                  .reduce_by_key(mpi::max);
  data.sort_by(ascending_key).write_tsv(folder_.path("numbers.tsv"));
  std::vector<int> keys;
  for (const auto& word : test::naive_words(text_)) {
    keys.push_back(5 - static_cast<int>(word.bytes.size()));
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::string wanted;
  for (const int key : keys) {
    NumberText digits;
    wanted += std::to_string(key) + '\t' + std::string(number_text(0.5 * (5 - key), digits)) + '\n';
  }
  EXPECT_EQ(folder_.read("numbers.tsv"), wanted);
}

}  // namespace
}  // namespace serried::mapreduce
