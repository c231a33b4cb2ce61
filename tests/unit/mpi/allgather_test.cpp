#include <array>
#include <complex>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allgather.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

template <class T, class MakeValue>
void expect_in_rank_order(MakeValue value_of_rank) {
  const std::vector<T> values = allgather_value<T>(world(), value_of_rank(my_rank()));
  ASSERT_EQ(values.size(), n_ranks());
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    EXPECT_EQ(values[rank], value_of_rank(rank)) << "of rank " << rank;
  }
}

template <class T>
class AllgatherNumbers : public testing::Test {};
using Numbers = testing::Types<char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                               std::uint32_t, std::int64_t, std::uint64_t, float, double, long double>;
TYPED_TEST_SUITE(AllgatherNumbers, Numbers);

TYPED_TEST(AllgatherNumbers, ArriveInRankOrder) {
  expect_in_rank_order<TypeParam>([](std::size_t rank) { return static_cast<TypeParam>(3 * rank + 100); });
}

TEST(Allgather, StructsArriveWhole) {
  expect_in_rank_order<Padded>([](std::size_t rank) {
    return Padded{.letter = static_cast<char>('a' + rank), .number = ~std::uint64_t{rank}};
  });
}

TEST(Allgather, OfAPartHoldsThatPartAlone) {
  const Communicator part = world().split(world().rank() % 2);
  const std::vector<int> ranks = allgather_value(part, world().rank());
  ASSERT_EQ(ranks.size(), static_cast<std::size_t>(part.size()));
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    EXPECT_EQ(ranks[i], world().rank() % 2 + 2 * static_cast<int>(i));
  }
}

TEST(Allgather, SeveralValuesOfEachRankInEveryForm) {
  using Pair = std::array<double, 2>;
  const auto value_of = [](std::size_t rank, std::size_t i) {
    return Pair{0.5 * static_cast<double>(rank), 1.0 * static_cast<double>(i)};
  };
  std::vector<Pair> mine;
  std::vector<Pair> expected;
  std::vector<Pair> in_place(2 * n_ranks());
  for (std::size_t i = 0; i < 2; ++i) {
    mine.push_back(value_of(my_rank(), i));
    in_place[2 * my_rank() + i] = mine.back();
  }
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    expected.insert(expected.end(), {value_of(rank, 0), value_of(rank, 1)});
  }
  EXPECT_EQ(allgather(world(), mine), expected);
  allgather_in_place(world(), in_place);
  EXPECT_EQ(in_place, expected);
  std::vector<Pair> later;
  Request request = async_allgather(world(), mine, later);
  request.wait();
  EXPECT_EQ(later, expected);
}

TEST(Allgather, NeedsRoomForAllRanks) {
  std::vector<int> memory(n_ranks() + 1);
  EXPECT_THROW(allgather(world(), std::vector<int>(1), std::span(memory)), std::logic_error);
}

TEST(AllgatherRagged, RanksFollowEachOther) {
  const auto length = [](std::size_t rank) { return rank % 2 == 0 ? 10'000 * rank : rank; };
  std::vector<std::uint64_t> expected;
  std::vector<std::size_t> counts;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    expected.insert(expected.end(), length(rank), rank);
    counts.push_back(length(rank));
  }
  const std::vector<std::uint64_t> mine(length(my_rank()), my_rank());
  EXPECT_EQ(allgather_ragged(world(), mine), expected);

  std::vector<std::uint64_t> all(expected.size());
  const std::uint64_t* const data = all.data();
  allgather_ragged(world(), mine, all, counts);
  EXPECT_EQ(all, expected);
  EXPECT_EQ(all.data(), data);

  std::vector<std::uint64_t> later;
  Request request = async_allgather_ragged(world(), mine, later, counts);
  request.wait();
  EXPECT_EQ(later, expected);
}

TEST(AllgatherRagged, TextsComplexNumbersAndNothing) {
  const std::string text(my_rank() % 3, static_cast<char>('a' + world().rank()));
  std::string all_text = "old";
  allgather_ragged(world(), text, all_text);
  std::string expected;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    expected += std::string(rank % 3, static_cast<char>('a' + rank));
  }
  EXPECT_EQ(all_text, expected);
  const std::vector<std::complex<double>> waves(1, {0.5, -1.0 * world().rank()});
  EXPECT_EQ(allgather_ragged(world(), waves).back(), std::complex<double>(0.5, 1.0 - world().size()));
  EXPECT_TRUE(allgather_ragged(world(), std::vector<Padded>()).empty());
}

}  // namespace
}  // namespace serried::mpi
