#include <complex>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <serried/hdf5/eigen.hpp>
#include <serried/hdf5/file.hpp>

#include "hdf5_test.hpp"

namespace serried::hdf5 {
namespace {

static_assert(PlainMatrix<Eigen::MatrixXd> && PlainMatrix<Eigen::Array3f> &&
              PlainMatrix<Eigen::RowVectorXcd>);
static_assert(!PlainMatrix<Eigen::Matrix<long double, 2, 2>> && !PlainMatrix<Eigen::Map<Eigen::MatrixXd>>);

template <class T>
class EigenTest : public FileTest {};
using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Types = testing::Types<Eigen::MatrixXd, RowMajorMatrix, Eigen::Matrix<float, 3, 4>, Eigen::MatrixXcf,
                             Eigen::Matrix<std::int64_t, 3, Eigen::Dynamic>, Eigen::ArrayXXi,
                             Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic>>;
TYPED_TEST_SUITE(EigenTest, Types);

// A(i, j) tells where it belongs.
template <class M>
M matrix_of(Eigen::Index n_rows, Eigen::Index n_columns) {
  M matrix;
  matrix.resize(n_rows, n_columns);
  for (Eigen::Index i = 0; i < n_rows; ++i) {
    for (Eigen::Index j = 0; j < n_columns; ++j) {
      matrix(i, j) = static_cast<typename M::Scalar>(static_cast<float>(10 * i + j));
    }
  }
  return matrix;
}

TYPED_TEST(EigenTest, ComesBackAndRowsFollowEachOtherOnDisk) {
  using Scalar = typename TypeParam::Scalar;
  const TypeParam matrix = matrix_of<TypeParam>(3, 4);
  {
    File file = File::create(world(), this->path());
    write_matrix(file, "a/A", matrix);
    write_matrix(file, "compressed", matrix, {.chunk = {2, 4}, .deflate = 1});
    file.close();
  }
  const File file = File::open(world(), this->path());
  for (const char* name : {"a/A", "compressed"}) {
    const auto read = read_matrix<TypeParam>(file, name);
    EXPECT_EQ(read.rows(), 3);
    EXPECT_EQ(read.cols(), 4);
    EXPECT_TRUE((read.array() == matrix.array()).all()) << name;
  }
  const auto dataset = file.dataset<Scalar>("a/A");
  EXPECT_EQ(dataset.shape(), (Shape{3, 4}));
  std::array<Scalar, 12> on_disk{};
  dataset.read(on_disk);
  EXPECT_EQ(on_disk[1], matrix(0, 1));
  EXPECT_EQ(on_disk[4], matrix(1, 0));
  EXPECT_EQ(on_disk[11], matrix(2, 3));
}

using Vectors = FileTest;

TEST_F(Vectors, HaveOneDimension) {
  File file = File::create(world(), path());
  const Eigen::VectorXd column = Eigen::VectorXd::LinSpaced(5, 0, 4);
  const Eigen::RowVector3i row(7, 8, 9);
  write_matrix(file, "column", column);
  write_matrix(file, "row", row);
  write_matrix(file, "empty", Eigen::VectorXd(0));
  write_matrix(file, "expression", 2 * column.transpose().segment(1, 3));
  write_matrix(file, "block", matrix_of<Eigen::MatrixXd>(3, 4).block(1, 1, 2, 2));
  file.close();

  const File again = File::open(path());
  EXPECT_EQ(read_matrix<Eigen::VectorXd>(again, "column"), column);
  EXPECT_EQ(read_matrix<Eigen::RowVectorXd>(again, "column"), column.transpose());
  EXPECT_EQ(read_matrix<Eigen::RowVector3i>(again, "row"), row);
  EXPECT_EQ(again.dataset<int>("row").shape(), Shape{3});
  EXPECT_EQ(read_matrix<Eigen::VectorXd>(again, "empty").size(), 0);
  EXPECT_EQ(read_matrix<Eigen::Vector3d>(again, "expression"), Eigen::Vector3d(2, 4, 6));
  EXPECT_EQ(again.dataset<double>("block").read(), (std::vector<double>{11, 12, 21, 22}));
}

TEST_F(Vectors, ShapesThatDoNotFitSayBoth) {
  File file = File::create(own_path());
  write_matrix(file, "A", Eigen::Matrix3d::Zero());
  write_matrix(file, "v", Eigen::Vector3d::Zero());
  const auto message = [&](auto action) { return std::string(error_of(action).what()); };
  EXPECT_EQ(message([&] { static_cast<void>(read_matrix<Eigen::Matrix2d>(file, "A")); }),
            own_path() + ": /A has the shape [3, 3], expected [2, 2]");
  EXPECT_EQ(message([&] { static_cast<void>(read_matrix<Eigen::Matrix2Xd>(file, "A")); }),
            own_path() + ": /A has the shape [3, 3], expected [2, any]");
  EXPECT_EQ(message([&] { static_cast<void>(read_matrix<Eigen::VectorXd>(file, "A")); }),
            own_path() + ": /A has the shape [3, 3], expected [any]");
  EXPECT_EQ(message([&] { static_cast<void>(read_matrix<Eigen::MatrixXd>(file, "v")); }),
            own_path() + ": /v has the shape [3], expected [any, any]");
  EXPECT_EQ(message([&] { static_cast<void>(read_matrix<Eigen::MatrixXf>(file, "A")); }),
            own_path() + ": /A holds float64, expected float32");
}

}  // namespace
}  // namespace serried::hdf5
