#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce.hpp>
#include <serried/numeric/exact_sum.hpp>

#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;
using test::SharedFolder;
using test::world;

// Pipelines that end in something else than a reduction. What is expected is what plain code makes of the same lines.
class DatasetsTest : public testing::Test {
 protected:
  DatasetsTest() {
    Random random(3);
    for (int i = 0; i < 3000; ++i) {
      lines_.push_back(random.bytes(1 + random.below(9), "abc") + " " + std::to_string(random.below(1000)));
    }
    std::string text;
    for (const std::string& line : lines_) {
      text += line + "\n";
    }
    path_ = folder_.write("lines", text);
  }

  // Calls `check` for threads, memories and sizes of splits that must show nowhere.
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
  static std::uint64_t number_of(std::string_view line) {
    return std::stoull(std::string(line.substr(line.find(' ') + 1)));
  }
  template <class T>
  static void expect_on_root(const std::vector<T>& got, const std::vector<T>& expected) {
    EXPECT_TRUE(got == (world().is_root() ? expected : std::vector<T>{}));
  }
  static std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
      text += line + "\n";
    }
    return text;
  }

  SharedFolder folder_;
  std::vector<std::string> lines_;
  std::string path_;
};

TEST_F(DatasetsTest, RecordsAreWrittenInTheOrderOfTheInput) {
  std::vector<std::string> expected;
  for (const std::string& line : lines_) {
    if (line[0] == 'a') {
      expected.push_back(line);
    }
  }
  for_all_options([&](const TextOptions& options) {
    const auto kept =
        text_lines(world(), {path_}, options).filter([](std::string_view line) { return line[0] == 'a'; });
    kept.write_lines(folder_.path("out"));
    EXPECT_TRUE(folder_.read("out") == joined(expected));
    const auto cached = kept.cache();
    EXPECT_EQ(cached.count(), expected.size());
    expect_on_root(cached.collect(), expected);
    cached.map([](std::string_view line) {
            return std::pair{number_of(line), line};
          })
        .write_tsv(folder_.path("out"));
    EXPECT_EQ(folder_.read("out").substr(0, 20),
              (std::to_string(number_of(expected[0])) + "\t" + expected[0] + "\n" +
               std::to_string(number_of(expected[1])) + "\t" + expected[1])
                  .substr(0, 20));
    std::uint64_t n = 0;
    cached.for_each_local([&](std::string_view) { ++n; });
    EXPECT_EQ(mpi::allreduce_value(world(), n, std::plus<>{}), expected.size());
  });
}

TEST_F(DatasetsTest, Sorts) {
  std::vector<std::string> by_bytes = lines_;
  std::ranges::sort(by_bytes);
  std::vector<std::string> by_number = lines_;
  std::ranges::stable_sort(by_number, std::greater<>{},
                           [](const std::string& line) { return number_of(line); });
  std::vector<std::string> distinct = by_bytes;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for_all_options([&](const TextOptions& options) {
    const auto all = text_lines(world(), {path_}, options);
    all.sort().write_lines(folder_.path("out"));
    EXPECT_TRUE(folder_.read("out") == joined(by_bytes));
    expect_on_root(
        all.sort_by([](std::string_view a, std::string_view b) { return number_of(a) > number_of(b); })
            .cache()
            .collect(),
        by_number);
    expect_on_root(all.distinct().cache().collect(), distinct);
    std::vector<std::string> first(by_number.begin(), by_number.begin() + 50);
    expect_on_root(
        all.top(50, [](std::string_view a, std::string_view b) { return number_of(a) > number_of(b); })
            .collect(),
        first);
    expect_on_root(all.top(0, ascending).collect(), {});
    expect_on_root(all.top(lines_.size() + 1, ascending).collect(), by_bytes);
    expect_on_root(all.top(~std::uint64_t{0}, ascending).collect(), by_bytes);
    expect_on_root(all.sort().collect(), by_bytes);
  });
}

TEST_F(DatasetsTest, NumbersSortAsNumbersInBothDirections) {
  const auto value_of = [](std::string_view line) {
    const auto number = static_cast<double>(number_of(line));
    return (line[0] == 'b' ? -1 : 1) * number / 7;
  };
  std::vector<double> expected;
  for (const std::string& line : lines_) {
    expected.push_back(value_of(line));
  }
  std::ranges::sort(expected, [](double a, double b) { return mpi::total_less(b, a); });
  for_all_options([&](const TextOptions& options) {
    expect_on_root(text_lines(world(), {path_}, options).map(value_of).sort_by(descending).cache().collect(),
                   expected);
  });
}

