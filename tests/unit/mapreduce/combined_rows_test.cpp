#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/combined_rows.hpp>

#include "random_text.hpp"

namespace serried::mapreduce::detail {
namespace {

using test::Random;
using Sums = std::map<std::string, std::uint64_t>;

template <Key K>
using Rows = CombinedRows<K, std::uint64_t, std::plus<>>;
using Words = Rows<std::string_view>;
using Numbers = Rows<std::uint64_t>;

const CombineOptions small{
    .partition_bits = 3, .table_bytes = std::size_t{300} << 10, .store_bytes = std::size_t{64} << 10};
const CombineOptions large{};

template <Key K>
void add(Rows<K>& rows, Sums& expected, const K& key, std::uint64_t value) {
  rows.add(stored_form(key), value, true);
  expected[std::string(key_bytes(key))] += value;
}

// What is in it, in whatever form.
template <Key K>
Sums contents(Rows<K> rows, const CombineOptions& options) {
  Sums sums;
  const auto store = std::move(rows).take_store();
  EXPECT_EQ(store->n_partitions(), std::size_t{1} << options.partition_bits);
  for (std::size_t i = 0; i < store->n_partitions(); ++i) {
    store->for_each_block(i, [&](std::span<const char> block) {
      for_each_chunk(block, [&](const Chunk& chunk) {
        PackedRows<K, std::uint64_t>::for_each(
            chunk.records, [&](const HashedKey& hashed, const std::uint64_t& value) {
              EXPECT_EQ(partition_of(hashed.hash, options.partition_bits), i);
              sums[std::string(hashed.key.view())] += value;
            });
      });
    });
  }
  return sums;
}

template <Key K>
std::vector<std::byte> saved(const Rows<K>& rows) {
  std::vector<std::byte> bytes;
  rows.save(bytes);
  return bytes;
}

std::string some_word(Random& random, std::size_t n_words) {
  const std::size_t i = random.below(n_words);
  return "word " + std::to_string(i) + std::string(i % 50, 'x');
}

TEST(CombinedRows, StayInATableWhereKeysAreFew) {
  Random random(1);
  Words rows(std::plus<>{}, large);
  Sums expected;
  for (int i = 0; i < 100'000; ++i) {
    add<std::string_view>(rows, expected, some_word(random, 10'000), random.bits());
  }
  rows.flush();
  EXPECT_FALSE(rows.is_partitioned());
  EXPECT_EQ(rows.table().n_keys(), expected.size());
  EXPECT_FALSE(rows.wants_save());
  EXPECT_EQ(contents(std::move(rows), large), expected);
}

TEST(CombinedRows, GoToPartitionsWhereTheTableBecomesTooLarge) {
  Random random(2);
  Words rows(std::plus<>{}, small);
  Sums expected;
  for (int i = 0; i < 100'000; ++i) {
    add<std::string_view>(rows, expected, some_word(random, 20'000), random.bits());
  }
  rows.flush();
  EXPECT_TRUE(rows.is_partitioned());
  EXPECT_LE(rows.table().n_bytes(), small.table_bytes + (std::size_t{1} << 20))
      << "and a chunk for long keys";
  EXPECT_TRUE(rows.wants_save());
  EXPECT_EQ(contents(std::move(rows), small), expected);
}

// Though there are few of them.
TEST(CombinedRows, GoToPartitionsWhereKeysAreVeryLong) {
  Random random(5);
  Words rows(std::plus<>{}, small);
  Sums expected;
  for (int i = 0; i < 200; ++i) {
    add<std::string_view>(rows, expected, std::to_string(random.below(100)) + std::string(30'000, 'x'), 1);
    if (i % 4 == 0) {
      rows.flush();
      EXPECT_LE(rows.table().n_bytes(), small.table_bytes);
    }
  }
  EXPECT_TRUE(rows.is_partitioned());
  EXPECT_EQ(contents(std::move(rows), small), expected);
}

// Once keys are seen to be many, most rows only pass through; frequent ones do not.
TEST(CombinedRows, GoToPartitionsWhereKeysAreMany) {
  for (const bool with_frequent : {false, true}) {
    Random random(3);
    Numbers rows(std::plus<>{}, large);
    Sums expected;
    constexpr std::uint64_t frequent = 42;
    for (int i = 0; i < 400'000; ++i) {
      const bool is_frequent = with_frequent && i % 2 == 0;
      add<std::uint64_t>(rows, expected, is_frequent ? frequent : random.bits() >> (i % 64), 1);
    }
    rows.flush();
    EXPECT_TRUE(rows.is_partitioned());
    EXPECT_LT(saved(rows).size(), with_frequent ? 2'500'000U : 5'000'000U);
    EXPECT_EQ(contents(std::move(rows), large), expected);
  }
}

// The word that marks a free place in tables is a key like others, and so are those at the ends.
TEST(CombinedRows, HoldEveryWord) {
  constexpr std::uint64_t odd = WordRow<std::uint64_t>::free_place;
  Random random(4);
  Numbers rows(std::plus<>{}, large);
  Sums expected;
  for (int i = 0; i < 200'000; ++i) {
    add<std::uint64_t>(rows, expected, random.bits(), random.bits());
    for (const std::uint64_t key : {std::uint64_t{0}, odd, ~std::uint64_t{0}}) {
      if (i % 1000 == 0) {
        add<std::uint64_t>(rows, expected, key, random.bits());
      }
    }
  }
  EXPECT_TRUE(rows.is_partitioned());
  EXPECT_EQ(contents(std::move(rows), large), expected);
}

TEST(CombinedRows, AreSavedLoadedAndMergedInAnyForm) {
  for (const CombineOptions& from : {large, small}) {
    for (const CombineOptions& to : {large, small}) {
      for (const std::size_t n_words : {100, 5000, 20'000}) {
        Random random(n_words);
        Words rows(std::plus<>{}, from);
        Words others(std::plus<>{}, from);
        Sums expected;
        for (std::size_t i = 0; i < n_words; ++i) {
          add<std::string_view>(rows, expected, some_word(random, n_words), random.bits());
          add<std::string_view>(others, expected, some_word(random, n_words), random.bits());
        }
        rows.flush();
        others.flush();
        Words loaded(std::plus<>{}, to);
        loaded.load(saved(rows));
        loaded.load(saved(others));
        EXPECT_TRUE(contents(std::move(loaded), to) == expected) << n_words;
        rows.merge(std::move(others));
        EXPECT_TRUE(contents(std::move(rows), from) == expected) << n_words;
      }
    }
  }
}

// Rows that come in the order of their hashes find room for all of them, else they would pile up in a small table.
TEST(CombinedRows, DoNotPileUp) {
  Numbers rows(std::plus<>{}, large);
  Sums expected;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    add<std::uint64_t>(rows, expected, i, 1);
  }
  rows.flush();
  ASSERT_FALSE(rows.is_partitioned());
  Numbers loaded(std::plus<>{}, large);
  loaded.load(saved(rows));
  Numbers merged(std::plus<>{}, large);
  merged.merge(std::move(rows));
  const CombineTable<std::uint64_t, std::plus<>> with_room(std::plus<>{}, 10'000);
  EXPECT_EQ(loaded.table().rows().size(), with_room.rows().size());
  EXPECT_EQ(merged.table().rows().size(), with_room.rows().size());
}

TEST(CombinedRows, AreNotMadeOfTornBytes) {
  Words rows(std::plus<>{}, large);
  Sums expected;
  for (int i = 0; i < 1000; ++i) {
    add<std::string_view>(rows, expected, "word" + std::to_string(i), 1);
  }
  rows.flush();
  const std::vector<std::byte> bytes = saved(rows);
  const std::span whole(bytes);
  for (const std::size_t n : {std::size_t{0}, std::size_t{3}, std::size_t{1000}, whole.size() - 1}) {
    EXPECT_THROW(Words(std::plus<>{}, large).load(whole.first(n)), Error) << n;
  }
}

}  // namespace
}  // namespace serried::mapreduce::detail
