#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include <serried/mapreduce/recent_records.hpp>

#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

constexpr std::size_t memory = std::size_t{4} << 20;

TEST(RecentRecords, FindTheSameBytesAtALaterPosition) {
  RecentRecords recent(memory);
  EXPECT_FALSE(recent.has_earlier({10, 5}, "a"));
  EXPECT_TRUE(recent.has_earlier({10, 6}, "a"));
  EXPECT_TRUE(recent.has_earlier({11, 0}, "a"));
  EXPECT_FALSE(recent.has_earlier({10, 4}, "a")) << "it comes before the one that is known";
  EXPECT_TRUE(recent.has_earlier({10, 5}, "a")) << "and is now the one that is";
  EXPECT_FALSE(recent.has_earlier({12, 0}, std::string("a\0", 2)));
  EXPECT_FALSE(recent.has_earlier({12, 0}, ""));
  EXPECT_TRUE(recent.has_earlier({13, 0}, ""));
}

TEST(RecentRecords, LetLongOnesPass) {
  RecentRecords recent(memory);
  const std::string longest(1024, 'x');
  EXPECT_FALSE(recent.has_earlier({1, 0}, longest));
  EXPECT_TRUE(recent.has_earlier({2, 0}, longest));
  EXPECT_FALSE(recent.has_earlier({3, 0}, longest + 'x'));
  EXPECT_FALSE(recent.has_earlier({4, 0}, longest + 'x'));
}

// In any order of positions, the first copy of each record is among those that are not found; of a frequent one few others.
TEST(RecentRecords, NeverFindTheFirst) {
  test::Random random(1);
  RecentRecords recent(memory);
  std::map<std::string, std::uint64_t> first;
  std::map<std::string, std::uint64_t> first_kept;
  std::size_t n_frequent_kept = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string record = i % 2 == 0 ? "frequent" : std::to_string(random.below(20'000));
    const std::uint64_t place = 1 + random.below(1000) + static_cast<std::uint64_t>(i / 1000);
    const auto keep_least = [&](auto& places) {
      const auto [known, is_new] = places.emplace(record, place);
      known->second = std::min(known->second, place);
    };
    keep_least(first);
    if (!recent.has_earlier({place, static_cast<std::uint32_t>(i)}, record)) {
      keep_least(first_kept);
      n_frequent_kept += record == "frequent" ? 1 : 0;
    }
  }
  EXPECT_EQ(first_kept, first);
  EXPECT_LT(n_frequent_kept, 1000U);
}

TEST(RecentRecords, AreNotLookedForWhereThereAreNone) {
  RecentRecords recent(memory);
  for (std::uint32_t i = 0; i < 1 << 14; ++i) {
    EXPECT_FALSE(recent.has_earlier({1, i}, std::to_string(i)));
  }
  EXPECT_FALSE(recent.has_earlier({2, 0}, "a"));
  EXPECT_FALSE(recent.has_earlier({2, 1}, "a"));
}

}  // namespace
}  // namespace serried::mapreduce
