#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <serried/schedule/position_range.hpp>

namespace serried::schedule {
namespace {

TEST(PositionRange, FitsAWord) {
  for (const PositionRange range : {PositionRange{0, 0}, {3, 9}, {0, 0xffffffff}, {0xfffffffe, 0xffffffff}}) {
    EXPECT_EQ(unpacked(packed(range)), range);
  }
}

TEST(PositionRange, HalfIsAtLeastOne) {
  EXPECT_EQ(half(1), 1U);
  EXPECT_EQ(half(2), 1U);
  EXPECT_EQ(half(3), 2U);
  EXPECT_EQ(half(0xffffffff), 0x80000000U);
}

TEST(RangeWord, IsTakenFromBothEnds) {
  RangeWord word;
  EXPECT_TRUE(word.empty());
  EXPECT_TRUE(word.take_front(one).empty());
  EXPECT_TRUE(word.take_back(half).empty());
  word.store({10, 20});
  EXPECT_EQ(word.take_front(one), (PositionRange{10, 11}));
  EXPECT_EQ(word.take_back(half), (PositionRange{15, 20}));
  EXPECT_EQ(word.load(), (PositionRange{11, 15}));
}

TEST(RangeWord, GivesNoMoreThanItHas) {
  RangeWord word;
  word.store({5, 8});
  EXPECT_EQ(word.take_front([](std::uint32_t) { return 100U; }), (PositionRange{5, 8}));
  word.store({5, 8});
  EXPECT_EQ(word.take_back([](std::uint32_t) { return 100U; }), (PositionRange{5, 8}));
  EXPECT_TRUE(word.empty());
}

TEST(RangeWord, GivesEachPositionToOneThread) {
  constexpr std::uint32_t n = 20'000;
  RangeWord word;
  word.store({0, n});
  std::vector<std::vector<std::uint32_t>> taken(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    threads.emplace_back([&, i] {
      for (;;) {
        const PositionRange range =
            i % 2 == 0 ? word.take_front(one) : word.take_back([](std::uint32_t) { return 3U; });
        if (range.empty()) {
          return;
        }
        for (std::uint32_t position = range.begin; position != range.end; ++position) {
          taken[i].push_back(position);
        }
      }
    });
  }
  std::vector<std::uint32_t> all;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    threads[i].join();
    all.insert(all.end(), taken[i].begin(), taken[i].end());
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), n);
  for (std::uint32_t position = 0; position < n; ++position) {
    ASSERT_EQ(all[position], position);
  }
}

}  // namespace
}  // namespace serried::schedule
