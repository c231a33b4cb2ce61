#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/packed_rows.hpp>

#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;

// Writes rows and reads them again, as a whole and one by one.
template <Key K, class V>
std::vector<char> expect_the_same(const std::vector<std::pair<K, V>>& rows) {
  using Packed = PackedRows<K, V>;
  std::vector<char> bytes;
  for (const auto& [key, value] : rows) {
    const StoredKey stored = stored_form(key).key;
    const std::size_t at = bytes.size();
    bytes.resize(at + Packed::max_bytes(stored));
    const char* const end = Packed::write(bytes.data() + at, stored, value);
    bytes.resize(static_cast<std::size_t>(end - bytes.data()));
  }
  bytes.shrink_to_fit();  // a sanitizer sees what reads beyond the end
  std::size_t i = 0;
  Packed::for_each(bytes, [&](const HashedKey& hashed, const V& value) {
    const HashedKey expected = stored_form(rows.at(i).first);
    EXPECT_EQ(hashed.key, expected.key);
    EXPECT_EQ(hashed.hash, expected.hash);
    EXPECT_EQ(hashed.key.tag, expected.key.tag);
    EXPECT_EQ(value, rows[i++].second);
  });
  EXPECT_EQ(i, rows.size());
  i = 0;
  Packed::for_each_record(bytes, [&](std::string_view record) {
    const Row<V> row = Packed::row_of(record);
    EXPECT_EQ(row.key, stored_form(rows.at(i).first).key);
    EXPECT_EQ(row.value, rows[i++].second);
  });
  EXPECT_EQ(i, rows.size());
  for (std::size_t n = 1; n < 20 && n < bytes.size(); ++n) {
    const std::span<const char> torn = std::span<const char>(bytes).first(bytes.size() - n);
    std::size_t n_whole = 0;
    try {
      Packed::for_each(torn, [&](const HashedKey&, const V&) { ++n_whole; });
    } catch (const Error&) {
    }
    EXPECT_LT(n_whole, rows.size());
  }
  return bytes;
}

TEST(PackedRows, OfWordsTakeAsManyBytesAsTheyNeed) {
  Random random(1);
  std::vector<std::pair<std::uint64_t, std::int64_t>> rows = {
      {0, 0}, {1, -1}, {255, 255}, {256, 256}, {~std::uint64_t{0}, std::numeric_limits<std::int64_t>::min()}};
  for (int i = 0; i < 1000; ++i) {
    rows.emplace_back(random.bits() >> random.below(64),
                      static_cast<std::int64_t>(random.bits() >> random.below(64)));
  }
  expect_the_same(rows);
  EXPECT_EQ((expect_the_same<std::uint64_t, std::uint64_t>({{0, 0}}).size()), 1U);
  EXPECT_EQ((expect_the_same<std::uint64_t, std::uint64_t>({{1'000'000, 1}}).size()), 5U);
}

TEST(PackedRows, OfOtherTypes) {
  expect_the_same<int, double>({{-1, 0.1}, {0, -0.0}, {1 << 30, 1e300}});
  expect_the_same<std::uint8_t, std::uint8_t>({{0, 255}, {255, 0}});
  using Pair = std::array<std::uint64_t, 2>;
  expect_the_same<Pair, std::uint64_t>({{{1, 2}, 3}, {{~std::uint64_t{0}, 0}, 4}});
  using Long = std::array<std::uint32_t, 5>;
  expect_the_same<Long, Pair>({{{1, 2, 3, 4, 5}, {6, 7}}, {{}, {}}});
  expect_the_same<std::string_view, int>({{"", 1}, {"a", 2}, {std::string_view("\0b", 2), 3}});
  const std::string longer(1000, 'x');
  expect_the_same<std::string, std::uint64_t>({{longer, 1}, {longer + "y", 2}, {"z", 3}});
}

}  // namespace
}  // namespace serried::mapreduce
