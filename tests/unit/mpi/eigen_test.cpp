#include <cmath>
#include <complex>
#include <cstdint>
#include <functional>
#include <vector>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include <serried/mpi/eigen.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Integers = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic>;

static_assert(OutputBuffer<Eigen::MatrixXd&> && OutputBuffer<RowMajor&> && Buffer<const Eigen::ArrayXXf&> &&
              !OutputBuffer<const Eigen::ArrayXXf&> && OutputBuffer<Eigen::Map<Eigen::MatrixXd>>);
static_assert(Buffer<Eigen::MatrixXd::ColXpr> && !Buffer<Eigen::MatrixXd::RowXpr> &&
              Buffer<RowMajor::RowXpr> && !Buffer<decltype(std::declval<Eigen::MatrixXd&>().topRows(1))> &&
              !Buffer<decltype(std::declval<Eigen::MatrixXd&>() * 2)>);

// Coefficients that tell their place and the rank.
template <class Matrix>
Matrix matrix_of_rank(int rank, Eigen::Index n_rows = 4, Eigen::Index n_columns = 3) {
  Matrix matrix(n_rows, n_columns);
  for (Eigen::Index i = 0; i < n_rows; ++i) {
    for (Eigen::Index j = 0; j < n_columns; ++j) {
      matrix(i, j) = static_cast<typename Matrix::Scalar>(static_cast<double>(100 * rank + 10 * i + j));
    }
  }
  return matrix;
}

template <class Matrix>
class EigenMatrices : public testing::Test {};
using Matrices = testing::Types<Eigen::MatrixXd, RowMajor, Eigen::ArrayXXf, Eigen::Matrix<int, 4, 3>,
                                Eigen::Matrix<int, 4, 3, Eigen::RowMajor>, Eigen::MatrixXcd>;
TYPED_TEST_SUITE(EigenMatrices, Matrices);

TYPED_TEST(EigenMatrices, AreBroadcastAndGathered) {
  for (int root = 0; root < world().size(); ++root) {
    TypeParam matrix = matrix_of_rank<TypeParam>(world().rank());
    broadcast(world(), matrix, root);
    EXPECT_EQ(matrix.matrix(), matrix_of_rank<TypeParam>(root).matrix());
    TypeParam later = matrix_of_rank<TypeParam>(world().rank());
    async_broadcast(world(), later, root).wait();
    EXPECT_EQ(later.matrix(), matrix.matrix());
  }
  const auto mine = matrix_of_rank<TypeParam>(world().rank());
  const auto all = allgather(world(), mine);
  ASSERT_EQ(all.size(), 12 * n_ranks());
  const auto last = matrix_of_rank<TypeParam>(world().size() - 1);
  EXPECT_EQ(all.back(), last(3, 2));
}

TYPED_TEST(EigenMatrices, AreReducedElementwise) {
  const int n = world().size();
  TypeParam sum = matrix_of_rank<TypeParam>(world().rank());
  allreduce(world(), sum, any_order(std::plus<>{}));  // of small whole numbers: exact
  const auto expected = static_cast<typename TypeParam::Scalar>(100 * n * (n - 1) / 2 + 21 * n);
  EXPECT_EQ(sum(2, 1), expected);
}

TEST(Eigen, ExtremesScansAndFunctions) {
  Integers largest = matrix_of_rank<Integers>(world().rank());
  reduce(world(), largest, max);
  EXPECT_EQ(largest, matrix_of_rank<Integers>(world().is_root() ? world().size() - 1 : world().rank()));
  Integers sums = Integers::Constant(2, 2, world().rank());
  scan(world(), sums, std::plus<>{});
  EXPECT_EQ(sums(1, 0), world().rank() * (world().rank() + 1) / 2);
  Eigen::VectorXd product = Eigen::VectorXd::Constant(3, 2.0);
  allreduce(world(), product, [](double a, double b) { return a * b; });  // powers of two: exact
  EXPECT_EQ(product(2), std::pow(2.0, world().size()));
}

TEST(Eigen, DynamicMatricesTakeTheRootsSize) {
  for (int root = 0; root < world().size(); ++root) {
    RowMajor matrix = matrix_of_rank<RowMajor>(world().rank(), 1 + world().rank(), 2);
    broadcast_resized(world(), matrix, root);
    EXPECT_EQ(matrix, matrix_of_rank<RowMajor>(root, 1 + root, 2));
    Eigen::VectorXi vector = Eigen::VectorXi::Constant(world().rank(), 5);
    broadcast_resized(world(), vector, root);
    EXPECT_EQ(vector.size(), root);
  }
}

TEST(Eigen, BlocksTravelThroughACopyAndTheRestStays) {
  const auto mine = matrix_of_rank<Integers>(world().rank());
  Integers matrix = mine;
  broadcast(world(), matrix.block(1, 0, 2, 2), world().size() - 1);
  Integers expected = mine;
  expected.block(1, 0, 2, 2) = matrix_of_rank<Integers>(world().size() - 1).block(1, 0, 2, 2);
  EXPECT_EQ(matrix, expected);

  matrix = mine;
  allreduce(world(), matrix.row(3), max);
  expected = mine;
  expected.row(3) = matrix_of_rank<Integers>(world().size() - 1).row(3);
  EXPECT_EQ(matrix, expected);

  matrix = mine;
  allreduce(world(), matrix.col(1), min);  // contiguous: in place
  expected = mine;
  expected.col(1) = matrix_of_rank<Integers>(0).col(1);
  EXPECT_EQ(matrix, expected);

  std::vector<std::int64_t> rows;
  allgather(world(), mine.row(2), rows);
  ASSERT_EQ(rows.size(), 3 * n_ranks());
  EXPECT_EQ(rows[3 * n_ranks() - 2], 100 * (world().size() - 1) + 21);
  gather_ragged(world(), 2 * mine.col(0).head(world().rank() % 4), rows);
  std::size_t n_rows = 0;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    n_rows += rank % 4;
  }
  EXPECT_EQ(rows.size(), world().is_root() ? n_rows : 0);

  Integers parts = Integers::Zero(2, 2);
  std::vector<std::int64_t> dealt;
  for (int rank = 0; rank < world().size(); ++rank) {
    dealt.insert(dealt.end(), {rank, -rank});
  }
  scatter(world(), dealt, parts.row(1));
  EXPECT_EQ(parts(1, 0), world().rank());
  EXPECT_EQ(parts(1, 1), -world().rank());
  EXPECT_EQ(parts(0, 0), 0);
}

TEST(Eigen, SentAndReceived) {
  const auto matrix = matrix_of_rank<Eigen::MatrixXd>(world().rank());
  Eigen::MatrixXd received(4, 3);
  const int n = world().size();
  Request request = async_send(world(), matrix, (world().rank() + 1) % n);
  receive(world(), received, (world().rank() + n - 1) % n);
  request.wait();
  EXPECT_EQ(received, matrix_of_rank<Eigen::MatrixXd>((world().rank() + n - 1) % n));
}

}  // namespace
}  // namespace serried::mpi
