#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/reduce.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

TEST(Reduce, TheRootHasTheResultAndTheOthersKeepTheirs) {
  const std::uint64_t n = n_ranks();
  for (int root = 0; root < world().size(); ++root) {
    const bool is_root = world().rank() == root;
    std::vector<std::uint64_t> values = {my_rank(), 3};
    reduce(world(), values, std::plus<>{}, root);
    EXPECT_EQ(values, is_root ? (std::vector<std::uint64_t>{n * (n - 1) / 2, 3 * n})
                              : (std::vector<std::uint64_t>{my_rank(), 3}));
    EXPECT_EQ(reduce_value(world(), world().rank(), max, root),
              is_root ? world().size() - 1 : world().rank());
  }
}

TEST(Reduce, IntoAnotherBufferOnTheRoot) {
  const std::array<int, 2> mine = {world().rank(), -world().rank()};
  for (int root = 0; root < world().size(); ++root) {
    std::vector<int> smallest(5, 77);
    reduce(world(), mine, smallest, min, root);
    EXPECT_EQ(smallest,
              world().rank() == root ? (std::vector<int>{0, 1 - world().size()}) : std::vector<int>());
  }
}

TEST(Reduce, FunctionsAreFoldedInRankOrderWhateverTheRoot) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{5000}}) {  // MPI has other algorithms for long ones
    for (int root = 0; root < world().size(); ++root) {
      std::vector<Matrix2> matrices(n, matrix_of(my_rank()));
      reduce(world(), matrices, Product{}, root);
      const Matrix2 expected = world().rank() == root
                                   ? serial_fold(
                                         n_ranks(), [](std::size_t r) { return matrix_of(r); }, Product{})
                                   : matrix_of(my_rank());
      EXPECT_EQ(matrices, std::vector<Matrix2>(n, expected)) << "root " << root;
    }
  }
}

TEST(Reduce, OfNothingIsNothing) {
  std::vector<int> none;
  EXPECT_NO_THROW(reduce(world(), none, std::plus<>{}));
}

TEST(Reduce, NonBlocking) {
  const int root = world().size() - 1;
  std::vector<Matrix2> matrices = {matrix_of(my_rank()), matrix_of(my_rank(), 1)};
  std::array<double, 2> times = {1.5 * world().rank(), 2};
  Request first = async_reduce(world(), matrices, Product{}, root);
  Request second = async_reduce(world(), times, max, root);
  second.wait();
  first.wait();
  if (world().rank() == root) {
    EXPECT_EQ(times, (std::array<double, 2>{1.5 * root, 2}));
    EXPECT_EQ(matrices[1], serial_fold(
                               n_ranks(), [](std::size_t r) { return matrix_of(r, 1); }, Product{}));
  }
}

}  // namespace
}  // namespace serried::mpi
