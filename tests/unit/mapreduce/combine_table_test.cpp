#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/combine_table.hpp>

#include "random_keys.hpp"
#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

using Sums = std::map<std::string, std::uint64_t>;
using SumTable = CombineTable<std::uint64_t, std::plus<>>;

template <class Table>
Sums contents(const Table& table) {
  Sums sums;
  std::size_t n_used = 0;
  for (const auto& row : table.rows()) {
    if (row.is_used()) {
      ++n_used;
      EXPECT_TRUE(sums.emplace(row.key.view(), row.value).second) << "a key lies in two rows";
    }
  }
  EXPECT_EQ(n_used, table.n_keys());
  return sums;
}

std::vector<std::string> many_keys(test::Random& random, std::size_t n) {
  std::vector<std::string> keys = test::hard_keys(random, n / 2);
  for (std::size_t i = keys.size(); i < n; ++i) {
    keys.push_back("key " + std::to_string(i) + std::string(random.below(100), 'x'));
  }
  return keys;
}

TEST(CombineTable, AsStdMapWhateverTheProgress) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  constexpr double tiny = std::numeric_limits<double>::denorm_min();
  // Shares of the input as they might be told: never, all at once, almost nothing, backwards, right.
  const std::vector<std::vector<double>> progresses = {
      {0}, {1}, {tiny}, {0, 1}, {1, 0}, {tiny, 1e-9, 1}, {0.5, 0.1}, {0.01, 0.1, 0.2, 0.4, 0.6, 0.8, 1}};
  for (const std::vector<double>& progress : progresses) {
    const std::vector<std::string> keys = many_keys(random, 12'000);  // several growths from 4096 slots
    SumTable table(std::plus<>{});
    Sums expected;
    constexpr std::size_t n_additions = 40'000;
    for (std::size_t i = 0; i < n_additions; ++i) {
      table.set_progress(progress[i * progress.size() / n_additions]);
      const std::string& key = keys[std::min(random.below(keys.size()), random.below(keys.size()))];
      const std::uint64_t value = random.bits();
      table.add(key, value);
      expected[key] += value;
    }
    table.flush();
    ASSERT_TRUE(contents(table) == expected);
  }
}

TEST(CombineTable, StartsEmptyAndFlushesNothing) {
  SumTable table(std::plus<>{});
  table.flush();
  table.flush();
  EXPECT_EQ(table.n_keys(), 0u);
  EXPECT_TRUE(contents(table).empty());
  table.add("", 3);
  table.flush();
  EXPECT_EQ(contents(table), (Sums{{"", 3}})) << "the empty key is a key";
}

TEST(CombineTable, CopiesLongKeysAtTheLatestWhenFlushed) {
  const std::string short_key = "sixteen bytes ..";
  const std::string long_key = "seventeen bytes..";
  auto table = std::make_unique<SumTable>(std::plus<>{});
  for (int i = 0; i < 3; ++i) {
    std::string buffer = long_key;
    table->add(buffer, 1);
    table->flush();
    buffer.assign(buffer.size(), '#');
  }
  {
    std::string buffer = short_key;
    table->add(buffer, 7);
    buffer.assign(buffer.size(), '#');  // a short one need not stay
  }
  table->flush();
  EXPECT_EQ(contents(*table), (Sums{{long_key, 3}, {short_key, 7}}));

  std::vector<Row<std::uint64_t>> rows;
  for (const auto& row : table->rows()) {
    if (row.is_used()) {
      rows.push_back(row);
    }
  }
  const Arena arena = std::move(*table).take_arena();
  table.reset();
  for (const auto& row : rows) {
    EXPECT_TRUE(row.key.view() == long_key || row.key.view() == short_key) << "the arena outlives the table";
  }
}

TEST(CombineTable, LongKeysStayWhereTheyAreIfAsked) {
  test::Random random(1);
  std::vector<std::string> keys;
  for (int i = 0; i < 9000; ++i) {  // the table grows
    keys.push_back(random.bytes(40));
  }
  const std::vector<std::string> copies = keys;
  SumTable table(std::plus<>{}, 0, SumTable::long_keys_stay);
  for (const auto& all : {std::cref(keys), std::cref(copies)}) {
    for (const std::string& key : all.get()) {
      table.add(key, 1);
    }
  }
  table.flush();
  EXPECT_EQ(table.n_keys(), keys.size());
  std::vector<const void*> addresses;
  for (const std::string& key : keys) {
    addresses.push_back(key.data());
  }
  std::ranges::sort(addresses);
  for (const auto& row : table.rows()) {
    if (row.is_used()) {
      EXPECT_EQ(row.value, 2u);
      EXPECT_TRUE(std::ranges::binary_search(addresses, static_cast<const void*>(row.key.data())))
          << "the first of two equal keys";
    }
  }
}

