// Keys that do not fit into memory, or are so many that they are not combined where they are read.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/hash.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mpi/allreduce.hpp>

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
using Counts = std::map<std::string, std::uint64_t>;
using Item = std::pair<std::string, std::uint64_t>;

constexpr std::uint64_t no_limit = std::uint64_t{1} << 40;
constexpr std::uint64_t kib = 1024;

TextOptions options_of(int threads, std::uint64_t memory) {
  TextOptions options;
  options.job.threads = threads;
  options.split_bytes = 20'000;
  options.window_bytes = 5000;
  options.memory = memory;
  return options;
}

// Frequent and rare, short and long words.
std::string random_words(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::string text;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t word = random.below(1 + random.below(n));
    text += std::to_string(word);
    text += std::string(word % 7 == 0 ? word % 60 : 0, 'y');
    text += i % 10 == 0 ? '\n' : ' ';
  }
  return text;
}

template <class Less>
std::string lines_of(const Counts& counts, Less less) {
  std::vector<Item> items(counts.begin(), counts.end());
  std::ranges::sort(items, less);
  std::string lines;
  for (const auto& [word, n] : items) {
    lines.append(word).append("\t").append(std::to_string(n)).append("\n");
  }
  return lines;
}
bool by_hash(const Item& a, const Item& b) {
  return std::tuple(hash_bytes(a.first), a.first) < std::tuple(hash_bytes(b.first), b.first);
}
bool by_count(const Item& a, const Item& b) {
  return std::tie(b.second, a.first) < std::tie(a.second, b.first);
}

auto counts_of(const std::string& path, const TextOptions& options) {
  return text_words(world(), {path}, options)
      .map([](std::string_view word) {
        return KeyValue{word, std::uint64_t{1}};
      })
      .reduce_by_key(std::plus<>{});
}

class ManyKeysTest : public testing::Test {
 protected:
  // Calls `check(options)` with memories and threads that lead to all ways of combining.
  template <class Check>
  static void for_all_options(Check&& check) {
    for (const int threads : {1, 3}) {
      for (const std::uint64_t memory : {64 * kib, 1024 * kib, no_limit}) {
        SCOPED_TRACE(std::to_string(threads) + " threads, memory " + std::to_string(memory));
        check(options_of(threads, memory));
      }
    }
  }

  SharedFolder folder_;
};

