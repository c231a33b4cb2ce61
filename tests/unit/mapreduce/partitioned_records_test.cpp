#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/partitioned_records.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/node_exchange.hpp>

#include "world.hpp"

namespace serried::mapreduce {
namespace {

using test::world;

std::uint64_t text_of_number(std::string_view record) {
  std::uint64_t number = 0;
  std::memcpy(&number, record.data(), sizeof number);
  return number;
}

// Numbers of [0, n_numbers), a partition being those of a range, cut into equal ranges.
struct RangeCut {
  std::uint64_t begin = 0;
  std::uint64_t each = 1;
  std::size_t n_parts = 1;

  [[nodiscard]] std::size_t n_partitions() const { return n_parts; }
  void cut(const Chunk& chunk, PartitionStore& store, std::size_t first) const {
    Position position{chunk.header.place, chunk.header.first};
    for_each_record(chunk.records, [&](std::string_view record) {
      const std::uint64_t part =
          std::min<std::uint64_t>((text_of_number(record) - begin) / each, n_parts - 1);
      store.add(first + part, position, record);
      ++position.ordinal;
    });
  }
  static void finish(PartitionStore& /*store*/, std::size_t /*first*/) {}
};

// Cut many times over, for the memory allows few parts at a time: each is as small as it should be, and nothing is lost.
TEST(PartitionedRecords, AreCutUntilAllAreSmall) {
  constexpr std::uint64_t n_each = 40'000;  // of a rank: 20 bytes of data each
  constexpr std::uint64_t bytes_each = 4096;
  const auto n_ranks = static_cast<std::uint64_t>(world().size());
  const std::uint64_t n_numbers = n_ranks * n_each;
  PartitionedRecords::Stores stores;
  stores.push_back(std::make_unique<PartitionStore>(
      PartitionStore::Options{.n_partitions = 1, .memory = std::size_t{64} << 10}));
  const auto me = static_cast<std::uint64_t>(world().rank());
  for (std::uint64_t i = 0; i < n_each; ++i) {
    const std::uint64_t number = (i * 7919) % n_each * n_ranks + me;
    std::string record(16, ' ');
    std::memcpy(record.data(), &number, sizeof number);
    stores[0]->add(0, {me, static_cast<std::uint32_t>(i)}, record);
  }
  stores[0]->finish();

  mpi::NodeExchange nodes(world());
  constexpr std::uint64_t memory = std::uint64_t{1} << 20;
  PartitionedRecords records(nodes, {.memory = memory, .round_bytes = 64 << 10, .bytes_each = bytes_each},
                             std::move(stores), 1);
  const job::StopChecks stop("", "");
  std::size_t n_cuts = 0;
  const auto make_cut = [&](const PartitionedRecords::Partition& partition, std::size_t n_wanted) {
    ++n_cuts;
    std::uint64_t least = n_numbers;
    std::uint64_t most = 0;
    records.for_each_chunk_here(partition, [&](const Chunk& chunk) {
      for_each_record(chunk.records, [&](std::string_view record) {
        least = std::min(least, text_of_number(record));
        most = std::max(most, text_of_number(record));
      });
    });
    least = mpi::allreduce_value(world(), least, mpi::min);
    most = mpi::allreduce_value(world(), most, mpi::max);
    return RangeCut{least, (most - least) / n_wanted + 1, n_wanted};
  };
  records.cut_large_ones(stop, make_cut);
  EXPECT_GT(n_cuts, 1U);
  for (std::size_t i = 0; i < records.n_partitions(); ++i) {
    EXPECT_LE(records.partition(i).n_bytes, 2 * bytes_each);
  }

  std::uint64_t n_seen = 0;
  std::uint64_t sum = 0;
  std::vector<std::vector<char>> from_disk;
  records.for_each_round(Deal::in_turn, stop, [&](Range mine) {
    for (std::uint64_t i = mine.begin; i < mine.end; ++i) {
      for (const Chunk& chunk : records.chunks_of(i, from_disk)) {
        for_each_record(chunk.records, [&](std::string_view record) {
          ++n_seen;
          sum += text_of_number(record);
        });
      }
      records.drop(i);
    }
  });
  EXPECT_EQ(mpi::allreduce_value(world(), n_seen, std::plus<>{}), n_numbers);
  EXPECT_EQ(mpi::allreduce_value(world(), sum, std::plus<>{}), n_numbers * (n_numbers - 1) / 2);
}

// What no cut makes smaller is cut once, and then left.
TEST(PartitionedRecords, ThatCannotBeCutAreLeft) {
  PartitionedRecords::Stores stores;
  stores.push_back(std::make_unique<PartitionStore>(PartitionStore::Options{.n_partitions = 1}));
  const std::string record(16, '\0');
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    stores[0]->add(0, {static_cast<std::uint64_t>(world().rank()), i}, record);
  }
  stores[0]->finish();
  mpi::NodeExchange nodes(world());
  PartitionedRecords records(nodes, {.memory = 1 << 20, .round_bytes = 64 << 10, .bytes_each = 4096},
                             std::move(stores), 1);
  std::size_t n_cuts = 0;
  records.cut_large_ones(job::StopChecks("", ""),
                         [&](const PartitionedRecords::Partition&, std::size_t n_wanted) {
                           ++n_cuts;
                           return RangeCut{0, 1, n_wanted};
                         });
  EXPECT_EQ(n_cuts, 1U);
}

// A partition that goes on with the equal records of the one before, cut where all of it is on the right: what goes on is on the
// right now.
TEST(PartitionedRecords, KnowWhichGoOnWithEqualRecords) {
  struct CutAtTheBegin {
    [[nodiscard]] static std::size_t n_partitions() { return 2; }
    [[nodiscard]] static bool parts_equals(std::size_t /*i*/) { return false; }
    static void cut(const Chunk& chunk, PartitionStore& store, std::size_t first) {
      store.add_chunks(first + 1, {chunk.records.data() - sizeof(ChunkHeader),
                                   sizeof(ChunkHeader) + chunk.records.size()});
    }
    static void finish(PartitionStore& /*store*/, std::size_t /*first*/) {}
  };
  PartitionedRecords::Stores stores;
  stores.push_back(std::make_unique<PartitionStore>(PartitionStore::Options{.n_partitions = 3}));
  const std::string record(16, '\0');
  const auto me = static_cast<std::uint64_t>(world().rank());
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    stores[0]->add(1, {me, i}, record);
  }
  stores[0]->add(0, {me, 10'000}, record);
  stores[0]->add(2, {me, 10'001}, std::string(16, '\1'));
  stores[0]->finish();
  mpi::NodeExchange nodes(world());
  PartitionedRecords records(nodes, {.memory = 1 << 20, .round_bytes = 64 << 10, .bytes_each = 4096},
                             std::move(stores), 3, {false, true, false});
  records.cut_large_ones(job::StopChecks("", ""),
                         [](const PartitionedRecords::Partition&, std::size_t) { return CutAtTheBegin(); });
  ASSERT_EQ(records.n_partitions(), 4U);
  EXPECT_EQ(records.partition(1).n_bytes, 0U);
  EXPECT_TRUE(records.partition(1).parts_equals);
  EXPECT_TRUE(records.partition(2).parts_equals);
  EXPECT_FALSE(records.partition(3).parts_equals);
}

}  // namespace
}  // namespace serried::mapreduce
