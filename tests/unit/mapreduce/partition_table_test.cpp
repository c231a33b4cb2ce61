#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/partition_table.hpp>

#include "random_keys.hpp"
#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;

template <Key K>
using Table = PartitionTable<K, std::uint64_t, std::plus<>>;

template <Key K>
std::map<std::string, std::uint64_t> contents(const Table<K>& table) {
  std::map<std::string, std::uint64_t> sums;
  table.for_each([&](const StoredKey& key, const std::uint64_t& value) {
    EXPECT_EQ(key, store_key(key.view()).key);
    EXPECT_TRUE(sums.emplace(key.view(), value).second) << "a key comes twice";
  });
  EXPECT_EQ(sums.size(), table.n_keys());
  return sums;
}

// Partition after partition, of any size, whatever the table expects after the one before.
TEST(PartitionTable, OfWordsAsStdMap) {
  Random random(1);
  Table<std::uint64_t> table(std::plus<>{});
  for (const std::size_t n_keys : {10U, 20'000U, 3U, 0U, 5000U, 30'000U}) {
    std::map<std::string, std::uint64_t> expected;
    table.begin(n_keys / 2);  // too few
    for (std::size_t i = 0; i < 2 * n_keys; ++i) {
      std::uint64_t key = random.below(n_keys) << random.below(40);
      if (i % 100 == 0) {
        key = WordRow<std::uint64_t>::free_place;
      }
      const std::uint64_t value = random.bits();
      table.add(stored_form(key), value);
      expected[std::string(key_bytes(key))] += value;
    }
    EXPECT_TRUE(contents(table) == expected) << n_keys;
  }
}

TEST(PartitionTable, OfTextAsStdMap) {
  Random random(2);
  std::vector<std::string> keys = test::hard_keys(random, 3000);
  Table<std::string_view> table(std::plus<>{});
  for (int round = 0; round < 2; ++round) {
    std::map<std::string, std::uint64_t> expected;
    table.begin(0);
    for (int i = 0; i < 10'000; ++i) {
      const std::string& key = keys[random.below(keys.size())];
      table.add(store_key(key), 1);
      ++expected[key];
    }
    EXPECT_TRUE(contents(table) == expected);
  }
}

}  // namespace
}  // namespace serried::mapreduce
