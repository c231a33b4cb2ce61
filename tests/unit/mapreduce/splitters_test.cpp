#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/splitters.hpp>

#include "random_text.hpp"
#include "world.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;
using test::world;

using Placed = std::tuple<std::string, std::uint64_t>;  // sorts as records and their places do

std::vector<Placed> random_records(std::size_t n, std::size_t n_different) {
  Random random(n_different);
  std::vector<Placed> records;
  for (std::size_t i = 0; i < n; ++i) {
    records.emplace_back("common part " + std::to_string(random.below(n_different)), random.below(50));
  }
  return records;
}

// Every rank samples its share of `records`.
Splitters<ByteOrder> splitters_of(const std::vector<Placed>& records, std::size_t n_partitions,
                                  bool parts_equals) {
  Sample sample;
  for (std::size_t i = test::my_rank(); i < records.size(); i += test::n_ranks()) {
    sample.add_whole(std::get<0>(records[i]), std::get<1>(records[i]));
  }
  return Splitters<ByteOrder>::of_samples(world(), ByteOrder(), sample, n_partitions, parts_equals);
}

struct WholeOrder : ByteOrder {
  static constexpr bool needs_whole_records = true;
};

// Long records in order: those that are left are of all parts of it, and not more than was allowed.
TEST(Sample, OfLongRecordsIsSmallAndEven) {
  Sample sample;
  constexpr std::uint64_t n_records = 3000;
  for (std::uint64_t i = 0; i < n_records; ++i) {
    sample.add_for<WholeOrder>(std::string(i % 3 == 0 ? 10 : 50'000, 'x'), i);
  }
  EXPECT_LE(sample.bytes().size(), std::size_t{8} << 20);
  std::vector<std::uint64_t> places;
  Sample::for_each(sample.bytes(), [&](std::string_view, std::uint64_t place) { places.push_back(place); });
  ASSERT_GT(places.size(), 50U);
  EXPECT_TRUE(std::ranges::is_sorted(places));
  std::uint64_t before = 0;
  for (const std::uint64_t place : places) {
    EXPECT_LE(place - before, n_records / 20);
    before = place;
  }
  EXPECT_LE(n_records - before, n_records / 20);
}

TEST(Splitters, CutTheOrderEvenly) {
  for (const std::size_t n_different : {1, 2, 30, 5000}) {
    std::vector<Placed> records = random_records(4000, n_different);
    const auto splitters = splitters_of(records, 8, true);
    std::ranges::sort(records);
    std::vector<std::size_t> sizes(splitters.n_partitions());
    std::size_t last = 0;
    for (const auto& [record, place] : records) {
      const std::size_t partition = splitters.partition_of(ByteOrder().prefix(record), record, place);
      ASSERT_LT(partition, sizes.size());
      EXPECT_GE(partition, last) << "grows with the order";
      last = partition;
      ++sizes[partition];
    }
    EXPECT_EQ(sizes.size(), 8U);
    // One place holds a fiftieth of the records.
    EXPECT_LE(std::ranges::max(sizes), 4000U / 8 + 4000U / 50 + 40);
  }
}

TEST(Splitters, KeepEqualRecordsTogether) {
  const std::vector<Placed> records = random_records(1000, 10);
  const auto splitters = splitters_of(records, 8, false);
  for (const auto& [record, place] : records) {
    const std::uint64_t prefix = ByteOrder().prefix(record);
    EXPECT_EQ(splitters.partition_of(prefix, record, place), splitters.partition_of(prefix, record, 0));
  }
}

// A single cut amid equal records parts them by their places.
TEST(Splitters, PartARecordThatFillsAllOfIt) {
  std::vector<Placed> records;
  for (std::uint64_t place = 1; place <= 1000; ++place) {
    records.emplace_back("same", place);
  }
  const auto splitters = splitters_of(records, 2, true);
  ASSERT_EQ(splitters.n_partitions(), 2U);
  EXPECT_TRUE(splitters.parts_equals(1));
  const std::uint64_t prefix = ByteOrder().prefix("same");
  EXPECT_EQ(splitters.partition_of(prefix, "same", 400), 0U);
  EXPECT_EQ(splitters.partition_of(prefix, "same", 600), 1U);
}

TEST(Splitters, OfFewSamplesAreFew) {
  EXPECT_EQ(splitters_of({}, 8, true).n_partitions(), 1U);
  EXPECT_EQ(splitters_of({{"a", 1}}, 8, true).n_partitions(), 1U);
  EXPECT_LE(splitters_of({{"a", 1}, {"b", 2}, {"c", 3}}, 8, true).n_partitions(), 3U);
  EXPECT_EQ(splitters_of(random_records(100, 100), 1, true).n_partitions(), 1U);
}

}  // namespace
}  // namespace serried::mapreduce
