// Whatever the options, ranks, threads and nodes: each index that is left to do is done exactly once, also when the loop
// is stopped and begun again.
#include <cstdint>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>
#include <serried/schedule/for_each_index.hpp>

#include "world.hpp"

namespace serried::schedule {
namespace {

using test::world;

// A loop that all ranks draw alike from a seed; but for what is a rank's own business.
struct Drawn {
  std::uint64_t n = 0;
  int ranks_a_node = 0;
  Options options;
  std::vector<std::uint32_t> work;  // of each index
};

Drawn draw(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  Drawn drawn;
  drawn.n = below(3) == 0 ? below(10) : below(3000);
  drawn.ranks_a_node = static_cast<int>(below(4));
  drawn.options.policy = all_policies[below(std::size(all_policies))];
  drawn.options.chunk = below(2) == 0 ? 1 : 1 + below(200);
  for (std::uint64_t i = below(20); i > 0; --i) {
    const std::uint64_t begin = below(3000);
    drawn.options.done.insert({begin, begin + below(300)});
  }
  // Mostly short, some long, in one half of the range more than in the other.
  for (std::uint64_t index = 0; index < drawn.n; ++index) {
    drawn.work.push_back(
        static_cast<std::uint32_t>(below(100) < 2 * index / (drawn.n / 8 + 1) ? below(20'000) : below(50)));
  }
  if (below(3) == 0) {
    drawn.options.cost = [salt = below(3)](std::uint64_t index) {
      return salt == 0 ? 0.0 : static_cast<double>(index * 2654435761U % 1000);
    };
  }
  std::mt19937_64 own(seed * 1000 + static_cast<std::uint64_t>(world().rank()));
  drawn.options.threads = 1 + static_cast<int>(own() % 2);
  return drawn;
}

// How often each index was done, over all ranks.
std::vector<std::uint32_t> run(const Drawn& drawn, const Options& options) {
  std::vector<std::atomic<std::uint32_t>> n_times(drawn.n);
  const auto body = [&](std::uint64_t index, int) {
    volatile std::uint32_t spent = 0;
    for (std::uint32_t i = 0; i < drawn.work.at(index); ++i) {
      spent = spent + i;
    }
    ++n_times.at(index);
  };
  (void)detail::for_each_index_on_nodes(world(), drawn.n, options, body, drawn.ranks_a_node);
  std::vector<std::uint32_t> sums(n_times.begin(), n_times.end());
  mpi::allreduce(world(), sums, std::plus<>{});
  return sums;
}

TEST(ForEachIndexProperty, EachIndexExactlyOnce) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Drawn drawn = draw(seed);
    const std::vector<std::uint32_t> n_times = run(drawn, drawn.options);
    for (std::uint64_t index = 0; index < drawn.n; ++index) {
      ASSERT_EQ(n_times[index], drawn.options.done.contains(index) ? 0U : 1U)
          << "seed " << seed << ", index " << index << ", " << name_of(drawn.options.policy);
    }
  }
}

TEST(ForEachIndexProperty, StoppedAndBegunAgain) {
  for (std::uint64_t seed = 101; seed <= 115; ++seed) {
    const Drawn drawn = draw(seed);
    std::vector<std::uint32_t> total(drawn.n, 0);
    IndexSet done = drawn.options.done;
    // It is asked about every millisecond: stops are early at first, and the last round has none.
    for (int round = 1; done.complement(drawn.n).size() != 0; ++round) {
      Options options = drawn.options;
      options.done = done;
      int n_asked = 0;
      options.should_stop = [&] {
        return ++n_asked >= round && round < 5 && world().rank() == world().size() - 1;
      };
      const std::vector<std::uint32_t> n_times = run(drawn, options);
      for (std::uint64_t index = 0; index < drawn.n; ++index) {
        total[index] += n_times[index];
        if (n_times[index] != 0) {
          done.insert(index);
        }
      }
      ASSERT_LE(round, 5) << "seed " << seed;
    }
    for (std::uint64_t index = 0; index < drawn.n; ++index) {
      ASSERT_EQ(total[index], drawn.options.done.contains(index) ? 0U : 1U)
          << "seed " << seed << ", index " << index;
    }
  }
}

}  // namespace
}  // namespace serried::schedule
