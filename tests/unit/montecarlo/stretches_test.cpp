#include <cstdint>
#include <set>

#include <gtest/gtest.h>

#include <serried/montecarlo/stretches.hpp>

namespace serried::montecarlo {
namespace {

// Through the ends of rounds, after which there are more samples; exchanges come where they would without rounds.
TEST(Stretches, CoverAllSamplesOnce) {
  for (const std::uint64_t length : {1, 7, 64, 1000}) {
    for (const std::uint64_t exchange_every : {0, 1, 10, 64, 300}) {
      std::set<std::uint64_t> begins;
      std::set<std::uint64_t> exchanges;
      std::uint64_t at = 0;
      for (const std::uint64_t total : {100, 333, 1000}) {
        const Stretches stretches{.total = total, .length = length, .exchange_every = exchange_every};
        while (at < total) {
          EXPECT_TRUE(begins.insert(at).second);
          const std::uint64_t end = stretches.end(at);
          ASSERT_GT(end, at);
          EXPECT_LE(end, total);
          EXPECT_LE(end - at, length);
          if (const auto number = stretches.exchange_after(end)) {
            EXPECT_EQ((*number + 1) * exchange_every, end);
            EXPECT_TRUE(exchanges.insert(*number).second);
          }
          at = end;
        }
      }
      EXPECT_EQ(at, 1000U);
      EXPECT_EQ(exchanges.size(), exchange_every == 0 ? 0U : 1000 / exchange_every);
    }
  }
}

}  // namespace
}  // namespace serried::montecarlo
