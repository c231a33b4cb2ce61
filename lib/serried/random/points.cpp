#include <cmath>
#include <span>

#include <serried/base/contract.hpp>
#include <serried/random/points.hpp>

namespace serried::random {

void point_on_sphere(Stream& stream, std::span<double> point) {
  expects(!point.empty(), "a point has coordinates");
  double sum = 0;
  while (sum == 0) {
    stream.fill_normal(point);
    for (const double x : point) {
      sum += x * x;
    }
  }
  const double length = std::sqrt(sum);
  for (double& x : point) {
    x /= length;
  }
}

void point_in_simplex(Stream& stream, std::span<double> shares) {
  expects(!shares.empty(), "there are shares");
  double sum = 0;
  while (sum == 0) {
    stream.fill_exponential(shares);
    for (const double x : shares) {
      sum += x;
    }
  }
  for (double& x : shares) {
    x /= sum;
  }
}

}  // namespace serried::random