TEST_F(ManyKeysTest, WordsInAnyMemory) {
  const std::string text = random_words(40'000, 1);
  const std::string path = folder_.write("text", text);
  const Counts expected = test::naive_counts(text);
  const std::string expected_by_hash = lines_of(expected, by_hash);
  const std::string expected_by_count = lines_of(expected, by_count);
  const std::string expected_by_key = lines_of(expected, std::less<>());
  std::uint64_t n_spilled = 0;
  for_all_options([&](const TextOptions& options) {
    auto counts = counts_of(path, options);
    n_spilled += mpi::allreduce_value(world(), counts.n_spilled(), std::plus<>{});
    EXPECT_EQ(counts.count(), expected.size());
    counts.write_tsv(folder_.path("out"));
    ASSERT_TRUE(folder_.read("out") == expected_by_hash);
    counts.sort_by(descending_value).write_tsv(folder_.path("out"));
    ASSERT_TRUE(folder_.read("out") == expected_by_count);
    counts.sort_by([](const auto& a, const auto& b) { return a.key < b.key; });
    counts.write_lines(folder_.path("out"),
                       [](const auto& item, auto& line) { line << item.key << "\t" << item.value; });
    ASSERT_TRUE(folder_.read("out") == expected_by_key);
    counts.sort_by(ascending_key).write_tsv(folder_.path("out"));
    ASSERT_TRUE(folder_.read("out") == expected_by_key);
  });
  EXPECT_GT(n_spilled, 0U) << "of the least memory half is too little";
}

TEST_F(ManyKeysTest, OperatorsOnDataOnDisk) {
  const std::string text = random_words(25'000, 2);
  const std::string path = folder_.write("text", text);
  const Counts expected = test::naive_counts(text);
  Counts frequent = expected;
  std::erase_if(frequent, [](const Item& item) { return item.second < 3; });
  std::map<std::uint64_t, std::uint64_t> histogram;
  Counts stems;
  for (const auto& [word, n] : expected) {
    ++histogram[n];
    stems[word.substr(0, 3)] += n;
  }
  std::vector<Item> first(expected.begin(), expected.end());
  std::ranges::sort(first, by_count);
  for_all_options([&](const TextOptions& options) {
    for (const std::size_t k : {std::size_t{10}, std::size_t{3000}, 2 * first.size()}) {
      auto counts = counts_of(path, options);
      const auto items = counts.top(k, descending_value).collect();
      if (world().is_root()) {
        ASSERT_EQ(items.size(), std::min(k, first.size()));
        EXPECT_TRUE(std::ranges::equal(items, std::span(first).first(items.size()),
                                       [](const auto& item, const Item& wanted) {
                                         return item.key == wanted.first && item.value == wanted.second;
                                       }));
      }
    }
    auto counts = counts_of(path, options);
    auto of_counts = counts.regroup(
        [](const auto& item) {
          return KeyValue{item.value, std::uint64_t{1}};
        },
        std::plus<>{});
    of_counts.sort_by(ascending_key);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs;
    for (const auto& item : of_counts.collect()) {
      pairs.emplace_back(item.key, item.value);
    }
    if (world().is_root()) {
      EXPECT_TRUE(std::ranges::equal(pairs, histogram, [](const auto& a, const auto& b) {
        return a.first == b.first && a.second == b.second;
      }));
    }
    counts
        .regroup(
            [](const auto& item) {
              return KeyValue{std::string(item.key.substr(0, 3)), item.value};
            },
            std::plus<>{})
        .write_tsv(folder_.path("out"));
    EXPECT_TRUE(folder_.read("out") == lines_of(stems, by_hash));
    counts.filter([](const auto& item) { return item.value >= 3; });
    EXPECT_EQ(counts.count(), frequent.size());
    std::string here;
    counts.for_each_local([&](const auto& item) {
      here.append(item.key).append("\t").append(std::to_string(item.value)).append("\n");
    });
    const std::vector<char> all = mpi::gather_ragged(world(), here);
    if (world().is_root()) {
      EXPECT_TRUE(std::string(all.begin(), all.end()) == lines_of(frequent, by_hash));
    }
  });
}

// Numbers, most of which come once, and some very often.
TEST_F(ManyKeysTest, NumbersOfAnySkew) {
  for (const unsigned share_of_one : {0U, 60U}) {
    Random random(3);
    std::string bytes;
    std::map<std::uint64_t, std::int64_t> expected;
    for (int i = 0; i < 60'000; ++i) {
      const std::uint64_t number = random.below(100) < share_of_one ? 7 : random.bits() >> random.below(60);
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
      expected[number] -= 3;
    }
    folder_.write("numbers", bytes);
    for_all_options([&](const TextOptions& options) {
      const auto source = std::make_shared<const TextSource>(world(), std::vector{folder_.path("numbers")},
                                                             fixed_records(8), options);
      auto sums = Pipeline(text_stage(source, FixedRecordFeed{8}))
                      .map([](std::string_view record) {
                        std::uint64_t key = 0;
                        std::memcpy(&key, record.data(), sizeof key);
                        return KeyValue{key, std::int64_t{-3}};
                      })
                      .reduce_by_key(std::plus<>{});
      EXPECT_EQ(sums.count(), expected.size());
      const auto items = sums.sort_by(ascending_key).collect();
      if (world().is_root()) {
        EXPECT_TRUE(std::ranges::equal(items, expected, [](const auto& item, const auto& wanted) {
          return item.key == wanted.first && item.value == wanted.second;
        }));
      }
    });
  }
}

TEST_F(ManyKeysTest, LongKeysAndStructs) {
  struct Pair {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::uint64_t lowest = 0;
    auto operator<=>(const Pair&) const = default;
  };
  const std::string text = random_words(30'000, 4);
  const std::string path = folder_.write("text", text);
  std::map<Pair, std::uint64_t> expected;
  const auto pair_of = [](std::string_view word) {
    return Pair{hash_bytes(word), word.size(), hash_bytes(word) % 5};
  };
  for (const auto& [word, n] : test::naive_counts(text)) {
    expected[pair_of(word)] += n;
  }
  for_all_options([&](const TextOptions& options) {
    auto counts = text_words(world(), {path}, options)
                      .map([&](std::string_view word) {
                        return KeyValue{pair_of(word), std::uint64_t{1}};
                      })
                      .reduce_by_key(std::plus<>{});
    EXPECT_EQ(counts.count(), expected.size());
    counts.sort_by([](const auto& a, const auto& b) { return a.key < b.key; });
    const auto items = counts.collect();
    if (world().is_root()) {
      EXPECT_TRUE(std::ranges::equal(items, expected, [](const auto& item, const auto& wanted) {
        return item.key == wanted.first && item.value == wanted.second;
      }));
    }
  });
}

TEST_F(ManyKeysTest, OfNothing) {
  const std::string path = folder_.write("empty", "");
  for_all_options([&](const TextOptions& options) {
    auto counts = counts_of(path, options);
    EXPECT_EQ(counts.sort_by(ascending_key).count(), 0U);
    EXPECT_TRUE(counts.top(3, ascending_key).collect().empty());
  });
}

// A job that fails half-way goes on with what its ledger holds, with other memory and other threads.
TEST_F(ManyKeysTest, GoOnAfterAFailure) {
  const std::string text = random_words(40'000, 5);
  const std::string path = folder_.write("text", text);
  const std::string expected = lines_of(test::naive_counts(text), by_hash);
  const std::uint64_t n_words = 40'000;
  for (const std::uint64_t memory : {200 * kib, 4096 * kib, no_limit}) {
    const std::string checkpoint = folder_.path("checkpoint" + std::to_string(memory));
    const auto run = [&](std::uint64_t n_before_rain, TextOptions options) {
      options.job.checkpoint = checkpoint;
      options.job.checkpoint_every = std::chrono::milliseconds(0);
      options.job.resume = true;
      std::uint64_t n_fed = 0;
      auto counts = text_words(world(), {path}, options)
                        .map([&](std::string_view word) {
                          if (++n_fed > n_before_rain) {
                            throw std::runtime_error("it rains");
                          }
                          return KeyValue{word, std::uint64_t{1}};
                        })
                        .reduce_by_key(std::plus<>{});
      counts.write_tsv(folder_.path("out"));
    };
    const auto n_ranks = static_cast<std::uint64_t>(world().size());
    const Error error = error_of([&] { run(n_words / 2 / n_ranks, options_of(1, memory)); });
    EXPECT_THAT(error.what(), HasSubstr("it rains"));
    run(no_limit, options_of(1, 300 * kib));
    EXPECT_TRUE(folder_.read("out") == expected);
    run(no_limit, options_of(1, no_limit));
    EXPECT_TRUE(folder_.read("out") == expected) << "all of it is in the ledger";
  }
}

TEST_F(ManyKeysTest, ACombinerThatThrows) {
  const std::string path = folder_.write("text", random_words(30'000, 6));
  for_all_options([&](const TextOptions& options) {
    // Late, where few of a key's values have met: in different places with different memories.
    const Error error = error_of([&] {
      auto counts = text_words(world(), {path}, options)
                        .map([](std::string_view word) {
                          return KeyValue{word, std::uint64_t{1}};
                        })
                        .reduce_by_key([](std::uint64_t a, std::uint64_t b) {
                          if (a + b > 4) {
                            throw std::runtime_error("too many");
                          }
                          return a + b;
                        });
      counts.write_tsv(folder_.path("out"));
    });
    EXPECT_THAT(error.what(), HasSubstr("too many"));
    EXPECT_TRUE(same_everywhere(error.to_bytes()));
  });
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"text"});
}

TEST_F(ManyKeysTest, AnOrderThatThrows) {
  const std::string path = folder_.write("text", random_words(30'000, 7));
  for_all_options([&](const TextOptions& options) {
    auto counts = counts_of(path, options);
    const Error error = error_of([&] {
      counts.sort_by([](const auto&, const auto&) -> bool { throw std::runtime_error("no order"); });
    });
    EXPECT_THAT(error.what(), HasSubstr("no order"));
    EXPECT_TRUE(same_everywhere(error.to_bytes()));
  });
}

TEST_F(ManyKeysTest, WithoutRoomOnDisk) {
  const std::string path = folder_.write("text", random_words(200'000, 8));
  const auto count_with = [&](const std::string& tmp) {
    TextOptions options = options_of(2, 64 * kib);
    options.tmp = tmp;
    const Error error =
        error_of([&] { counts_of(path, options).sort_by(ascending_key).write_tsv(folder_.path("out")); });
    EXPECT_TRUE(same_everywhere(error.to_bytes()));
    return error;
  };
  const Error missing = count_with(folder_.path("none"));
  EXPECT_THAT(missing.what(), HasSubstr("make a file for what does not fit into memory"));
  EXPECT_EQ(missing.path(), folder_.path("none"));

  const test::SmallFileSystem small(folder_.path("small"));
  if (!small.is_there()) {
    GTEST_SKIP() << "cannot mount a tmpfs here";
  }
  const Error full = count_with(folder_.path("small"));
  EXPECT_THAT(full.what(), HasSubstr("No space left on device"));
  EXPECT_EQ(full.path(), folder_.path("small"));
  EXPECT_THAT(test::names_in(folder_.path("small")), testing::IsEmpty());
  EXPECT_EQ(folder_.names(), (std::vector<std::string>{"small", "text"}));
}

}  // namespace
}  // namespace serried::mapreduce
