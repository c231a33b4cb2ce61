#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/row.hpp>
#include <serried/mapreduce/string_sort.hpp>

#include "random_keys.hpp"
#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

using Ranked = std::pair<std::uint64_t, std::string>;

void expect_sorted_as_std_sort_does(const std::vector<std::string>& keys, test::Random& random,
                                    std::size_t n_ranks) {
  std::vector<Ranked> expected;
  std::vector<Row<int>> rows;
  rows.reserve(keys.size());
  for (const std::string& key : keys) {
    // Ranks at both ends of their range too.
    const std::uint64_t rank = n_ranks == 1 ? 0 : random.below(n_ranks) * (~std::uint64_t{0} / (n_ranks - 1));
    expected.emplace_back(rank, key);
    rows.push_back({store_key(key).key, 0});
  }
  std::vector<SortItem<int>> items;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    items.push_back({expected[i].first, rows[i].key.sort_prefix(), &rows[i]});
  }
  sort_items(std::span(items));
  std::ranges::sort(expected);
  std::vector<Ranked> sorted;
  for (const SortItem<int>& item : items) {
    sorted.emplace_back(item.rank, item.row->key.view());
  }
  ASSERT_EQ(sorted, expected);
}

TEST(SortItems, HardKeysAsStdSort) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  std::vector<std::size_t> sizes = {100, 257, 3000};
  for (std::size_t n = 0; n <= 30; ++n) {  // around the limits of the small cases
    sizes.insert(sizes.end(), 5, n);
  }
  for (const std::size_t n : sizes) {
    for (const std::size_t n_ranks : {1, 2, 5}) {
      ASSERT_NO_FATAL_FAILURE(expect_sorted_as_std_sort_does(test::hard_keys(random, n), random, n_ranks));
    }
  }
}

TEST(SortItems, KeysThatDifferOnlyFarBehindOrInTheirLength) {
  test::Random random(1);
  std::vector<std::string> keys;
  for (std::size_t length = 0; length < 300; ++length) {
    keys.emplace_back(length, 'a');
    keys.emplace_back(length, '\0');
    keys.push_back(std::string(length, 'a') + std::string(40, '\0'));
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (std::size_t i = keys.size(); i > 1; --i) {
    std::swap(keys[i - 1], keys[random.below(i)]);
  }
  expect_sorted_as_std_sort_does(keys, random, 1);
}

}  // namespace
}  // namespace serried::mapreduce
