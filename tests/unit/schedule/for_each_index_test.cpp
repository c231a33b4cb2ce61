#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/schedule/for_each_index.hpp>

#include "counted_loop.hpp"

namespace serried::schedule {
namespace {

using testing::IsEmpty;

void expect_each_once(const Options& options, std::uint64_t n, int ranks_a_node) {
  SCOPED_TRACE(described(options, n, ranks_a_node));
  const Counted counted = counted_loop(n, options, ranks_a_node);
  EXPECT_THAT(wrong_indices(counted, options.done), IsEmpty());
  const std::uint64_t n_todo = options.done.complement(n).size();
  EXPECT_EQ(counted.summary.n_done_in_all, n_todo);
  EXPECT_EQ(mpi::allreduce_value(world(), counted.summary.n_done, std::plus<>{}), n_todo);
  EXPECT_FALSE(counted.summary.has_stopped);
  EXPECT_GE(counted.summary.seconds, 0);
  EXPECT_GE(counted.summary.busy_seconds, 0);
}

TEST(ForEachIndex, EveryPolicyDoesEachIndexOnce) {
  for (const Policy policy : all_policies) {
    for (const int ranks_a_node : node_sizes) {
      expect_each_once({.policy = policy, .threads = 1}, 701, ranks_a_node);
    }
  }
}

TEST(ForEachIndex, OnThreadsToo) {
  for (const Policy policy : all_policies) {
    for (const int threads : {2, 3}) {
      expect_each_once({.policy = policy, .threads = threads}, 503, 2);
    }
  }
}

TEST(ForEachIndex, ChunksMayBeOfAnyLength) {
  for (const Policy policy : {Policy::dynamic, Policy::cyclic}) {
    for (const std::uint64_t chunk : {std::uint64_t{7}, std::uint64_t{1000}, std::uint64_t{1} << 60}) {
      expect_each_once({.policy = policy, .chunk = chunk, .threads = 1}, 300, 2);
    }
  }
}

TEST(ForEachIndex, NothingToDoIsDoneAtOnce) {
  for (const Policy policy : all_policies) {
    expect_each_once({.policy = policy, .threads = 1}, 0, 2);
    expect_each_once({.policy = policy, .threads = 1, .done = IndexSet({{0, 9}})}, 9, 2);
  }
}

TEST(ForEachIndex, FewerIndicesThanWorkers) {
  for (const Policy policy : all_policies) {
    for (const int ranks_a_node : node_sizes) {
      expect_each_once({.policy = policy, .threads = 2}, 1, ranks_a_node);
      expect_each_once({.policy = policy, .threads = 2}, 3, ranks_a_node);
    }
  }
}

TEST(ForEachIndex, LeavesOutWhatIsDone) {
  const IndexSet done({{0, 1}, {10, 60}, {61, 62}, {199, 1000}});
  for (const Policy policy : all_policies) {
    for (const int ranks_a_node : node_sizes) {
      expect_each_once({.policy = policy, .threads = 1, .done = done}, 200, ranks_a_node);
    }
  }
}

TEST(ForEachIndex, WithCostsEachIndexOnce) {
  const auto cost = [](std::uint64_t index) { return static_cast<double>(index * 7919 % 101); };
  for (const Policy policy : all_policies) {
    for (const int ranks_a_node : node_sizes) {
      expect_each_once({.policy = policy, .threads = 1, .cost = cost, .done = IndexSet({{5, 50}})}, 400,
                       ranks_a_node);
    }
  }
}

TEST(ForEachIndex, WithCostsTheLongestComesFirst) {
  std::vector<std::uint64_t> order;
  const auto note = [&](std::uint64_t index, int) { order.push_back(index); };
  const Options options{.threads = 1,
                        .cost = [](std::uint64_t index) { return static_cast<double>(index % 50); }};
  (void)for_each_index(world(), 100, options, note);
  // Whoever is dealt what, each worker's own indices are in the order of the list.
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto [before, after] = std::pair(order[i - 1], order[i]);
    EXPECT_TRUE(before % 50 > after % 50 || (before % 50 == after % 50 && before < after))
        << before << " " << after;
  }
}

TEST(ForEachIndex, StaticIsOneBlockAWorkerInTheOrderOfRanks) {
  std::vector<std::uint64_t> mine;
  const auto note = [&](std::uint64_t index, int) { mine.push_back(index); };
  const std::uint64_t n = 101;
  (void)for_each_index(world(), n, {.policy = Policy::static_block, .threads = 1}, note);
  const Range part =
      block(n, static_cast<std::uint64_t>(world().size()), static_cast<std::uint64_t>(world().rank()));
  ASSERT_EQ(mine.size(), part.size());
  for (std::size_t i = 0; i < mine.size(); ++i) {
    EXPECT_EQ(mine[i], part.begin + i);
  }
}

TEST(ForEachIndex, CyclicIsChunksInTurn) {
  std::vector<std::uint64_t> mine;
  const auto note = [&](std::uint64_t index, int) { mine.push_back(index); };
  (void)for_each_index(world(), 100, {.policy = Policy::cyclic, .chunk = 3, .threads = 1}, note);
  for (const std::uint64_t index : mine) {
    EXPECT_EQ(index / 3 % static_cast<std::uint64_t>(world().size()),
              static_cast<std::uint64_t>(world().rank()));
  }
}

TEST(ForEachIndex, ThreadsAreNumberedAndCounted) {
  std::atomic<int> highest{0};
  const auto note = [&](std::uint64_t, int thread) {
    int seen = highest.load();
    while (seen < thread && !highest.compare_exchange_weak(seen, thread)) {
    }
  };
  const Summary summary = for_each_index(world(), 1000, {.threads = 3}, note);
  EXPECT_LE(summary.n_threads, 3);
  EXPECT_LT(highest.load(), summary.n_threads);
}

TEST(ForEachIndex, RanksMayHaveDifferentNumbersOfThreads) {
  for (const Policy policy : all_policies) {
    // Rank 0 leaves it to the default, the others say it.
    expect_each_once({.policy = policy, .threads = world().rank() % 3}, 300, 2);
  }
}

TEST(ForEachIndex, BusyTimeIsWhatBodiesTake) {
  const auto sleep = [](std::uint64_t, int) { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  const Summary summary = for_each_index(world(), 20, {.threads = 1}, sleep);
  EXPECT_GE(summary.busy_seconds, 0.002 * static_cast<double>(summary.n_done));
  EXPECT_LE(summary.busy_seconds, summary.seconds);
}

TEST(ForEachIndex, WorkMovesBetweenNodes) {
  // All the work is in the first node's share.
  const std::uint64_t n = 64;
  const auto body = [&](std::uint64_t index, int) {
    std::this_thread::sleep_for(std::chrono::milliseconds(index < n / 2 ? 4 : 0));
  };
  std::uint64_t n_long = 0;
  const auto note = [&](std::uint64_t index, int thread) {
    body(index, thread);
    n_long += index < n / 2 ? 1 : 0;
  };
  (void)detail::for_each_index_on_nodes(world(), n, {.threads = 1}, note, 1);
  const std::uint64_t others = world().is_root() ? 0 : n_long;
  const std::uint64_t n_moved = mpi::allreduce_value(world(), others, std::plus<>{});
  if (world().size() > 1) {
    EXPECT_GT(n_moved, 0U);
  }
}

TEST(ForEachIndex, ProgressRisesToTheTotal) {
  std::vector<Status> seen;
  const Options options{.threads = 1,
                        .on_progress = [&](const Status& status) { seen.push_back(status); },
                        .progress_interval = std::chrono::milliseconds(2)};
  const auto sleep = [](std::uint64_t, int) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); };
  (void)detail::for_each_index_on_nodes(world(), 60, options, sleep, 2);
  if (!world().is_root()) {
    EXPECT_THAT(seen, IsEmpty());
    return;
  }
  ASSERT_FALSE(seen.empty());
  std::uint64_t last = 0;
  for (const Status& status : seen) {
    EXPECT_EQ(status.n_total, 60U);
    EXPECT_GE(status.n_done, last);
    last = status.n_done;
  }
  EXPECT_EQ(last, 60U);
}

TEST(ForEachIndex, LeavesTheCommunicatorUsable) {
  for (int round = 0; round < 20; ++round) {
    expect_each_once({.threads = 1}, 50, 2);
  }
}

}  // namespace
}  // namespace serried::schedule
