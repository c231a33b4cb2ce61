#include <cstddef>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <serried/montecarlo/bin_set.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {
namespace {

std::vector<std::size_t> taken_from(BinSet& set) {
  std::vector<std::size_t> taken;
  set.take_each([&](std::size_t i) { taken.push_back(i); });
  return taken;
}

TEST(BinSet, IsTakenOnceInAscendingOrder) {
  random::Stream stream(1, "bins", 0);
  for (const std::size_t n : {1U, 64U, 65U, 4096U, 4097U, 100'000U}) {
    BinSet set(n);
    EXPECT_TRUE(taken_from(set).empty());
    std::set<std::size_t> expected = {0, n - 1};
    for (int i = 0; i < 200; ++i) {
      expected.insert(stream.below(n));
    }
    for (const std::size_t i : expected) {
      set.insert(n - 1 - i);
      set.insert(i);
    }
    std::set<std::size_t> both = expected;
    for (const std::size_t i : expected) {
      both.insert(n - 1 - i);
    }
    EXPECT_EQ(taken_from(set), std::vector<std::size_t>(both.begin(), both.end()));
    EXPECT_TRUE(taken_from(set).empty());
  }
}

}  // namespace
}  // namespace serried::montecarlo
