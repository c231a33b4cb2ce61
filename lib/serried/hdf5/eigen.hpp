/// Eigen's dense matrices, vectors and arrays in HDF5 files.
///
///     write_matrix(file, "rotation", rotation);
///     const auto rotation = read_matrix<Eigen::Matrix3d>(file, "rotation");
///
/// A(i, j) here is A[i, j] in h5py, and row i, column j in h5dump: on disk, rows follow each other. Eigen's usual
/// matrices hold columns and go through a copy; row-major ones and vectors do not. A vector type has one dimension.
#pragma once

#include <concepts>
#include <span>
#include <string>

#include <Eigen/Core>

#include <serried/base/error.hpp>
#include <serried/hdf5/dataset.hpp>
#include <serried/hdf5/element.hpp>
#include <serried/hdf5/group.hpp>

namespace serried::hdf5 {

/// A matrix or array that owns its values, such as Eigen::MatrixXd; no expression.
template <class M>
concept PlainMatrix = std::derived_from<M, Eigen::PlainObjectBase<M>> && Element<typename M::Scalar>;

namespace detail {

// As it lies on disk.
template <class Scalar>
using Rows = Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class M>
inline constexpr bool lies_as_on_disk = bool(M::IsRowMajor) || bool(M::IsVectorAtCompileTime);

static_assert(Eigen::Dynamic == any_extent);

template <class Values>
auto elements_of(Values& values) {
  return std::span(values.data(), static_cast<std::size_t>(values.size()));
}

}  // namespace detail

/// Collective in a parallel file: rank 0's values, which may be an expression; all ranks pass the same shape.
template <class Derived>
requires Element<typename Derived::Scalar>
void write_matrix(const Group& group, const std::string& name, const Eigen::DenseBase<Derived>& values,
                  const Layout& layout = {}) {
  using Scalar = typename Derived::Scalar;
  Shape shape{static_cast<std::uint64_t>(values.rows()), static_cast<std::uint64_t>(values.cols())};
  if (Derived::IsVectorAtCompileTime) {
    shape = {static_cast<std::uint64_t>(values.size())};
  }
  const Dataset<Scalar> dataset = group.create_dataset<Scalar>(name, shape, layout);
  if constexpr (PlainMatrix<Derived> && detail::lies_as_on_disk<Derived>) {
    dataset.write(detail::elements_of(values.derived()));
  } else {
    const detail::Rows<Scalar> rows = values.derived().array();
    dataset.write(detail::elements_of(rows));
  }
}

/// Local. Throws serried::Error if the dataset has other elements, or another shape than M can have.
template <PlainMatrix M>
[[nodiscard]] M read_matrix(const Group& group, const std::string& name) {
  using Scalar = typename M::Scalar;
  const Dataset<Scalar> dataset = group.dataset<Scalar>(name);
  const Shape& shape = dataset.shape();
  Eigen::Index n_rows = 1;
  Eigen::Index n_columns = 1;
  if constexpr (bool(M::IsVectorAtCompileTime)) {
    dataset.expect_shape({M::SizeAtCompileTime});
    (M::ColsAtCompileTime == 1 ? n_rows : n_columns) = static_cast<Eigen::Index>(shape[0]);
  } else {
    dataset.expect_shape({M::RowsAtCompileTime, M::ColsAtCompileTime});
    n_rows = static_cast<Eigen::Index>(shape[0]);
    n_columns = static_cast<Eigen::Index>(shape[1]);
  }
  M values;
  values.resize(n_rows, n_columns);
  if constexpr (detail::lies_as_on_disk<M>) {
    dataset.read(detail::elements_of(values));
  } else {
    detail::Rows<Scalar> copy(n_rows, n_columns);
    dataset.read(detail::elements_of(copy));
    values.array() = copy;
  }
  return values;
}

}  // namespace serried::hdf5
