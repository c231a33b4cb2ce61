#include "option/option.hpp"

#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "world.hpp"

namespace serried::option {
namespace {

using test::world;

constexpr Method all_methods[] = {Method::plain, Method::antithetic, Method::control, Method::sobol};

// Five steps, so that the geometric mean's formula is one that the defaults do not use.
TEST(Option, EveryMethodFindsThePrice) {
  const Contract geometric{.payoff = Payoff::asian_geometric, .steps = 5};
  const double call = Path({.payoff = Payoff::european_call}).geometric_call();
  struct Known {
    Contract contract;
    double price;
  };
  for (const Known& known : {Known{{.payoff = Payoff::european_call}, call},
                             Known{{.payoff = Payoff::european_put}, call - 100 + 100 * std::exp(-0.05)},
                             Known{geometric, Path(geometric).geometric_call()}}) {
    double plain_error = 0;
    for (const Method method : all_methods) {
      const montecarlo::Options options{.trials = 1 << 16, .seed = 20261130, .trials_per_block = 1 << 13};
      const Price price = run(world(), options, known.contract, method);
      EXPECT_LT(std::abs(price.estimate.mean - known.price), 4 * price.estimate.standard_error)
          << static_cast<int>(method);
      EXPECT_EQ(price.estimate.trials, options.trials);
      EXPECT_EQ(price.coefficients.size(), method == Method::control ? 1U : 0U);
      if (method == Method::plain) {
        plain_error = price.estimate.standard_error;
      } else {
        EXPECT_LT(price.estimate.standard_error, 0.8 * plain_error) << static_cast<int>(method);
      }
    }
  }
}

// The control of the arithmetic mean is nearly the same thing: a coefficient of about one, a small part of the error.
TEST(Option, TheGeometricMeanControlsTheArithmeticOne) {
  const Contract contract{.payoff = Payoff::asian_arithmetic, .steps = 12};
  const montecarlo::Options options{.trials = 20'000, .seed = 20261130, .trials_per_block = 1000};
  const Price plain = run(world(), options, contract, Method::plain);
  const Price controlled = run(world(), options, contract, Method::control);
  EXPECT_LT(controlled.estimate.standard_error, plain.estimate.standard_error / 20);
  EXPECT_LT(std::abs(controlled.estimate.mean - plain.estimate.mean), 4 * plain.estimate.standard_error);
  ASSERT_EQ(controlled.coefficients.size(), 1U);
  EXPECT_NEAR(controlled.coefficients[0], 1.04, 0.04);
}

}  // namespace
}  // namespace serried::option
