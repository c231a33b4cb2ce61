/// Uniform points on a sphere and in a simplex, of any dimension.
///
///     std::array<double, 3> direction;
///     point_on_sphere(stream, direction);
///     std::vector<double> shares(5);
///     point_in_simplex(stream, shares);      // 5 that are not negative and sum to 1
#pragma once

#include <span>

#include <serried/random/stream.hpp>

namespace serried::random {

/// A point of the unit sphere, as many coordinates as there are elements (with one: -1 or 1): normals, divided by their
/// length (M. Muller, Comm. ACM 2 (1959)). Its length is 1 to within rounding. Takes a normal for each element; all again
/// in the case, which nobody will see, that all are 0. Throws std::logic_error if there is no element.
void point_on_sphere(Stream& stream, std::span<double> point);

/// A point of the simplex, the shares in which n - 1 uniform cuts divide a unit: exponentials, divided by their sum (L.
/// Devroye, Non-Uniform Random Variate Generation (1986), V.2). Their sum is 1 to within rounding. Takes a word for each
/// element. Throws std::logic_error if there is no element.
void point_in_simplex(Stream& stream, std::span<double> shares);

}  // namespace serried::random
