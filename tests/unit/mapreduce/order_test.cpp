#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/order.hpp>

#include "random_keys.hpp"
#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

template <class V>
V random_value(test::Random& random) {
  constexpr V few[] = {V{0}, V{1}, std::numeric_limits<V>::lowest(), std::numeric_limits<V>::max(),
                       static_cast<V>(-1)};
  return random.below(2) == 0 ? few[random.below(5)] : static_cast<V>(random.below(100));
}

template <class V>
struct Item {
  std::string key;
  V value;
  friend bool operator==(const Item&, const Item&) = default;
};

// Sorts rows with keys `keys` and random values by `order`, and expects what std::sort with `less` on plain
// items gives.
template <class V, class Order, class Less>
void expect_sorted(test::Random& random, const std::vector<std::string>& keys, Order order, Less less) {
  std::vector<Item<V>> expected;
  std::vector<Row<V>> rows;
  for (const std::string& key : keys) {
    expected.push_back({key, random_value<V>(random)});
    rows.push_back({store_key(key).key, expected.back().value});
  }
  std::ranges::sort(expected, less);
  sort_rows<std::string_view>(rows, order);
  std::vector<Item<V>> sorted;
  for (const Row<V>& row : rows) {
    sorted.push_back({std::string(row.key.view()), row.value});
  }
  ASSERT_TRUE(sorted == expected);
}

template <class V>
void expect_all_orders(test::Random& random, const std::vector<std::string>& keys) {
  using T = const Item<V>&;
  expect_sorted<V>(random, keys, ascending_key, [](T a, T b) { return a.key < b.key; });
  expect_sorted<V>(random, keys, descending_key, [](T a, T b) { return b.key < a.key; });
  expect_sorted<V>(random, keys, ascending_value,
                   [](T a, T b) { return std::tie(a.value, a.key) < std::tie(b.value, b.key); });
  expect_sorted<V>(random, keys, descending_value,
                   [](T a, T b) { return std::tie(b.value, a.key) < std::tie(a.value, b.key); });
  expect_sorted<V>(
      random, keys, [](const auto& a, const auto& b) { return a.key.size() > b.key.size(); },
      [](T a, T b) { return a.key.size() != b.key.size() ? a.key.size() > b.key.size() : a.key < b.key; });
  expect_sorted<V>(
      random, keys, [](const auto&, const auto&) { return false; }, [](T a, T b) { return a.key < b.key; });
}

TEST(SortRows, AllOrdersAsStdSort) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  for (const std::size_t n : {0, 1, 2, 12, 13, 100, 2000}) {
    const std::vector<std::string> keys = test::hard_keys(random, n);
    ASSERT_NO_FATAL_FAILURE(expect_all_orders<std::uint64_t>(random, keys));
    ASSERT_NO_FATAL_FAILURE(expect_all_orders<std::int64_t>(random, keys));
    ASSERT_NO_FATAL_FAILURE(expect_all_orders<std::int8_t>(random, keys));
    ASSERT_NO_FATAL_FAILURE(expect_all_orders<std::uint16_t>(random, keys));
    ASSERT_NO_FATAL_FAILURE(expect_all_orders<double>(random, keys));
  }
}

TEST(SortRows, NumbersByValueTiesToo) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  std::vector<Row<int>> rows;
  std::vector<std::pair<int, std::int64_t>> expected;
  for (int i = 0; i < 500; ++i) {
    const std::int64_t key = (i - 250) * 300;
    const int value = static_cast<int>(random.below(3));
    rows.push_back({store_key(key_bytes<std::int64_t>(key)).key, value});
    expected.emplace_back(value, key);
  }
  sort_rows<std::int64_t>(rows, ascending_value);
  std::ranges::sort(expected);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].value, expected[i].first);
    EXPECT_EQ(key_view<std::int64_t>(rows[i].key), expected[i].second);
  }
}

template <class K>
void expect_integral_keys_sorted(test::Random& random, std::size_t n) {
  std::vector<K> keys(n);
  for (K& key : keys) {
    key = static_cast<K>(random.below(2) == 0 ? random.bits() : random.bits() % 1000);
  }
  std::vector<Row<int>> rows;
  for (const K& key : keys) {
    rows.push_back({store_key(key_bytes(key)).key, 7});
  }
  std::ranges::sort(keys);
  sort_rows<K>(rows, ascending_key);
  for (std::size_t i = 0; i < n; ++i) {
    ASSERT_EQ(key_view<K>(rows[i].key), keys[i]);
  }
}

TEST(SortRows, IntegralKeysByValue) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  for (const std::size_t n : {0, 1, 2, 999, 1000, 50'000}) {
    ASSERT_NO_FATAL_FAILURE(expect_integral_keys_sorted<std::uint64_t>(random, n));
    ASSERT_NO_FATAL_FAILURE(expect_integral_keys_sorted<std::int64_t>(random, n));
    ASSERT_NO_FATAL_FAILURE(expect_integral_keys_sorted<std::int16_t>(random, n));
    ASSERT_NO_FATAL_FAILURE(expect_integral_keys_sorted<std::uint32_t>(random, n));
  }
}

TEST(SortRows, FloatingPointValuesHaveOneOrder) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  // Ascending: IEEE 754's totalOrder.
  const std::vector<double> values = {-nan, -infinity, -1, -0.0, 0.0, 1, infinity, nan};
  for (std::size_t first = 0; first < values.size(); ++first) {
    std::vector<Row<double>> rows;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t which = (first + 3 * i) % values.size();
      rows.push_back({store_key(std::to_string(which)).key, values[which]});
    }
    sort_rows<std::string_view>(rows, ascending_value);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].key.view(), std::to_string(i));
    }
  }
}

TEST(RowLess, IsAStrictOrderOfDistinctKeys) {
  const RowLess<std::string_view, int, DescendingValue> less(descending_value);
  const Row<int> a{store_key("a").key, 1};
  const Row<int> b{store_key("b").key, 1};
  const Row<int> c{store_key("c").key, 2};
  EXPECT_TRUE(less(a, b));
  EXPECT_FALSE(less(b, a));
  EXPECT_FALSE(less(a, a));
  EXPECT_TRUE(less(c, a));
}

}  // namespace
}  // namespace serried::mapreduce
