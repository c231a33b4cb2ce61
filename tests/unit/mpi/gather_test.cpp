#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/gather.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

// What rank `rank` brings: `rank` values.
std::vector<std::uint64_t> values_of(std::size_t rank) {
  return std::vector<std::uint64_t>(rank, 100 + rank);
}

TEST(GatherRagged, RanksFollowEachOtherOnAnyRoot) {
  std::vector<std::uint64_t> expected;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    expected.insert(expected.end(), rank, 100 + rank);
  }
  for (int root = 0; root < world().size(); ++root) {
    const std::vector<std::uint64_t> all = gather_ragged(world(), values_of(my_rank()), root);
    EXPECT_EQ(all, world().rank() == root ? expected : std::vector<std::uint64_t>()) << "root " << root;
  }
}

TEST(GatherRagged, TextsStructsAndSpans) {
  const std::string text = std::to_string(my_rank()) + ";";
  const std::vector<char> texts = gather_ragged(world(), text);
  const std::vector<Padded> structs =
      gather_ragged(world(), std::vector<Padded>(2, {.letter = 'q', .number = my_rank()}));
  const std::vector<std::uint64_t> mine = {1, my_rank(), 3};
  const std::vector<std::uint64_t> middles = gather_ragged(world(), std::span(mine).subspan(1, 1));
  if (!world().is_root()) {
    EXPECT_TRUE(texts.empty() && structs.empty() && middles.empty());
    return;
  }
  std::string expected;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    expected += std::to_string(rank) + ";";
    EXPECT_EQ(structs.at(2 * rank + 1), (Padded{.letter = 'q', .number = rank}));
    EXPECT_EQ(middles.at(rank), rank);
  }
  EXPECT_EQ(std::string(texts.begin(), texts.end()), expected);
}

TEST(GatherRagged, OfNothingIsNothing) { EXPECT_TRUE(gather_ragged(world(), std::vector<double>()).empty()); }

TEST(GatherRagged, PartsTooLongToBeBufferedByMpi) {
  const std::size_t n = 100'000;
  const std::vector<std::uint64_t> all = gather_ragged(world(), std::vector<std::uint64_t>(n, my_rank()));
  if (world().is_root()) {
    ASSERT_EQ(all.size(), n * n_ranks());
    for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
      EXPECT_EQ(all[rank * n], rank);
      EXPECT_EQ(all[rank * n + n - 1], rank);
    }
  }
}

TEST(GatherRagged, OneRoundDoesNotMixWithTheNext) {
  for (std::size_t round = 0; round < 50; ++round) {
    const std::vector<std::size_t> all =
        gather_ragged(world(), std::vector<std::size_t>(1 + my_rank() % 2, round));
    for (const std::size_t value : all) {
      ASSERT_EQ(value, round);
    }
  }
}

TEST(Gather, AsManyValuesOfEachRankOnAnyRoot) {
  std::vector<std::uint64_t> expected;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    expected.insert(expected.end(), {rank, 7});
  }
  const std::array<std::uint64_t, 2> mine = {my_rank(), 7};
  for (int root = 0; root < world().size(); ++root) {
    const auto on_root = world().rank() == root ? expected : std::vector<std::uint64_t>();
    EXPECT_EQ(gather(world(), mine, root), on_root);
    std::vector<std::uint64_t> all(1);
    Request request = async_gather(world(), mine, all, root);
    request.wait();
    EXPECT_EQ(all, on_root);
    EXPECT_EQ(gather_value(world(), Padded{.letter = 'g', .number = my_rank()}, root).size(),
              world().rank() == root ? n_ranks() : 0);
  }
}

TEST(Gather, IntoASpanThatOnlyTheRootHas) {
  std::vector<int> memory(world().is_root() ? n_ranks() + 1 : 0, -1);
  const std::span<int> all = world().is_root() ? std::span(memory).first(n_ranks()) : std::span<int>();
  gather(world(), std::array{world().rank()}, all);
  if (world().is_root()) {
    EXPECT_EQ(memory[n_ranks() - 1], world().size() - 1);
    EXPECT_EQ(memory[n_ranks()], -1);
  }
}

TEST(GatherRagged, WithKnownCounts) {
  std::vector<std::size_t> counts;
  std::vector<std::uint64_t> expected;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    counts.push_back(rank);
    expected.insert(expected.end(), rank, 100 + rank);
  }
  const std::vector<std::uint64_t> mine = values_of(my_rank());
  for (int root = 0; root < world().size(); ++root) {
    const auto on_root = world().rank() == root ? expected : std::vector<std::uint64_t>();
    std::vector<std::uint64_t> all;
    gather_ragged(world(), mine, all, counts, root);
    EXPECT_EQ(all, on_root);
    std::vector<std::uint64_t> later;
    Request request = async_gather_ragged(world(), mine, later, counts, root);
    request.wait();
    EXPECT_EQ(later, on_root);
  }
}

}  // namespace
}  // namespace serried::mpi
