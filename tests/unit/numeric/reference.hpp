// What the tests compare with: numbers of any length, made from doubles by frexp and ldexp, and a check whether a double is
// the nearest to an exact quotient that looks at the double's neighbours and rounds nothing itself.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

#include <boost/multiprecision/cpp_int.hpp>

#include "special_doubles.hpp"

namespace serried::numeric {

using Big = boost::multiprecision::cpp_int;

// All exact numbers are counted in units of 2^-2148, the last bit of the smallest product.
constexpr int unit_exponent = -2148;

inline Big units(double x) {
  int exponent = 0;
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
  Big number = mantissa;
  const int shift = exponent - 53 - unit_exponent;
  return shift >= 0 ? Big(number << shift) : Big(number / (Big(1) << -shift));
}
inline Big units_of_product(double x, double y) { return (units(x) * units(y)) >> 2148; }

inline Big exact_sum_of(std::span<const double> values) {
  Big sum = 0;
  for (const double x : values) {
    sum += units(x);
  }
  return sum;
}

// In the place of Inf, the number at which the exponents go on.
inline Big units_or_limit(double x) {
  return std::isinf(x) ? (x < 0 ? -(Big(1) << (1024 + 2148)) : Big(1) << (1024 + 2148)) : units(x);
}

// The points halfway to the neighbours of `x`, doubled, and whether `x` itself is what they round to.
struct Neighbourhood {
  explicit Neighbourhood(double x) {
    from = units_or_limit(x) + units_or_limit(std::nextafter(x, -infinity));
    to = units_or_limit(x) + units_or_limit(std::nextafter(x, infinity));
    includes_ends = std::bit_cast<std::uint64_t>(x) % 2 == 0;
    is_highest = x == infinity;
    is_lowest = x == -infinity;
  }
  [[nodiscard]] bool holds_between(const auto& compare_from, const auto& compare_to) const {
    const int at_from = is_lowest ? 1 : compare_from(from);
    const int at_to = is_highest ? -1 : compare_to(to);
    return (at_from > 0 && at_to < 0) || (includes_ends && at_from >= 0 && at_to <= 0);
  }

  Big from;
  Big to;
  bool includes_ends;
  bool is_highest;
  bool is_lowest;
};

// Whether `x` is the double nearest to numerator / denominator units, ties to even.
inline bool is_nearest(double x, const Big& numerator, const Big& denominator = 1) {
  const auto compare = [&](const Big& bound) { return Big(2 * numerator).compare(Big(bound * denominator)); };
  return !std::isnan(x) && Neighbourhood(x).holds_between(compare, compare);
}

// Whether `x` is the double nearest to the square root of numerator / denominator units; not for a root of zero.
inline bool is_nearest_root(double x, const Big& numerator, const Big& denominator) {
  const Big left = (4 * numerator) << -unit_exponent;
  const auto compare = [&](const Big& bound) {
    return bound < 0 ? 1 : left.compare(Big(bound * bound * denominator));
  };
  return !std::isnan(x) && Neighbourhood(x).holds_between(compare, compare);
}

inline std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }

}  // namespace serried::numeric