TEST(CombineTable, AnExpectedNumberOfKeysIsOnlyAHint) {
  for (const std::size_t n_expected : {0, 1, 10, 100'000}) {
    SumTable table(std::plus<>{}, n_expected);
    Sums expected;
    for (int i = 0; i < 10'000; ++i) {
      table.add(std::to_string(i % 7000), 1);
      ++expected[std::to_string(i % 7000)];
    }
    table.flush();
    EXPECT_TRUE(contents(table) == expected) << n_expected;
  }
}

TEST(CombineTable, ReservedRoomIsEnough) {
  SumTable source(std::plus<>{});
  for (int i = 0; i < 100'000; ++i) {
    source.add(std::to_string(i), 1);
  }
  source.flush();
  SumTable table(std::plus<>{});
  table.add("first", 1);
  table.reserve(source.n_keys());
  const std::size_t n_slots = table.rows().size();
  EXPECT_GE(n_slots, source.n_keys());
  for (const auto& row : source.rows()) {
    if (row.is_used()) {
      table.add(row.key.view(), row.value);
    }
  }
  table.flush();
  EXPECT_EQ(table.rows().size(), n_slots);
  EXPECT_EQ(table.n_keys(), 100'001U);
  table.reserve(1000);  // less than it has doubled for
  EXPECT_LE(table.rows().size(), 3 * n_slots);
}

// Rows and long keys together: a table that grew as far as it may has room for the keys of all its rows.
TEST(CombineTable, GrowsToWhatItsBytesAreEnoughFor) {
  for (const std::size_t length : {std::size_t{8}, std::size_t{40}, std::size_t{1000}}) {
    constexpr std::size_t n_bytes = std::size_t{4} << 20;
    SumTable table(std::plus<>{});
    std::size_t n = 0;
    const auto fill = [&] {
      for (; n + 1 < table.capacity() && n < 1'000'000; ++n) {
        std::string key = std::to_string(n);
        key.resize(length, 'x');
        table.add(key, 1);
        table.flush();
      }
    };
    while (table.n_keys_within(n_bytes) > 2 * table.capacity()) {
      fill();
      table.grow(table.n_keys_within(n_bytes));
    }
    fill();
    EXPECT_LE(table.n_bytes(), n_bytes);
    EXPECT_GT(table.n_bytes(), n_bytes / 4);
    table.clear();
    table.shrink(100);
    EXPECT_LT(table.n_bytes(), n_bytes / 4);
    table.add("a", 1);
    table.flush();
    EXPECT_EQ(contents(table), (Sums{{"a", 1}}));
  }
}

TEST(CombineTable, KeysOfOneSliceOfTheHashesSpreadOverIt) {
  // What a part is given after the exchange: all keys share the high bits of their hash.
  SumTable table(std::plus<>{}, 2000);
  Sums expected;
  for (int i = 0; expected.size() < 2000; ++i) {
    const std::string key = std::to_string(i);
    if (hash_slice(store_key(key).hash, 64) == 17) {
      table.add(key, 1);
      ++expected[key];
    }
  }
  table.flush();
  EXPECT_TRUE(contents(table) == expected);
  std::size_t run = 0;
  std::size_t longest = 0;
  for (const auto& row : table.rows()) {
    run = row.is_used() ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  EXPECT_LT(longest, 200u) << "they would pile up if the same bits chose the slot";
}

struct Statistics {
  double max = 0;
  std::uint32_t n = 0;
};

TEST(CombineTable, OtherValuesAndOperations) {
  const auto combine = [](const Statistics& a, const Statistics& b) {
    return Statistics{std::max(a.max, b.max), a.n + b.n};
  };
  CombineTable<Statistics, decltype(combine)> table(combine);
  for (int i = 0; i < 1000; ++i) {
    table.add("x", {static_cast<double>(i % 700), 1});
  }
  table.flush();
  for (const auto& row : table.rows()) {
    if (row.is_used()) {
      EXPECT_EQ(row.value.max, 699);
      EXPECT_EQ(row.value.n, 1000u);
    }
  }
}

}  // namespace
}  // namespace serried::mapreduce
