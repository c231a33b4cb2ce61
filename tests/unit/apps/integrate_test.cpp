#include <cmath>
#include <cstddef>

#include <gtest/gtest.h>
#include <integrate/integrate.hpp>

#include "world.hpp"

namespace serried::integrate {
namespace {

using test::world;

TEST(Integrate, EveryFamilyByEveryMethod) {
  for (const Family family : {Family::oscillatory, Family::product_peak, Family::corner_peak,
                              Family::gaussian, Family::continuous, Family::discontinuous}) {
    for (const std::size_t dimensions : {1, 5, 10}) {
      const Integrand integrand(family, dimensions, 5, 3);
      const montecarlo::Options options{.trials = 65'536, .seed = 3};
      const double integral = integrand.integral();
      const auto plain = run(world(), options, integrand, Method::plain);
      const auto sobol = run(world(), options, integrand, Method::sobol);
      EXPECT_LT(std::abs(plain.mean - integral), 4.9 * plain.standard_error)
          << static_cast<int>(family) << " in " << dimensions;
      EXPECT_LT(std::abs(sobol.mean - integral), 6 * sobol.standard_error)
          << static_cast<int>(family) << " in " << dimensions;
      if (dimensions <= 5) {
        EXPECT_LT(sobol.standard_error, plain.standard_error / 2);
      }
    }
  }
}

}  // namespace
}  // namespace serried::integrate
