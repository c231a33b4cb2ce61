#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ising/ising.hpp>
#include <ising/onsager.hpp>

#include "world.hpp"

namespace serried::ising {
namespace {

using montecarlo::Value;
using test::world;

// Chains of 32 x 32 spins; away from the transition, finite size shows less than in the tenth digit at T = 1.8, and 1e-5 at T = 3.
Options options_of(Algorithm algorithm, std::uint64_t exchange_every) {
  return {.size = 32,
          .temperatures = {1.8, 3.0},
          .algorithm = algorithm,
          .start = Start::ordered,
          .exchange_every = exchange_every,
          .chains = {.chains = 2, .warm_up = 200, .samples = 3000, .seed = 12}};
}

double z_of(const Value& found, double exact) { return (found.value - exact) / found.standard_error; }

// Bounds that chance breaks once in a million.
TEST(Ising, IsOnsagers) {
  for (const Algorithm algorithm : {Algorithm::metropolis, Algorithm::wolff}) {
    const Summary found = run(world(), options_of(algorithm, 0));
    for (const AtTemperature& at : found.temperatures) {
      EXPECT_LT(std::abs(z_of(at.energy, exact_energy(at.temperature))), 4.9) << at.temperature;
      EXPECT_TRUE(at.is_long_enough) << at.temperature;
      EXPECT_LT(at.split_r_hat, 1.05) << at.temperature;
    }
    EXPECT_LT(std::abs(z_of(found.temperatures[0].magnetisation, exact_magnetisation(1.8))), 4.9);
    EXPECT_NEAR(found.temperatures[0].binder.value, 2.0 / 3, 1e-3);
    EXPECT_NEAR(found.temperatures[1].binder.value, 0, 0.15);
    EXPECT_EQ(found.ladder.samples(), 2U * 2 * 3000);
  }
}

// The specific heat is the slope of the energy.
TEST(Ising, HasASpecificHeatThatFitsItsEnergy) {
  const Summary found = run(world(), options_of(Algorithm::metropolis, 0));
  for (const AtTemperature& at : found.temperatures) {
    constexpr double step = 1e-4;
    const double slope =
        (exact_energy(at.temperature + step) - exact_energy(at.temperature - step)) / (2 * step);
    EXPECT_LT(std::abs(z_of(at.specific_heat, slope)), 4.9) << at.temperature;
  }
}

// Known bits, whatever the number of ranks and threads.
TEST(Ising, GivesTheSameBits) {
  for (const int threads : {1, 2}) {
    Options options = options_of(Algorithm::metropolis, 3);
    options.temperatures = {2.2, 2.3, 2.4};
    options.chains.warm_up = 30;
    options.chains.samples = 128;
    options.chains.job.threads = threads;
    const Summary found = run(world(), options);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(found.temperatures[0].energy.value), 0xbff863b000000000U);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(found.temperatures[2].binder.standard_error), 0x3fb13e754dfbfffcU);
    EXPECT_GT(found.temperatures[1].acceptance, 0);
    EXPECT_TRUE(std::isnan(found.temperatures[2].acceptance));
  }
}

TEST(Ising, HasARowForEachTemperature) {
  Summary found;
  found.temperatures.resize(2);
  found.temperatures[0].energy = {-1.7, 0.1};
  const montecarlo::Table table = table_of(found);
  ASSERT_EQ(table.rows.size(), 2U);
  for (const auto& row : table.rows) {
    EXPECT_EQ(row.size(), table.columns.size());
  }
  EXPECT_EQ(table.rows[0][1], -1.7);
  EXPECT_EQ(table.rows[0][2], 0.1);
}

}  // namespace
}  // namespace serried::ising
