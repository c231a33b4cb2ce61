#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/montecarlo/merged_moments.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/random/stream.hpp>

#include "error_of.hpp"
#include "world.hpp"

namespace serried::montecarlo {
namespace {

using test::world;

constexpr std::uint64_t n_each = 50;
constexpr std::uint64_t n_blocks = 40;

BlockMoments block_of(std::uint64_t index, std::uint64_t n) {
  random::Stream stream(1, "block", index);
  std::vector<double> values(2 * n);
  stream.fill_normal(values);
  for (std::uint64_t i = 0; i < n; ++i) {
    values[i] += 1e6;
    values[n + i] += values[i];
  }
  BlockMoments moments(2);
  moments.add_rows(values, n, n);
  return moments;
}

// Of this rank's blocks, of which every n_ranks-th is its own, and of the short one at the end.
MergedMoments moments_here(bool backwards) {
  MergedMoments moments(2, n_each);
  for (std::uint64_t i = 0; i <= n_blocks; ++i) {
    const std::uint64_t index = backwards ? n_blocks - i : i;
    if (index % test::n_ranks() == test::my_rank()) {
      moments.add(block_of(index, index == n_blocks ? 7 : n_each));
    }
  }
  return moments;
}

std::vector<double> numbers_of(const BlockMoments& moments) {
  std::vector<double> numbers(moments.mean().begin(), moments.mean().end());
  numbers.insert(numbers.end(), moments.deviations().begin(), moments.deviations().end());
  return numbers;
}

// On every number of ranks the numbers of one that has all.
TEST(MergedMoments, AreTheSameBitsInAnyOrderAndOnAnyRanks) {
  MergedMoments alone(2, n_each);
  BlockMoments in_turn(2);
  for (std::uint64_t index = 0; index <= n_blocks; ++index) {
    const BlockMoments block = block_of(index, index == n_blocks ? 7 : n_each);
    alone.add(block);
    in_turn.merge(block);
  }
  for (const bool backwards : {false, true}) {
    MergedMoments moments = moments_here(backwards);
    moments.allreduce(world());
    EXPECT_EQ(moments.n_trials(), n_blocks * n_each + 7);
    EXPECT_EQ(numbers_of(moments.total()), numbers_of(alone.total()));
    EXPECT_EQ(numbers_of(moments.of_blocks()), numbers_of(alone.of_blocks()));
  }
  // And those of adding up in doubles, nearly.
  const auto exact = numbers_of(alone.total());
  const auto rounded = numbers_of(in_turn);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(exact[i] / rounded[i], 1.0, 1e-9);
  }
}

TEST(MergedMoments, ComeBackAsTheyWereSaved) {
  MergedMoments all = moments_here(false);
  std::vector<std::byte> bytes;
  all.save(bytes);
  MergedMoments again(2, n_each);
  again.load(bytes);
  all.allreduce(world());
  again.allreduce(world());
  EXPECT_EQ(again.n_trials(), all.n_trials());
  EXPECT_EQ(numbers_of(again.total()), numbers_of(all.total()));
  bytes.pop_back();
  MergedMoments short_one(2, n_each);
  EXPECT_NE(test::error_of([&] { short_one.load(bytes); }).what(), nullptr);
  bytes.resize(bytes.size() + 9);
  EXPECT_NE(test::error_of([&] { short_one.load(bytes); }).what(), nullptr);
}

TEST(MergedMoments, OfBlocksAreThoseOfTheirMeans) {
  MergedMoments moments(1, 2);
  for (const double x : {1.0, 2.0, 6.0}) {
    const std::vector<double> values = {x - 1, x + 1};
    BlockMoments block(1);
    block.add_rows(values, 2, 2);
    moments.add(block);
  }
  const BlockMoments blocks = moments.of_blocks();
  EXPECT_EQ(blocks.count(), 3U);
  EXPECT_EQ(blocks.mean()[0], 3.0);
  EXPECT_DOUBLE_EQ(blocks.deviation(0, 0), 14.0);
  EXPECT_DOUBLE_EQ(moments.total().deviation(0, 0), 2 * 14.0 + 6);
}

TEST(MergedMoments, OfNothingAreNothing) {
  MergedMoments moments(1, 10);
  moments.allreduce(world());
  EXPECT_EQ(moments.n_trials(), 0U);
  EXPECT_EQ(moments.total().count(), 0U);
}

}  // namespace
}  // namespace serried::montecarlo
