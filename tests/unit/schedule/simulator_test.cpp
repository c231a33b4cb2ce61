#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/schedule/simulator.hpp>

namespace serried::schedule {
namespace {

// Costs of mean 0.5 ms, as in tests/bench/schedule.cpp.
std::vector<double> costs(const std::string& shape, std::size_t n) {
  std::vector<double> seconds(n);
  std::mt19937_64 random(2026);
  if (shape == "pareto") {
    for (double& s : seconds) {
      s = std::pow(1 - std::uniform_real_distribution<double>(0, 1)(random), -1 / 1.5);
    }
  } else {
    for (double& s : seconds) {
      s = std::lognormal_distribution<double>(0, 1)(random);
    }
  }
  if (shape == "ascending") {
    std::sort(seconds.begin(), seconds.end());
  } else if (shape == "descending") {
    std::sort(seconds.rbegin(), seconds.rend());
  }
  const double scale = 0.5e-3 * static_cast<double>(n) / std::accumulate(seconds.begin(), seconds.end(), 0.0);
  for (double& s : seconds) {
    s *= scale;
  }
  return seconds;
}

Simulation run(const SimulatedMachine& machine, const std::vector<double>& seconds,
               const Options& options = {}) {
  return simulate(machine, seconds.size(), options, [&](std::uint64_t index) { return seconds.at(index); });
}

TEST(Simulator, DoesEachIndexOnceUnderEveryPolicy) {
  const IndexSet done({{0, 3}, {50, 90}, {999, 2000}});
  for (const Policy policy : all_policies) {
    for (const bool has_costs : {false, true}) {
      for (const SimulatedMachine& machine : {SimulatedMachine{},
                                              {.workers_per_node = 5},
                                              {.n_nodes = 4},
                                              {.n_nodes = 7, .workers_per_node = 3}}) {
        std::vector<int> n_times(1000, 0);
        Options options{.policy = policy, .chunk = 2, .done = done};
        if (has_costs) {
          options.cost = [](std::uint64_t index) { return static_cast<double>(index % 10); };
        }
        const Simulation result = simulate(machine, 1000, options, [&](std::uint64_t index) {
          ++n_times.at(index);
          return 1e-5 * static_cast<double>(index % 10);
        });
        EXPECT_EQ(result.n_done, done.complement(1000).size());
        for (std::uint64_t index = 0; index < 1000; ++index) {
          ASSERT_EQ(n_times[index], done.contains(index) ? 0 : 1) << name_of(policy) << " " << index;
        }
      }
    }
  }
}

TEST(Simulator, AccountsForAllTime) {
  for (const SimulatedMachine& machine :
       {SimulatedMachine{.workers_per_node = 4}, {.n_nodes = 3, .workers_per_node = 2}}) {
    const Simulation result = run(machine, costs("lognormal", 500));
    const double sum =
        result.busy_seconds + result.overhead_seconds + result.starved_seconds + result.tail_seconds;
    EXPECT_NEAR(sum, result.seconds * result.n_workers, 0.01 * sum);
    EXPECT_NEAR(result.busy_seconds, 0.25, 1e-9);
  }
}

TEST(Simulator, IsReproducible) {
  const std::vector<double> seconds = costs("pareto", 2000);
  const SimulatedMachine machine{.n_nodes = 5, .workers_per_node = 3};
  EXPECT_EQ(run(machine, seconds).seconds, run(machine, seconds).seconds);
  EXPECT_EQ(run(machine, seconds).n_messages, run(machine, seconds).n_messages);
}

TEST(Simulator, StealingBalancesEveryShapeOnTwoWorkers) {
  for (const char* shape : {"lognormal", "pareto", "ascending", "descending"}) {
    EXPECT_GE(run({.workers_per_node = 2}, costs(shape, 4000)).efficiency(), 0.99) << shape;
  }
}

TEST(Simulator, StealingBalancesEveryShapeOnThreeHosts) {
  for (const char* shape : {"lognormal", "pareto", "ascending", "descending"}) {
    EXPECT_GE(run({.n_nodes = 3, .message_seconds = 100e-6}, costs(shape, 4000)).efficiency(), 0.97) << shape;
    EXPECT_GE(run({.n_nodes = 3, .workers_per_node = 2}, costs(shape, 4000)).efficiency(), 0.97) << shape;
  }
}

TEST(Simulator, StaticLosesWhereCostsAreSorted) {
  const double fixed =
      run({.workers_per_node = 2}, costs("descending", 4000), {.policy = Policy::static_block}).efficiency();
  EXPECT_LT(fixed, 0.7);
  EXPECT_GT(fixed, 0.5);
}

TEST(Simulator, LongestFirstTakesAsLongAsTheLongest) {
  for (const std::size_t where : {0U, 9U}) {
    std::vector<double> seconds(10, 0.05);
    seconds[where] = 0.5;
    const Options hinted{.cost = [&](std::uint64_t index) { return seconds[index]; }};
    EXPECT_NEAR(run({.workers_per_node = 2}, seconds, hinted).seconds, 0.5, 0.005);
    EXPECT_NEAR(run({.n_nodes = 2}, seconds, hinted).seconds, 0.5, 0.005);
  }
  std::vector<double> last(10, 0.05);
  last[9] = 0.5;
  EXPECT_GT(run({.workers_per_node = 2}, last, {.policy = Policy::dynamic}).seconds, 0.65) << "without hints";
}

TEST(Simulator, WrongHintsAreCorrectedBetweenNodes) {
  // All the work is where the hints see none.
  std::vector<double> seconds(4000, 0.0);
  std::fill_n(seconds.begin(), 1000, 1e-3);
  const Options hinted{.cost = [](std::uint64_t index) { return index < 1000 ? 0.0 : 1.0; }};
  EXPECT_GE(run({.n_nodes = 4, .workers_per_node = 2}, seconds, hinted).efficiency(), 0.9);
}

TEST(Simulator, ManyNodesStayBusy) {
  // A thousand indices a worker.
  const std::vector<double> seconds = costs("lognormal", 256'000);
  EXPECT_GE(run({.n_nodes = 32, .workers_per_node = 8}, seconds).efficiency(), 0.95);
  EXPECT_GE(run({.n_nodes = 32, .workers_per_node = 8}, costs("descending", 256'000)).efficiency(), 0.95);
}

TEST(Simulator, BestEfficiencyKnowsTheLongestBody) {
  std::vector<double> seconds(10, 0.1);
  seconds[4] = 1.0;
  const Simulation result = run({.workers_per_node = 10}, seconds);
  EXPECT_NEAR(result.best_efficiency(), 1.9 / 10, 1e-9);
  EXPECT_LE(result.efficiency(), result.best_efficiency());
}

TEST(Simulator, NothingToDoEnds) {
  const Simulation result = run({.n_nodes = 3, .workers_per_node = 2}, {});
  EXPECT_EQ(result.n_done, 0U);
  EXPECT_EQ(result.busy_seconds, 0);
}

}  // namespace
}  // namespace serried::schedule
