#include <cstdint>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/index_set.hpp>

namespace serried {
namespace {

TEST(IndexSet, IsEmptyAtFirst) {
  const IndexSet none;
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.ranges().empty());
  EXPECT_FALSE(none.contains(0));
  EXPECT_EQ(none.complement(0).size(), 0U);
  EXPECT_EQ(none.complement(5).ranges(), (std::vector<Range>{{0, 5}}));
}

TEST(IndexSet, JoinsRangesThatTouchOrOverlap) {
  const IndexSet set({{5, 7}, {0, 2}, {2, 3}, {6, 9}, {20, 20}});
  EXPECT_EQ(set.ranges(), (std::vector<Range>{{0, 3}, {5, 9}}));
  EXPECT_EQ(set.size(), 7U);
}

TEST(IndexSet, OneRangeMaySwallowMany) {
  IndexSet set({{1, 2}, {4, 5}, {7, 8}, {10, 12}});
  set.insert({2, 11});
  EXPECT_EQ(set.ranges(), (std::vector<Range>{{1, 12}}));
}

TEST(IndexSet, ReachesTheLargestIndices) {
  constexpr std::uint64_t top = UINT64_MAX;
  IndexSet set;
  set.insert(Range{top - 2, top});
  EXPECT_TRUE(set.contains(top - 1));
  EXPECT_FALSE(set.contains(top));
  EXPECT_EQ(set.complement(top).ranges(), (std::vector<Range>{{0, top - 2}}));
}

TEST(IndexSet, ARangeThatEndsBeforeItBeginsIsABug) {
  EXPECT_THROW(IndexSet().insert(Range{2, 1}), std::logic_error);
}

TEST(IndexSet, DoesAsASetOfNumbersDoes) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    IndexSet set;
    std::set<std::uint64_t> naive;
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t begin = random() % 100;
      const std::uint64_t end = begin + random() % 6;
      set.insert(Range{begin, end});
      for (std::uint64_t index = begin; index < end; ++index) {
        naive.insert(index);
      }
    }
    ASSERT_EQ(set.size(), naive.size());
    for (std::uint64_t index = 0; index < 110; ++index) {
      ASSERT_EQ(set.contains(index), naive.contains(index)) << index;
      ASSERT_EQ(set.intersects({index, index + 1}), naive.contains(index)) << index;
      ASSERT_EQ(set.intersects({index, index}), false);
    }
    IndexSet all = set.complement(110);
    ASSERT_EQ(all.size(), 110 - naive.size());
    for (const Range& range : all.ranges()) {
      ASSERT_FALSE(set.intersects(range));
    }
    all.insert(set);
    ASSERT_EQ(all.ranges(), (std::vector<Range>{{0, 110}}));
    ASSERT_EQ(all, IndexSet({{0, 110}}));
  }
}

}  // namespace
}  // namespace serried
