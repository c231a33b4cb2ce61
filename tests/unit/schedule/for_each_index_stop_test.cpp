#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <serried/schedule/for_each_index.hpp>

#include "counted_loop.hpp"

namespace serried::schedule {
namespace {

void sleep_a_little(std::uint64_t /*index*/, int /*thread*/) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(Stop, OfAnyRankEndsTheLoopOfAll) {
  for (const Policy policy : all_policies) {
    for (const int ranks_a_node : node_sizes) {
      const int stopping = world().size() - 1;
      const Options options{
          .policy = policy, .threads = 1, .should_stop = [&] { return world().rank() == stopping; }};
      SCOPED_TRACE(described(options, 20'000, ranks_a_node));
      const Counted counted = counted_loop(20'000, options, ranks_a_node, sleep_a_little);
      EXPECT_TRUE(counted.summary.has_stopped);
      EXPECT_LT(counted.summary.n_done_in_all, 20'000U);
      std::uint64_t n_done = 0;
      for (const std::uint32_t n_times : counted.n_times) {
        EXPECT_LE(n_times, 1U);
        n_done += n_times;
      }
      EXPECT_EQ(n_done, counted.summary.n_done_in_all);
    }
  }
}

TEST(Stop, WhenAllIsDoneIsNone) {
  const Options options{.threads = 1, .should_stop = [] { return true; }};
  EXPECT_FALSE(counted_loop(0, options).summary.has_stopped);
}

TEST(Stop, IsAskedForAlsoOnARankThatHasNothingToDo) {
  // One index that ends only when the last rank, which may have none, says stop.
  std::atomic<bool> has_asked{false};
  const Options options{.threads = 1, .should_stop = [&] {
                          has_asked = true;
                          return false;
                        }};
  const auto body = [](std::uint64_t, int) { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  (void)counted_loop(1, options, 2, body);
  EXPECT_TRUE(has_asked || world().size() == 1);
}

TEST(Stop, GoesOnWhereItStopped) {
  const std::uint64_t n = 700;
  std::vector<std::uint32_t> n_times(n, 0);
  IndexSet done;
  int n_rounds = 0;
  while (done.size() < n && n_rounds < 100) {
    int n_asked = 0;
    const Options options{.threads = 1, .done = done, .should_stop = [&] { return ++n_asked == 5; }};
    const auto body = [](std::uint64_t, int) { std::this_thread::sleep_for(std::chrono::microseconds(200)); };
    const Counted counted = counted_loop(n, options, 2, body);
    for (std::uint64_t index = 0; index < n; ++index) {
      n_times[index] += counted.n_times[index];
      if (counted.n_times[index] != 0) {
        done.insert(index);
      }
    }
    ++n_rounds;
  }
  EXPECT_EQ(n_times, std::vector<std::uint32_t>(n, 1));
}

TEST(Stop, LeavesAfterAFewOf2To48Indices) {
  const std::uint64_t n = max_indices;
  for (const Policy policy : all_policies) {
    for (const int ranks_a_node : node_sizes) {
      std::atomic<std::uint64_t> n_here{0};
      std::atomic<std::uint64_t> highest{0};
      const Options options{.policy = policy, .threads = 2, .should_stop = [&] { return n_here > 1000; }};
      const auto body = [&](std::uint64_t index, int) {
        ++n_here;
        highest = std::max(highest.load(), index);
      };
      const Summary summary = detail::for_each_index_on_nodes(world(), n, options, body, ranks_a_node);
      EXPECT_TRUE(summary.has_stopped);
      EXPECT_EQ(summary.n_done, n_here.load());
      EXPECT_LT(highest.load(), n);
    }
  }
}

}  // namespace
}  // namespace serried::schedule
