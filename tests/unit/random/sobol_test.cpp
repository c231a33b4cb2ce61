#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include <boost/random/sobol.hpp>
#include <gtest/gtest.h>

#include <serried/random/sobol.hpp>

namespace serried::random {
namespace {

std::vector<double> point_of(const Sobol& sobol, std::uint64_t index) {
  std::vector<double> point(sobol.dimensions());
  sobol.point(index, point);
  return point;
}

// The coordinates of points first … first + n - 1 in one dimension.
std::vector<double> row_of(const Sobol& sobol, std::size_t dimension, std::uint64_t first, std::size_t n) {
  std::vector<double> row(n);
  sobol.coordinates(dimension, first, row);
  return row;
}

// Boost's engine begins with point 1.
TEST(Sobol, HasThePointsOfBoost) {
  for (const std::size_t n_dimensions : {1, 2, 10, 252, 1000}) {
    const Sobol sobol(n_dimensions);
    boost::random::sobol engine(n_dimensions);
    EXPECT_EQ(point_of(sobol, 0), std::vector<double>(n_dimensions, 0.0));
    for (std::uint64_t index = 1; index <= 1000; ++index) {
      for (const double x : point_of(sobol, index)) {
        ASSERT_EQ(x, std::ldexp(static_cast<double>(engine()), -64)) << "point " << index;
      }
    }
  }
}

TEST(Sobol, HasThePointsOfBoostFarAway) {
  const Sobol sobol(Sobol::max_dimensions);
  boost::random::sobol engine(Sobol::max_dimensions);
  for (const std::uint64_t index :
       {std::uint64_t{1} << 31, (std::uint64_t{1} << 40) + 12'345, Sobol::max_points - 1}) {
    engine.seed(index - 1);
    for (const double x : point_of(sobol, index)) {
      ASSERT_EQ(x, std::ldexp(static_cast<double>(engine()), -64)) << "point " << index;
    }
  }
}

// Rows of any length from any index on.
TEST(Sobol, GivesTheSamePointsInEveryWay) {
  constexpr std::size_t n_dimensions = 7;
  for (const std::optional<std::uint64_t> seed :
       {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(5)}) {
    const Sobol sobol(n_dimensions, seed);
    for (const std::size_t n : {0, 1, 2, 3, 8, 31, 255, 256, 257, 1000}) {
      for (const std::uint64_t first :
           {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{1} << 32,
            std::uint64_t{123'456'789}, Sobol::max_points - n}) {
        std::vector<double> rows(n_dimensions * n);
        sobol.points(first, rows);
        for (std::size_t i = 0; i < n; ++i) {
          const auto expected = point_of(sobol, first + i);
          for (std::size_t d = 0; d < n_dimensions; ++d) {
            ASSERT_EQ(rows[d * n + i], expected[d]) << "point " << first << " + " << i << " of " << n;
          }
        }
        for (std::size_t d = 0; d < n_dimensions; ++d) {
          ASSERT_TRUE(std::ranges::equal(row_of(sobol, d, first, n), std::span(rows).subspan(d * n, n)));
        }
      }
    }
  }
}

TEST(Sobol, HasLimits) {
  EXPECT_THROW(Sobol(0), std::logic_error);
  EXPECT_THROW(Sobol(Sobol::max_dimensions + 1), std::logic_error);
  const Sobol sobol(2, 1);
  std::vector<double> values(2);
  EXPECT_THROW(sobol.point(0, std::span(values).first(1)), std::logic_error);
  EXPECT_THROW(sobol.point(Sobol::max_points, values), std::logic_error);
  EXPECT_THROW(sobol.points(0, std::span(values).first(1)), std::logic_error);
  EXPECT_THROW(sobol.points(Sobol::max_points, values), std::logic_error);
  EXPECT_THROW(sobol.points(~std::uint64_t{0}, values), std::logic_error);
  EXPECT_THROW(sobol.coordinates(2, 0, values), std::logic_error);
  EXPECT_THROW(sobol.coordinates(1, Sobol::max_points - 1, values), std::logic_error);
  EXPECT_NO_THROW(sobol.points(Sobol::max_points - 1, values));
  EXPECT_NO_THROW(sobol.points(Sobol::max_points, {}));
}

// Each of 2^k strata of each dimension has one of any aligned 2^k points.
TEST(ScrambledSobol, IsStratifiedInEveryDimension) {
  for (const std::size_t n_dimensions : {1, 10, 3667}) {
    const Sobol sobol(n_dimensions, 11);
    for (const std::size_t n : {16, 1024, 4096}) {
      for (const std::uint64_t first : {std::uint64_t{0}, 5 * std::uint64_t{4096}}) {
        for (std::size_t d = 0; d < n_dimensions; d += d < 10 ? 1 : 365) {
          std::vector<bool> has_point(n);
          for (const double x : row_of(sobol, d, first, n)) {
            has_point.at(static_cast<std::size_t>(x * static_cast<double>(n))) = true;
          }
          ASSERT_EQ(std::ranges::count(has_point, true), static_cast<std::ptrdiff_t>(n)) << "dimension " << d;
        }
      }
    }
  }
}

// The first two dimensions are a (0, 2)-sequence: each of the 2^k rectangles of the same size, of any shape, has one of 2^k
// points.
TEST(ScrambledSobol, KeepsTheNetOfTwoDimensions) {
  const Sobol sobol(2, 12);
  constexpr std::size_t n = 1024;
  const auto x = row_of(sobol, 0, 0, n);
  const auto y = row_of(sobol, 1, 0, n);
  for (std::size_t n_columns = 1; n_columns <= n; n_columns *= 2) {
    const std::size_t n_rows = n / n_columns;
    std::vector<bool> has_point(n);
    for (std::size_t i = 0; i < n; ++i) {
      has_point.at(static_cast<std::size_t>(x[i] * static_cast<double>(n_columns)) * n_rows +
                   static_cast<std::size_t>(y[i] * static_cast<double>(n_rows))) = true;
    }
    EXPECT_EQ(std::ranges::count(has_point, true), static_cast<std::ptrdiff_t>(n)) << n_columns << " columns";
  }
}

TEST(ScrambledSobol, IsStrictlyInside) {
  const Sobol sobol(3, 13);
  std::vector<double> rows(3 * 100'000);
  sobol.points(0, rows);
  for (const double x : rows) {
    const double centre = std::ldexp(x, 53);
    ASSERT_TRUE(x >= 0x1p-53 && x <= 1.0 - 0x1p-53 && std::fmod(centre, 2.0) == 1.0) << x;
  }
}

// Of 20 uniform coordinates in [0, 1): the product of 1 + (x - 1/2) / (d + 1), whose mean is 1.
double mean_of_product(const Sobol& sobol, std::size_t n) {
  std::vector<double> products(n, 1.0);
  for (std::size_t d = 0; d < sobol.dimensions(); ++d) {
    const auto row = row_of(sobol, d, 0, n);
    for (std::size_t i = 0; i < n; ++i) {
      products[i] *= 1.0 + (row[i] - 0.5) / static_cast<double>(d + 1);
    }
  }
  double sum = 0;
  for (const double product : products) {
    sum += product;
  }
  return sum / static_cast<double>(n);
}

// The standard deviation of the integrand is 0.37: random points' means would err by 0.006. 40 seeds tell that the error is a
// hundredth of this, and that the means are unbiased: beyond 5 standard errors, Student's t of 39 degrees, once in 80,000.
TEST(ScrambledSobol, IntegratesFarBetterThanRandomPointsAndWithoutBias) {
  constexpr std::size_t n = 4096;
  constexpr int n_seeds = 40;
  double sum = 0;
  double sum_of_squares = 0;
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    const double error = mean_of_product(Sobol(20, seed), n) - 1.0;
    sum += error;
    sum_of_squares += error * error;
  }
  const double variance = (sum_of_squares - sum * sum / n_seeds) / (n_seeds - 1);
  EXPECT_LT(std::sqrt(sum_of_squares / n_seeds), 0.01 * 0.37 / std::sqrt(n));
  EXPECT_LT(std::abs(sum / n_seeds), 5 * std::sqrt(variance / n_seeds));
}

// One point under many seeds is uniform, and two are together: in each of several dimensions, 16 strata each.
TEST(ScrambledSobol, IsUniformOverSeeds) {
  constexpr std::uint64_t n_seeds = 16'000;
  constexpr std::array<std::size_t, 3> dimensions = {0, 1, 4};
  constexpr std::array<std::uint64_t, 3> indices = {0, 1, 1'000'003};
  std::array<std::array<std::array<double, 16>, indices.size()>, dimensions.size()> counts{};
  std::array<std::array<double, 4>, dimensions.size()>
      quarters{};  // of points 0 and 1, in halves of their halves
  for (std::uint64_t seed = 0; seed < n_seeds; ++seed) {
    const Sobol sobol(5, seed);
    std::array<std::vector<double>, indices.size()> points;
    std::ranges::transform(indices, points.begin(),
                           [&](std::uint64_t index) { return point_of(sobol, index); });
    for (std::size_t d = 0; d < dimensions.size(); ++d) {
      for (std::size_t i = 0; i < indices.size(); ++i) {
        counts.at(d).at(i).at(static_cast<std::size_t>(points.at(i)[dimensions.at(d)] * 16)) += 1;
      }
      const auto half = [&](std::size_t i) {
        return static_cast<std::size_t>(points.at(i)[dimensions.at(d)] * 4) % 2;
      };
      quarters.at(d).at(2 * half(0) + half(1)) += 1;
    }
  }
  const auto chi_squared = [](std::span<const double> observed) {
    const double expected = static_cast<double>(n_seeds) / static_cast<double>(observed.size());
    double sum = 0;
    for (const double count : observed) {
      sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
  };
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    for (const auto& of_index : counts.at(d)) {
      EXPECT_LT(chi_squared(of_index), 56.5);  // 15 degrees: beyond it once in a million
    }
    EXPECT_LT(chi_squared(quarters.at(d)), 30.7);  // 3 degrees, the same
  }
}

TEST(ScrambledSobol, DiffersInSeedAndDimensionAlone) {
  const Sobol one(5, 1);
  const Sobol wider(9, 1);
  const Sobol other(5, 2);
  for (std::size_t d = 0; d < 5; ++d) {
    EXPECT_EQ(row_of(one, d, 100, 50), row_of(wider, d, 100, 50));
    EXPECT_NE(row_of(one, d, 100, 50), row_of(other, d, 100, 50));
  }
  EXPECT_NE(row_of(one, 0, 0, 50), row_of(one, 1, 0, 50));
}

// The same on every CPU and with every compiler, or results change.
TEST(ScrambledSobol, KeepsItsBits) {
  std::uint64_t hash = 0;
  for (const std::size_t n_dimensions : {3, 500}) {
    std::vector<double> rows(n_dimensions * 777);
    Sobol(n_dimensions, 7).points(1'234'567'890'123, rows);
    for (const double x : rows) {
      hash = hash * 0x9e3779b97f4a7c15 + std::bit_cast<std::uint64_t>(x);
    }
  }
  EXPECT_EQ(hash, 11745406928599431892U);
}

}  // namespace
}  // namespace serried::random
