#include <cstdint>
#include <set>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/schedule/policy.hpp>

namespace serried::schedule {
namespace {

using testing::ElementsAre;

// The portions in which a policy deals `n` positions to `n_workers`.
std::vector<std::uint32_t> portions(Policy policy, std::uint32_t n, std::uint32_t n_workers,
                                    std::uint32_t chunk = 1) {
  std::vector<std::uint32_t> dealt;
  for (std::uint32_t left = n; left > 0;) {
    const std::uint32_t next = std::min(left, portion(policy, left, n, n_workers, chunk));
    dealt.push_back(next);
    left -= next;
  }
  return dealt;
}

TEST(Policy, HasNamesOfItsOwn) {
  std::set<std::string_view> names;
  for (const Policy policy : all_policies) {
    names.insert(name_of(policy));
  }
  EXPECT_EQ(names.size(), std::size(all_policies));
  EXPECT_EQ(name_of(Policy::static_block), "static");
  EXPECT_THROW((void)name_of(static_cast<Policy>(77)), std::logic_error);
}

TEST(Policy, DynamicDealsChunks) {
  EXPECT_THAT(portions(Policy::dynamic, 10, 2), testing::Each(1));
  EXPECT_THAT(portions(Policy::dynamic, 10, 2, 4), ElementsAre(4, 4, 2));
}

TEST(Policy, GuidedDealsHalfAShareOfWhatIsLeft) {
  EXPECT_THAT(portions(Policy::guided, 32, 2), ElementsAre(8, 6, 5, 4, 3, 2, 1, 1, 1, 1));
}

TEST(Policy, FactoringDealsHalfInEqualPortions) {
  EXPECT_THAT(portions(Policy::factoring, 64, 4),
              ElementsAre(8, 8, 8, 8, 4, 4, 4, 4, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1));
}

TEST(Policy, StealingTakesAsMuchAsItIsToldButNoMoreThanItsShare) {
  EXPECT_THAT(portions(Policy::stealing, 20, 2, 3), ElementsAre(3, 3, 3, 3, 2, 2, 1, 1, 1, 1));
}

TEST(Policy, APortionIsNeverEmptyAndNeverOverflows) {
  constexpr std::uint32_t most = 0xffffffff;
  for (const Policy policy : {Policy::guided, Policy::factoring, Policy::stealing}) {
    for (const std::uint32_t n_workers : {1U, 7U, 1U << 20, most}) {
      EXPECT_GE(portion(policy, 1, most, n_workers, most), 1U);
      EXPECT_GE(portion(policy, most, most, n_workers, most), 1U);
      EXPECT_LE(portion(policy, most, most, n_workers, most), most / 2 + 1);
      // More than at the beginning: the node was given some.
      EXPECT_GE(portion(policy, 1000, 10, n_workers, 1), 1U);
    }
  }
}

}  // namespace
}  // namespace serried::schedule
