#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/mapreduce/row.hpp>

#include "random_keys.hpp"
#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

static_assert(sizeof(Row<std::uint64_t>) == 32);

TEST(StoredKey, HoldsShortKeysAndRefersToLongOnes) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  for (std::size_t size = 0; size <= 100; ++size) {
    std::string key = random.bytes(size);
    const std::string original = key;
    const HashedKey stored = store_key(key);
    EXPECT_EQ(stored.key.view(), original);
    EXPECT_EQ(stored.key.is_short(), size <= 16);
    EXPECT_EQ(stored.hash, hash_bytes(original));
    EXPECT_EQ(stored.key.hash(), stored.hash);
    EXPECT_NE(stored.key.tag, 0u) << "what marks a slot as used";
    EXPECT_TRUE((Row<int>{stored.key, 0}).is_used());
    key.assign(size, '#');
    EXPECT_EQ(stored.key.view(), size <= 16 ? original : key);
  }
  EXPECT_FALSE(Row<int>{}.is_used());
  EXPECT_EQ(store_key({}).key.view(), "") << "a view that points to nothing";
}

TEST(StoredKey, RefusesFourGigabytes) {
  // Only the size is looked at: there are no such bytes.
  const char byte = 'x';
  EXPECT_THROW((void)store_key(std::string_view(&byte, std::size_t{1} << 32)), Error);
}

TEST(StoredKey, ComparesAsBytesDo) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  const std::vector<std::string> keys = test::hard_keys(random, 300);
  const std::vector<std::string> copies = keys;  // long ones at other addresses
  for (const std::string& a : keys) {
    for (const std::string& b : copies) {
      const StoredKey x = store_key(a).key;
      const StoredKey y = store_key(b).key;
      ASSERT_EQ(x == y, a == b) << testing::PrintToString(a) << " and " << testing::PrintToString(b);
      ASSERT_TRUE((x <=> y) == (std::string_view(a) <=> std::string_view(b)))
          << testing::PrintToString(a) << " and " << testing::PrintToString(b);
    }
  }
}

TEST(StoredKey, SortPrefixSortsAsEightBytesDo) {
  const std::string text = "\x01\x02\x03\x04\x05\x06\x07\x08\x09";
  const StoredKey key = store_key(text).key;
  EXPECT_EQ(key.sort_prefix(), 0x0102030405060708u);
  EXPECT_EQ(key.sort_prefix(1), 0x0203040506070809u);
  EXPECT_EQ(key.sort_prefix(8), 0x0900000000000000u);
  EXPECT_EQ(key.sort_prefix(9), 0u) << "nothing is left";
  const std::string longer(40, '\xff');
  EXPECT_EQ(store_key(longer).key.sort_prefix(32), ~std::uint64_t{0});
  EXPECT_EQ(store_key(longer).key.sort_prefix(39), 0xff00000000000000u);
}

TEST(Row, EachIsVisitedOnceInOrder) {
  const std::string text(40, 'k');
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, prefetch_distance, 2 * prefetch_distance + 1}) {
    std::vector<Row<std::size_t>> rows;
    for (std::size_t i = 0; i < n; ++i) {
      rows.push_back({store_key(std::string_view(text).substr(0, i)).key, i});
    }
    std::size_t next = 0;
    for_each_row(std::span<const Row<std::size_t>>(rows),
                 [&](const Row<std::size_t>& row) { EXPECT_EQ(row.value, next++); });
    EXPECT_EQ(next, n);
  }
}

}  // namespace
}  // namespace serried::mapreduce
