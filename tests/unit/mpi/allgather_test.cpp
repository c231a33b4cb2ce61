#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allgather.hpp>

#include "world.hpp"

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

}  // namespace
}  // namespace serried::mpi
