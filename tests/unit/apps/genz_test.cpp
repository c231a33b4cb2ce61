#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <integrate/genz.hpp>
#include <integrate/integrate.hpp>

namespace serried::integrate {
namespace {

constexpr Family all_families[] = {Family::oscillatory, Family::product_peak, Family::corner_peak,
                                   Family::gaussian,    Family::continuous,   Family::discontinuous};

// The kernel at the points of a grid of midpoints, whose mean is the integral to within its error.
double integral_on_a_grid(const Integrand& integrand, std::size_t n_each) {
  const Kernel kernel(integrand);
  std::size_t n = 1;
  for (std::size_t d = 0; d < integrand.dimensions(); ++d) {
    n *= n_each;
  }
  std::vector<double> values(n);
  std::vector<double> x(n);
  kernel.begin(values);
  for (std::size_t d = 0, stride = 1; d < integrand.dimensions(); ++d, stride *= n_each) {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = (static_cast<double>(i / stride % n_each) + 0.5) / static_cast<double>(n_each);
    }
    kernel.add(d, x, values);
  }
  kernel.finish(values);
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(n);
}

TEST(Integrand, FormulasAreTheIntegralsOfTheKernels) {
  for (const Family family : all_families) {
    for (const std::uint64_t seed : {1, 2, 3}) {
      const Integrand of_one(family, 1, 3, seed);
      EXPECT_NEAR(integral_on_a_grid(of_one, 100'000) / of_one.integral(), 1, 1e-4)
          << static_cast<int>(family) << " " << seed;
      const Integrand of_three(family, 3, 4, seed);
      EXPECT_NEAR(integral_on_a_grid(of_three, 100), of_three.integral(),
                  6e-2 * std::abs(of_three.integral()) + 1e-3)
          << static_cast<int>(family) << " " << seed;
    }
  }
}

TEST(Integrand, OfACornerInManyDimensionsIsRight) {
  const Integrand of_one(Family::corner_peak, 1, 3, 1);
  EXPECT_NEAR(of_one.integral(), 1.0 / 4, 1e-15);
  // Nearly flat: (1 + s)^-21 for a sum s of 1e-3 / 2 on average, the variance of which adds about 1e-6.
  EXPECT_NEAR(Integrand(Family::corner_peak, 20, 1e-3, 1).integral(), std::pow(1 + 0.5e-3, -21), 3e-6);
}

TEST(Integrand, FollowsFromTheSeed) {
  const Integrand one(Family::gaussian, 4, 5, 7);
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(Integrand(Family::continuous, 4, 5, 7).a(i), one.a(i));
    EXPECT_NE(Integrand(Family::gaussian, 4, 5, 8).u(i), one.u(i));
    sum += one.a(i);
  }
  EXPECT_NEAR(sum, 5, 1e-14);
  EXPECT_THROW(Integrand(Family::gaussian, 0, 1, 1), std::logic_error);
  EXPECT_THROW(Integrand(Family::gaussian, 21, 1, 1), std::logic_error);
  EXPECT_THROW(Integrand(Family::gaussian, 1, 0, 1), std::logic_error);
}

}  // namespace
}  // namespace serried::integrate
