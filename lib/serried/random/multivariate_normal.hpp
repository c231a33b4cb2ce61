/// Normal vectors with a given mean and covariance.
///
///     const MultivariateNormal returns(mean, covariance);
///     const Eigen::VectorXd x = returns(stream);
///     returns.fill(stream, buffer);               // the same without an allocation
///
/// L z, where L Lᵀ is the covariance and z are standard normals. L is computed by Cholesky's method with diagonal
/// pivoting (N. Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix", 1990), of the correlations,
/// so that units do not matter. Its loops, and those of the product, are plain ones in a fixed order: Eigen's differ from
/// one CPU and version to the next.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include <serried/random/stream.hpp>

namespace serried::random {

/// Const calls with different streams may be at the same time. 8 bytes for each element of L.
class MultivariateNormal {
 public:
  /// In O(n³). The covariance may be singular: a direction is taken to have no variance if it has less than n 2^-48 in
  /// units of the variances of the coordinates. As both are data, not code, throws an Error if they are empty, not finite
  /// or of different sizes, or if the covariance is not square, symmetric or positive semidefinite, to within n 2^-48 in
  /// these units.
  MultivariateNormal(const Eigen::VectorXd& mean, const Eigen::MatrixXd& covariance);

  [[nodiscard]] std::size_t dimension() const noexcept { return mean_.size(); }
  /// How many dimensions the vectors really have: dimension(), or less if the covariance is singular.
  [[nodiscard]] std::size_t rank() const noexcept { return rank_; }

  /// Takes dimension() normals, in O(dimension() rank()). Throws std::logic_error if the vector is of another size.
  void fill(Stream& stream, std::span<double> vector) const;
  /// The same. Compiled where it is called, for Eigen allocates as the instructions that code is compiled for want it.
  [[nodiscard]] Eigen::VectorXd operator()(Stream& stream) const {
    Eigen::VectorXd vector(static_cast<Eigen::Index>(dimension()));
    fill(stream, std::span(vector.data(), dimension()));
    return vector;
  }

 private:
  std::vector<double> mean_;
  std::size_t rank_ = 0;
  std::vector<double>
      factor_;  // L's columns, each from the diagonal down; its rows in the order of the pivots
  std::vector<std::size_t>
      exchanged_;  // that order: place i was exchanged with exchanged_[i], for i = 0, 1, …
};

}  // namespace serried::random
