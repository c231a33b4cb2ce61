#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/partition_store.hpp>

#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;

// What a store holds of a partition: for each place the records in their order.
using Content = std::map<std::uint64_t, std::vector<std::string>>;

Content content_of(const PartitionStore& store, std::size_t partition) {
  Content content;
  std::map<std::uint64_t, std::uint32_t> last_of_place;
  store.for_each_block(partition, [&](std::span<const char> block) {
    for_each_chunk(block, [&](const Chunk& chunk) {
      std::uint32_t n = 0;
      for_each_record(chunk.records, [&](std::string_view record) {
        content[chunk.header.place].emplace_back(record);
        ++n;
      });
      EXPECT_EQ(n, chunk.header.n_records);
      const auto [last, is_new] = last_of_place.try_emplace(chunk.header.place, chunk.header.first);
      EXPECT_TRUE(is_new || chunk.header.first > last->second) << "chunks of a place come in order";
      last->second = chunk.header.first;
    });
  });
  return content;
}

class PartitionStoreTest : public testing::TestWithParam<std::size_t> {};

TEST_P(PartitionStoreTest, HoldsWhatWasAdded) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  constexpr std::size_t n_partitions = 5;
  PartitionStore store({.n_partitions = n_partitions, .memory = GetParam()});
  std::vector<Content> expected(n_partitions);
  for (std::uint64_t place = 0; place < 60; ++place) {
    for (std::uint32_t i = 0; i < 300; ++i) {
      const std::size_t partition = random.below(1 + random.below(n_partitions));
      const std::size_t size = random.below(500) == 0 ? random.below(600'000) : random.below(40);
      const std::string record = random.bytes(size, "abc");
      store.add(partition, {place, i}, record);
      expected[partition][place].push_back(record);
    }
  }
  store.finish();
  EXPECT_EQ(store.n_spilled() > 0, GetParam() < std::size_t{1} << 20);
  std::uint64_t n_bytes = 0;
  for (std::size_t i = 0; i < n_partitions; ++i) {
    EXPECT_EQ(content_of(store, i), expected[i]);
    n_bytes += store.n_bytes(i);
  }
  EXPECT_EQ(store.n_bytes(), n_bytes);

  PartitionStore more({.n_partitions = n_partitions, .memory = GetParam()});
  more.add(2, {100, 7}, "one");
  more.add(2, {100, 8}, "two");
  more.absorb(store);
  more.finish();
  expected[2][100] = {"one", "two"};
  for (std::size_t i = 0; i < n_partitions; ++i) {
    EXPECT_EQ(content_of(more, i), expected[i]);
  }
  expected[2].erase(100);
  store.spill_all();
  EXPECT_EQ(store.n_held(), 0U);
  for (std::size_t i = 0; i < n_partitions; ++i) {
    EXPECT_EQ(content_of(store, i), expected[i]);
  }
  store.drop(1);
  EXPECT_EQ(content_of(store, 1), Content());
  EXPECT_EQ(content_of(store, 2), expected[2]);
}

INSTANTIATE_TEST_SUITE_P(Memories, PartitionStoreTest,
                         testing::Values(1, std::size_t{200} << 10, std::size_t{1} << 30));

TEST(CheckedChunks, RefuseWhatIsNotWhole) {
  PartitionStore store(PartitionStore::Options{});
  for (std::uint32_t i = 0; i < 20; ++i) {
    store.add(0, {i / 5, i}, std::string(i, 'r'));
  }
  store.finish();
  std::string bytes;
  store.for_each_block(0, [&](std::span<const char> block) { bytes.append(block.begin(), block.end()); });
  EXPECT_EQ(checked_chunks(bytes).size(), 4U);
  EXPECT_EQ(checked_chunks({}).size(), 0U);
  std::size_t n_accepted = 0;
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    try {
      (void)checked_chunks(std::span(bytes).first(size));
      ++n_accepted;  // it ends with a chunk
    } catch (const Error&) {
    }
  }
  EXPECT_EQ(n_accepted, 3U);
  Random random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    damaged[random.below(damaged.size())] = static_cast<char>(random.bits());
    try {
      for (const Chunk& chunk : checked_chunks(damaged)) {
        std::uint32_t n = 0;
        for_each_record(chunk.records, [&](std::string_view) { ++n; });
        EXPECT_EQ(n, chunk.header.n_records);
      }
    } catch (const Error&) {
    }
  }
}

TEST(SpillFile, ReturnsWhatWasAppended) {
  Random random(3);
  SpillFile file("");
  std::vector<std::pair<SpillFile::Piece, std::string>> pieces;
  for (int i = 0; i < 40; ++i) {
    const std::size_t size = random.below(100'000);
    const std::string bytes = random.bytes(size, i % 3 == 0 ? std::string_view() : std::string_view("ab"));
    pieces.emplace_back(file.append(bytes), bytes);
  }
  std::uint64_t n_stored = 0;
  std::vector<char> again;
  for (const auto& [piece, bytes] : pieces) {
    file.read(piece, again);
    EXPECT_TRUE(std::string_view(again.data(), again.size()) == bytes);
    n_stored += piece.n_stored;
  }
  EXPECT_EQ(file.n_stored(), n_stored);
}

TEST(SpillFile, InAFolderThatIsNotThere) {
  SpillFile file("/no/such/folder");
  EXPECT_THROW((void)file.append(std::string("x")), Error);
}

}  // namespace
}  // namespace serried::mapreduce
