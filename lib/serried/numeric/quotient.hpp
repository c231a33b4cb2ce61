// Quotients of whole numbers of any length, and their square roots, as the nearest double. Not installed.
#pragma once

#include <cstdint>
#include <span>

#include <boost/multiprecision/cpp_int.hpp>

namespace serried::numeric {

using BigInt = boost::multiprecision::cpp_int;

/// digits[0] + 2^32 · digits[1] + …; the last digit has the sign.
[[nodiscard]] BigInt to_big_int(std::span<const std::int64_t> digits);

/// numerator / denominator · 2^exponent, rounded once. The denominator must be positive.
[[nodiscard]] double rounded_quotient(const BigInt& numerator, const BigInt& denominator, int exponent);

/// sqrt(numerator / denominator) · 2^exponent, rounded once; as std::sqrt, NaN for a negative numerator. The denominator
/// must be positive.
[[nodiscard]] double rounded_root(const BigInt& numerator, const BigInt& denominator, int exponent);

}  // namespace serried::numeric
