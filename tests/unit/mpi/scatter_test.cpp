#include <complex>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/scatter.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

// What the root deals: part_length(r) times 100 + r for each rank r; nothing elsewhere.
struct Dealt {
  std::vector<std::uint64_t> all;
  std::vector<std::size_t> counts;
};
template <class PartLength>
Dealt dealt_by(int root, PartLength part_length) {
  Dealt dealt;
  for (std::size_t rank = 0; rank < n_ranks() && world().rank() == root; ++rank) {
    dealt.counts.push_back(part_length(rank));
    dealt.all.insert(dealt.all.end(), part_length(rank), 100 + rank);
  }
  return dealt;
}

TEST(Scatter, GivesEachRankItsPart) {
  for (int root = 0; root < world().size(); ++root) {
    const Dealt dealt = dealt_by(root, [](std::size_t) { return 3; });
    std::vector<std::uint64_t> mine(3);
    scatter(world(), dealt.all, mine, root);
    EXPECT_EQ(mine, std::vector<std::uint64_t>(3, 100 + my_rank()));
    std::vector<std::uint64_t> later(3);
    async_scatter(world(), dealt.all, later, root).wait();
    EXPECT_EQ(later, mine);
  }
}

TEST(Scatter, OneValueEachOfAnyType) {
  std::vector<Padded> structs;
  std::vector<std::complex<float>> waves;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    structs.push_back({.letter = 's', .number = rank});
    waves.emplace_back(1.0F, static_cast<float>(rank));
  }
  EXPECT_EQ(scatter_value(world(), structs), (Padded{.letter = 's', .number = my_rank()}));
  EXPECT_EQ(scatter_value(world(), waves), std::complex<float>(1.0F, static_cast<float>(my_rank())));
}

TEST(Scatter, NeedsAPartForEachRank) {
  if (world().size() == 1) {
    std::vector<int> mine(2);
    EXPECT_THROW(scatter(world(), std::vector<int>(3), mine), std::logic_error);
  }
}

TEST(ScatterRagged, PartsOfAnyLengthFromAnyRoot) {
  for (int root = 0; root < world().size(); ++root) {
    const auto length = [](std::size_t rank) { return rank % 3 == 1 ? 0 : 1000 * rank + 2; };
    const Dealt dealt = dealt_by(root, length);
    const std::vector<std::uint64_t> expected(length(my_rank()), 100 + my_rank());
    EXPECT_EQ(scatter_ragged(world(), dealt.all, dealt.counts, root), expected);

    std::vector<std::uint64_t> mine(length(my_rank()));
    Request request = async_scatter_ragged(world(), dealt.all, dealt.counts, mine, root);
    request.wait();
    EXPECT_EQ(mine, expected);
  }
}

TEST(ScatterRagged, TextsAndNothing) {
  std::string text;
  std::vector<std::size_t> counts;
  for (std::size_t rank = 0; rank < n_ranks() && world().is_root(); ++rank) {
    text += "rank " + std::to_string(rank) + ".";
    counts.push_back(7);
  }
  std::string mine = "something longer";
  scatter_ragged(world(), text, counts, mine);
  EXPECT_EQ(mine, "rank " + std::to_string(my_rank()) + ".");
  EXPECT_TRUE(scatter_ragged(world(), std::vector<double>(), std::vector<std::size_t>(n_ranks())).empty());
}

}  // namespace
}  // namespace serried::mpi
