#include "option/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <serried/montecarlo.hpp>
#include <serried/random/sobol.hpp>
#include <serried/random/stream.hpp>

namespace serried::option {
namespace {

constexpr Payoff all_payoffs[] = {Payoff::european_call, Payoff::european_put, Payoff::asian_geometric,
                                  Payoff::asian_arithmetic};

// A batch whose stream is always the same.
class OneBatch {
 public:
  explicit OneBatch(std::size_t n_observables = 1) : batch_(n_observables) {
    batch_.begin(stream_, 0, montecarlo::Batch::capacity);
  }
  montecarlo::Batch& operator*() { return batch_; }
  montecarlo::Batch* operator->() { return &batch_; }

 private:
  random::Stream stream_{7, "paths", 0};
  montecarlo::Batch batch_;
};

// The same for points of which the dimensions are those of a path.
class OnePointBatch {
 public:
  explicit OnePointBatch(std::size_t dimensions) : batch_(1, dimensions) {
    batch_.scramble(11, 0);
    go_to(0);
  }
  void go_to(std::uint64_t first) { batch_.begin(stream_, first, montecarlo::Batch::capacity); }
  montecarlo::PointBatch& operator*() { return batch_; }
  montecarlo::PointBatch* operator->() { return &batch_; }

 private:
  random::Stream stream_{7, "points", 0};
  montecarlo::PointBatch batch_;
};

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// A path without volatility, by libm.
double known_price(const Contract& contract) {
  const double discount = std::exp(-contract.rate * contract.maturity);
  const double at_maturity = contract.spot / discount;
  double sum = 0;
  double sum_of_logs = 0;
  for (std::uint64_t step = 1; step <= contract.steps; ++step) {
    const double time = contract.maturity * static_cast<double>(step) / static_cast<double>(contract.steps);
    sum += contract.spot * std::exp(contract.rate * time);
    sum_of_logs += std::log(contract.spot) + contract.rate * time;
  }
  const auto n = static_cast<double>(contract.steps);
  switch (contract.payoff) {
    case Payoff::european_call:
      return discount * std::max(at_maturity - contract.strike, 0.0);
    case Payoff::european_put:
      return discount * std::max(contract.strike - at_maturity, 0.0);
    case Payoff::asian_geometric:
      return discount * std::max(std::exp(sum_of_logs / n) - contract.strike, 0.0);
    case Payoff::asian_arithmetic:
      return discount * std::max(sum / n - contract.strike, 0.0);
  }
  return 0;
}

TEST(Bridge, CoversEveryTimeOnceAfterItsNeighbours) {
  for (const std::size_t n_steps : {1U, 2U, 3U, 5U, 16U, 100U, 252U}) {
    const Bridge bridge(n_steps);
    ASSERT_EQ(bridge.times().size(), n_steps);
    EXPECT_EQ(bridge.times()[0].at, n_steps);
    std::set<std::size_t> known = {0};
    for (const Bridge::Time& time : bridge.times()) {
      EXPECT_TRUE(known.contains(time.left));
      EXPECT_TRUE(known.contains(time.right));
      EXPECT_TRUE(known.insert(time.at).second) << time.at << " of " << n_steps;
      EXPECT_LE(time.at, n_steps);
    }
  }
}

// Each time as the weights that it gives the normals: the covariance of two times is the product of theirs.
TEST(Bridge, HasTheCovariancesOfBrownianMotion) {
  for (const std::size_t n_steps : {1U, 2U, 3U, 7U, 16U, 252U}) {
    const Bridge bridge(n_steps);
    std::vector<std::vector<double>> weights(n_steps + 1, std::vector<double>(n_steps));
    for (std::size_t k = 0; k < n_steps; ++k) {
      const Bridge::Time& time = bridge.times()[k];
      for (std::size_t i = 0; i < n_steps; ++i) {
        weights[time.at][i] =
            time.weight_left * weights[time.left][i] + time.weight_right * weights[time.right][i];
      }
      weights[time.at][k] += time.deviation;
    }
    for (std::size_t s = 0; s <= n_steps; ++s) {
      for (std::size_t t = s; t <= n_steps; ++t) {
        const double covariance =
            std::inner_product(weights[s].begin(), weights[s].end(), weights[t].begin(), 0.0);
        EXPECT_NEAR(covariance, static_cast<double>(s), 1e-12 * static_cast<double>(n_steps))
            << "times " << s << " and " << t << " of " << n_steps;
      }
    }
  }
}

TEST(Kernels, GiveTheKnownPriceWithoutVolatility) {
  for (const Payoff payoff : all_payoffs) {
    for (const double strike : {90.0, 120.0}) {
      const Contract contract{
          .payoff = payoff, .strike = strike, .volatility = 0, .maturity = 2, .steps = 12};
      const Path path(contract);
      const double price = known_price(contract);
      const auto expect_price = [&](std::span<const double> values) {
        const auto [least, most] = std::ranges::minmax(values);
        EXPECT_NEAR(least, price, 1e-11);
        EXPECT_NEAR(most, price, 1e-11);
      };
      OneBatch plain;
      add_paths(path, *plain, plain->values(), 1.0);
      expect_price(plain->values());
      OneBatch antithetic;
      add_antithetic_paths(path, *antithetic, antithetic->values());
      expect_price(antithetic->values());
      OneBatch controlled(2);
      add_controlled_paths(path, *controlled, controlled->values(0), controlled->values(1));
      expect_price(controlled->values(0));
      EXPECT_NEAR(controlled->values(1)[0], path.control_mean(), 1e-11);
      OnePointBatch points(path.n_steps());
      add_bridged_paths(path, Bridge(path.n_steps()), *points, points->values());
      expect_price(points->values());
    }
  }
}

// With small steps, which have an exponential of their own, and with large ones.
TEST(Kernels, GiveTheMeansOfThePathsOfTheirNormals) {
  for (const double volatility : {0.1, 4.0}) {
    const Path path({.payoff = Payoff::asian_arithmetic, .strike = 1, .volatility = volatility, .steps = 30});
    EXPECT_EQ(path.has_small_steps(), volatility < 1) << path.volatility();
    OneBatch controlled(2);
    add_controlled_paths(path, *controlled, controlled->values(0), controlled->values(1));
    std::vector<double> log_price(controlled->size(), std::log(100.0));
    std::vector<double> of_logs(controlled->size());
    std::vector<double> of_prices(controlled->size());
    std::vector<double> normals(controlled->size());
    OneBatch again;
    for (std::size_t at = 1; at <= path.n_steps(); ++at) {
      again->stream().fill_normal(normals);
      for (std::size_t i = 0; i < normals.size(); ++i) {
        log_price[i] += path.drift() + path.volatility() * normals[i];
        of_logs[i] += log_price[i] / 30;
        of_prices[i] += std::exp(log_price[i]) / 30;
      }
    }
    for (std::size_t i = 0; i < normals.size(); ++i) {
      const double geometric = path.discount() * std::max(std::exp(of_logs[i]) - 1, 0.0);
      const double arithmetic = path.discount() * std::max(of_prices[i] - 1, 0.0);
      EXPECT_NEAR(controlled->values(0)[i], arithmetic, 1e-12 * (100 + arithmetic));
      EXPECT_NEAR(controlled->values(1)[i], geometric, 1e-12 * (100 + geometric));
    }
  }
}

// The same paths: what a call pays more than a put is the share less the strike, whatever became of it.
TEST(Kernels, CallsAndPutsAreInParity) {
  Contract contract{.payoff = Payoff::european_call, .strike = 105, .volatility = 0.4};
  OneBatch calls(2);
  const Path path(contract);
  add_controlled_paths(path, *calls, calls->values(0), calls->values(1));
  contract.payoff = Payoff::european_put;
  OneBatch puts;
  add_paths(Path(contract), *puts, puts->values(), 1.0);
  for (std::size_t i = 0; i < puts->size(); ++i) {
    EXPECT_NEAR(calls->values(0)[i] - puts->values()[i],
                calls->values(1)[i] - path.discount() * contract.strike, 1e-11);
    EXPECT_TRUE(calls->values(0)[i] == 0 || puts->values()[i] == 0);
  }
}

TEST(Kernels, APairIsAPathAndItsOpposite) {
  for (const Payoff payoff : all_payoffs) {
    const Path path({.payoff = payoff, .steps = 5});
    OneBatch pairs;
    add_antithetic_paths(path, *pairs, pairs->values());
    OneBatch up;
    add_paths(path, *up, up->values(), 1.0);
    OneBatch down;
    add_paths(path, *down, down->values(), -1.0);
    for (std::size_t i = 0; i < pairs->size(); ++i) {
      EXPECT_EQ(pairs->values()[i], 0.5 * (up->values()[i] + down->values()[i]));
    }
  }
}

TEST(Kernels, ControlledPathsPayWhatPlainOnesDo) {
  for (const Payoff payoff : all_payoffs) {
    const Path path({.payoff = payoff, .steps = 5});
    OneBatch controlled(2);
    add_controlled_paths(path, *controlled, controlled->values(0), controlled->values(1));
    OneBatch plain;
    add_paths(path, *plain, plain->values(), 1.0);
    EXPECT_TRUE(std::ranges::equal(controlled->values(0), plain->values()));
    // The arithmetic mean is above the geometric one on every path.
    if (payoff == Payoff::asian_arithmetic) {
      for (std::size_t i = 0; i < controlled->size(); ++i) {
        EXPECT_GE(controlled->values(0)[i], controlled->values(1)[i] - 1e-11);
      }
    }
  }
}

// 2^14 points of one scrambling: far nearer to the formulas than as many normals would be.
TEST(Kernels, BridgedPathsFillTheirSpace) {
  struct Known {
    Payoff payoff;
    double price;
    double within;
  };
  const double call = 10.450583572185565;
  for (const Known& known : {Known{Payoff::european_call, call, 0.005},
                             Known{Payoff::european_put, call - 100 + 100 * std::exp(-0.05), 0.005},
                             Known{Payoff::asian_geometric, 5.565508831349, 0.02}}) {
    const Path path({.payoff = known.payoff});
    const Bridge bridge(path.n_steps());
    OnePointBatch points(path.n_steps());
    std::vector<double> means;
    for (std::uint64_t first = 0; first < 1U << 14U; first += montecarlo::Batch::capacity) {
      points.go_to(first);
      add_bridged_paths(path, bridge, *points, points->values());
      means.push_back(mean_of(points->values()));
    }
    EXPECT_NEAR(mean_of(means), known.price, known.within);
  }
}

}  // namespace
}  // namespace serried::option