TEST_F(DatasetsTest, IndicesAndSamplesFollowFromTheInput) {
  std::vector<KeyValue<std::uint64_t, std::string>> expected;
  for (const std::string& line : lines_) {
    expected.push_back({expected.size(), line});
  }
  std::vector<std::string> first_sample;
  for_all_options([&](const TextOptions& options) {
    const auto all = text_lines(world(), {path_}, options);
    expect_on_root(all.zip_with_index().collect(), expected);
    const auto sample = all.sample(0.25, 42).collect();
    if (world().is_root()) {
      EXPECT_NEAR(static_cast<double>(sample.size()), 750, 5 * std::sqrt(3000 * 0.25 * 0.75));
      EXPECT_TRUE(first_sample.empty() || sample == first_sample);
      first_sample = sample;
    }
    expect_on_root(
        all.sample(0.25, 43).collect() == sample && world().is_root() ? std::vector{1} : std::vector<int>{},
        {});
    EXPECT_EQ(all.sample(0, 1).count(), 0u);
    EXPECT_EQ(all.sample(1, 1).count(), lines_.size());
  });
}

TEST_F(DatasetsTest, SumsAreExact) {
  numeric::ExactSum exact;
  std::uint64_t whole = 0;
  const auto value_of = [](std::string_view line) {
    return std::ldexp(static_cast<double>(number_of(line)) / 3, line[0] == 'a'   ? 60
                                                                : line[0] == 'b' ? 0
                                                                                 : -60) *
           (line.size() % 2 == 0 ? 1 : -1);
  };
  for (const std::string& line : lines_) {
    exact.add(value_of(line));
    whole += number_of(line);
  }
  std::vector<KeyValue<std::string, double>> by_key;
  for (const char first : {'a', 'b', 'c'}) {
    numeric::ExactSum sum;
    for (const std::string& line : lines_) {
      if (line[0] == first) {
        sum.add(value_of(line));
      }
    }
    by_key.push_back({std::string(1, first), sum.value()});
  }
  for_all_options([&](const TextOptions& options) {
    const auto all = text_lines(world(), {path_}, options);
    EXPECT_EQ(all.map(value_of).sum(), exact.value());
    EXPECT_EQ(all.map(number_of).sum(), whole);
    EXPECT_EQ(all.map([](std::string_view line) { return -static_cast<int>(number_of(line)); }).sum(),
              -static_cast<std::int64_t>(whole));
    expect_on_root(all.map([&](std::string_view line) {
                        return KeyValue{line.substr(0, 1), value_of(line)};
                      })
                       .sum_by_key()
                       .collect(),
                   by_key);
  });
}

TEST_F(DatasetsTest, AggregatesAndKeyedDataAsRecords) {
  struct Extent {
    std::uint64_t least = ~std::uint64_t{0};
    std::uint64_t most = 0;
  };
  std::vector<KeyValue<std::string, std::uint64_t>> expected;
  for (const char first : {'a', 'b', 'c'}) {
    Extent extent;
    for (const std::string& line : lines_) {
      if (line[0] == first) {
        extent = {std::min(extent.least, number_of(line)), std::max(extent.most, number_of(line))};
      }
    }
    expected.push_back({std::string(1, first), extent.most - extent.least});
  }
  for_all_options([&](const TextOptions& options) {
    auto extents = text_lines(world(), {path_}, options)
                       .map([](std::string_view line) {
                         return KeyValue{line.substr(0, 1), number_of(line)};
                       })
                       .aggregate_by_key(
                           Extent(),
                           [](const Extent& extent, std::uint64_t number) {
                             return Extent{std::min(extent.least, number), std::max(extent.most, number)};
                           },
                           [](const Extent& a, const Extent& b) {
                             return Extent{std::min(a.least, b.least), std::max(a.most, b.most)};
                           });
    const auto ranges = extents.sort_by(ascending_key).records().map([](const auto& item) {
      return KeyValue{item.key, item.value.most - item.value.least};
    });
    expect_on_root(ranges.collect(), expected);
    EXPECT_EQ(ranges.join(ranges).count(), 3u);
  });
}

TEST_F(DatasetsTest, TwoPipelinesAreOne) {
  std::vector<std::string> expected = lines_;
  for (const std::string& line : lines_) {
    expected.push_back(line.substr(0, 1));
  }
  for_all_options([&](const TextOptions& options) {
    const auto all = text_lines(world(), {path_}, options);
    const auto letters = all.map([](std::string_view line) { return line.substr(0, 1); });
    const auto both = all.union_with(letters);
    expect_on_root(both.collect(), expected);
    EXPECT_EQ(both.count(), expected.size());
    std::vector<std::string> sorted = expected;
    std::ranges::sort(sorted);
    expect_on_root(both.sort().cache().collect(), sorted);
  });
}

}  // namespace
}  // namespace serried::mapreduce
