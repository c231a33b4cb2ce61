#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <serried/montecarlo/mesh.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Every edge is in the bin above it, and the number below it in the bin below; the last edge is in the last bin.
void expect_exact_edges(const Axis& axis) {
  for (std::size_t i = 0; i < axis.n_bins(); ++i) {
    ASSERT_LT(axis.edge(i), axis.edge(i + 1));
    ASSERT_EQ(axis.bin(axis.edge(i)), i);
    ASSERT_EQ(axis.bin(std::nextafter(axis.edge(i + 1), -infinity)), i);
    ASSERT_EQ(axis.bin(axis.center(i)), i);
  }
  EXPECT_EQ(axis.bin(axis.high()), axis.n_bins() - 1);
  for (const double x : {std::nextafter(axis.low(), -infinity), std::nextafter(axis.high(), infinity),
                         -infinity, infinity, std::nan("")}) {
    EXPECT_EQ(axis.bin(x), Axis::outside);
  }
}

TEST(Axis, HasExactEdges) {
  expect_exact_edges(Axis::uniform(10, 0, 1));
  expect_exact_edges(Axis::uniform(1, -3, 5));
  expect_exact_edges(Axis::of_edges({-1, 0, 1, 10, 100}));
  expect_exact_edges(
      Axis::uniform(3, 1, 1 + 0x1p-50));  // the widths of which are 1 or 2 units in the last place
  random::Stream stream(1, "axes", 0);
  for (int i = 0; i < 100; ++i) {
    const double low = stream.normal(0, 100);
    expect_exact_edges(Axis::uniform(1 + stream.below(3000), low, low + stream.exponential()));
  }
}

TEST(Axis, RefusesWhatIsNone) {
  EXPECT_THROW(static_cast<void>(Axis::uniform(0, 0, 1)), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::uniform(10, 1, 1)), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::uniform(10, 1, 0)), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::uniform(10, 0, infinity)), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::uniform(10, -1.5e308, 1.5e308)), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::uniform(100, 1, 1 + 0x1p-50)), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::uniform(10, 0, std::nan(""))), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::of_edges({})), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::of_edges({1})), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::of_edges({0, 1, 1})), std::logic_error);
  EXPECT_THROW(static_cast<void>(Axis::of_edges({0, std::nan(""), 1})), std::logic_error);
}

TEST(Mesh, NumbersItsBinsRowByRow) {
  const Mesh mesh{Axis::uniform(2, 0, 1), Axis::of_edges({0, 1, 10, 100}), Axis::uniform(5, 0, 10)};
  ASSERT_EQ(mesh.n_bins(), 30U);
  std::size_t bin = 0;
  double volume = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 5; ++k) {
        EXPECT_EQ(mesh.bin_at({i, j, k}), bin);
        EXPECT_EQ(mesh.bin({mesh.axis(0).center(i), mesh.axis(1).center(j), mesh.axis(2).center(k)}), bin);
        EXPECT_EQ(mesh.indices(bin), (std::vector<std::size_t>{i, j, k}));
        volume += mesh.volume(bin);
        ++bin;
      }
    }
  }
  EXPECT_NEAR(volume, 1000, 1e-9);
  EXPECT_EQ(mesh.bin({0.5, 101, 5}), mesh.outside());
  EXPECT_EQ(mesh.bin({0.5, 1, std::nan("")}), mesh.outside());
  EXPECT_THROW(static_cast<void>(mesh.bin({0.5, 1})), std::logic_error);
  EXPECT_THROW(static_cast<void>(mesh.bin_at({0, 3, 0})), std::logic_error);
  EXPECT_THROW(static_cast<void>(mesh.bin_at({0, 0})), std::logic_error);
  EXPECT_THROW(static_cast<void>(mesh.indices(30)), std::logic_error);
  EXPECT_THROW(static_cast<void>(mesh.volume(30)), std::logic_error);
}

TEST(Mesh, RefusesWhatIsNone) {
  const Axis axis = Axis::uniform(2, 0, 1);
  EXPECT_THROW(Mesh({}), std::logic_error);
  EXPECT_THROW(Mesh({axis, axis, axis, axis}), std::logic_error);
  const Axis long_one = Axis::uniform(1 << 20, 0, 1);
  EXPECT_THROW(Mesh({long_one, long_one}), std::logic_error);
}

// What a checkpoint is told apart by.
TEST(Mesh, IsDescribedByAllThatDecidesItsBins) {
  const Mesh mesh{Axis::of_edges({0, 1, 2}), Axis::uniform(2, 0, 1)};
  EXPECT_EQ(mesh.description(), Mesh(mesh).description());
  EXPECT_NE(mesh.description(), (Mesh{Axis::of_edges({0, 1.5, 2}), Axis::uniform(2, 0, 1)}.description()));
  EXPECT_NE(mesh.description(), (Mesh{Axis::of_edges({0, 1, 2}), Axis::uniform(2, 0, 1.5)}.description()));
  EXPECT_NE(mesh.description(), (Mesh{Axis::uniform(2, 0, 2), Axis::uniform(2, 0, 1)}.description()));
}

}  // namespace
}  // namespace serried::montecarlo
