#include "option/market.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace serried::option {
namespace {

// Black and Scholes's formula by libm: spot and strike 100, rate 0.05, volatility 0.2, one year.
constexpr double black_scholes_call = 10.450583572185565;

TEST(Market, OneStepIsBlackAndScholes) {
  EXPECT_NEAR(Path({.payoff = Payoff::european_call}).geometric_call(), black_scholes_call, 1e-12);
  EXPECT_NEAR(Path({.payoff = Payoff::asian_geometric, .steps = 1}).geometric_call(), black_scholes_call,
              1e-12);
  // By libm, away from the money.
  const Contract contract{.payoff = Payoff::european_call,
                          .spot = 80,
                          .strike = 120,
                          .rate = 0.01,
                          .volatility = 0.35,
                          .maturity = 2.5};
  const auto probability = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  const double deviation = contract.volatility * std::sqrt(contract.maturity);
  const double d_1 =
      (std::log(contract.spot / contract.strike) + contract.rate * contract.maturity) / deviation +
      deviation / 2;
  EXPECT_NEAR(Path(contract).geometric_call(),
              contract.spot * probability(d_1) - contract.strike *
                                                     std::exp(-contract.rate * contract.maturity) *
                                                     probability(d_1 - deviation),
              1e-12);
}

TEST(Market, TheGeometricMeanHasAFormula) {
  EXPECT_NEAR(Path({.payoff = Payoff::asian_geometric}).geometric_call(), 5.565508831349, 1e-12);
  EXPECT_NEAR(Path({.payoff = Payoff::asian_arithmetic}).geometric_call(), 5.565508831349, 1e-12);
}

TEST(Market, StepsAreEqualPartsOfThePath) {
  const Path path({.payoff = Payoff::asian_geometric, .maturity = 2, .steps = 8});
  EXPECT_EQ(path.n_steps(), 8U);
  EXPECT_TRUE(path.is_asian());
  EXPECT_DOUBLE_EQ(path.drift(), (0.05 - 0.02) / 4);
  EXPECT_DOUBLE_EQ(path.volatility(), 0.1);
  EXPECT_DOUBLE_EQ(path.discount(), std::exp(-0.1));
  EXPECT_EQ(Path({.payoff = Payoff::european_put, .steps = 8}).n_steps(), 1U);
  EXPECT_FALSE(Path({.payoff = Payoff::european_put, .steps = 8}).is_asian());
}

// The discounted share is a martingale; the discounted geometric mean is less, and what a call on it with a strike of next to
// nothing is worth.
TEST(Market, ControlsHaveTheirMeans) {
  EXPECT_NEAR(Path({.payoff = Payoff::european_call}).control_mean(), 100, 1e-11);
  EXPECT_NEAR(Path({.payoff = Payoff::european_put, .rate = -0.03, .volatility = 0.7}).control_mean(), 100,
              1e-11);
  const Path geometric({.payoff = Payoff::asian_geometric, .strike = 1e-9});
  EXPECT_LT(geometric.control_mean(), 100);
  EXPECT_NEAR(geometric.control_mean(), geometric.geometric_call() + 1e-9 * geometric.discount(), 1e-11);
  const Path arithmetic({.payoff = Payoff::asian_arithmetic});
  EXPECT_EQ(arithmetic.control_mean(), arithmetic.geometric_call());
}

TEST(Market, WithoutVolatilityAllIsKnown) {
  EXPECT_NEAR(Path({.payoff = Payoff::european_call, .volatility = 0}).geometric_call(),
              100 - 100 * std::exp(-0.05), 1e-12);
  EXPECT_EQ(Path({.payoff = Payoff::european_call, .strike = 200, .volatility = 0}).geometric_call(), 0);
  const double log_mean = std::log(100.0) + 0.05 * 253 / (2 * 252);
  const Path path({.payoff = Payoff::asian_geometric, .volatility = 0});
  EXPECT_NEAR(path.geometric_call(), std::exp(-0.05) * (std::exp(log_mean) - 100), 1e-12);
  EXPECT_NEAR(path.control_mean(), std::exp(-0.05 + log_mean), 1e-12);
}

}  // namespace
}  // namespace serried::option
