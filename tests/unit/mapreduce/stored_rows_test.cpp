#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/stored_rows.hpp>

#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

using Stored = StoredRows<std::string_view, std::uint64_t>;
using Rows = std::vector<Row<std::uint64_t>>;

std::vector<std::string> keys_of(std::size_t part, std::size_t n) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < n; ++i) {
    keys.push_back(std::to_string(part) + " " + std::to_string(i) + std::string(i % 300, 'k'));
  }
  return keys;
}
Rows rows_of(const std::vector<std::string>& keys) {
  Rows rows;
  for (const std::string& key : keys) {
    rows.push_back({store_key(key).key, rows.size()});
  }
  return rows;
}
void expect_part(const Stored& stored, std::size_t part, const Rows& expected) {
  EXPECT_EQ(stored.n_rows(part), expected.size());
  stored.read(part, [&](const Rows& rows) {
    ASSERT_EQ(rows.size(), expected.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].key, expected[i].key);
      EXPECT_EQ(rows[i].value, expected[i].value);
    }
  });
}

TEST(StoredRows, InMemoryAndOnDisk) {
  for (const std::uint64_t memory : {std::uint64_t{0}, std::uint64_t{3} << 20, std::uint64_t{1} << 40}) {
    Stored stored(2, memory, "");
    EXPECT_EQ(stored.add_parts(2), 0U);
    EXPECT_EQ(stored.add_parts(2), 2U);
    const std::vector<std::size_t> sizes = {20'000, 0, 1, 20'000};
    for (const std::size_t part : {3U, 0U, 1U, 2U}) {
      const auto keys = keys_of(part, sizes[part]);
      stored.write(part, part % 2, rows_of(keys));
    }
    EXPECT_EQ(stored.n_parts(), 4U);
    EXPECT_GT(stored.n_bytes(), 2 * 20'000U * 150);
    EXPECT_EQ(stored.n_spilled() > 0, memory < stored.n_bytes());
    for (std::size_t part = 0; part < sizes.size(); ++part) {
      const auto keys = keys_of(part, sizes[part]);
      expect_part(stored, part, rows_of(keys));
    }
    // Made of what it was.
    stored.read(0, [&](const Rows& rows) { stored.write(0, 1, std::span(rows).first(7)); });
    stored.drop(3);
    const auto keys = keys_of(0, 7);
    expect_part(stored, 0, rows_of(keys));
    expect_part(stored, 3, {});
    // What was freed can be used again.
    const std::uint64_t n_spilled = stored.n_spilled();
    stored.write(3, 0, rows_of(keys));
    EXPECT_EQ(stored.n_spilled() > n_spilled, memory == 0);
  }
}

}  // namespace
}  // namespace serried::mapreduce
