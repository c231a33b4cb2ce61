#include <algorithm>
#include <limits>

#include <serried/numeric/quotient.hpp>
#include <serried/numeric/rounding.hpp>

namespace serried::numeric {

namespace {

int n_bits(const BigInt& n) { return n == 0 ? 0 : static_cast<int>(msb(n)) + 1; }

// (n + f) · 2^exponent, where 0 < f < 1 if there `is_more`; then n must have 64 bits or more.
double rounded(bool negative, const BigInt& n, int exponent, bool is_more) {
  const int n_dropped = std::max(0, n_bits(n) - 64);
  const BigInt leading = n >> n_dropped;
  is_more = is_more || (leading << n_dropped) != n;
  return round_to_double(negative, static_cast<std::uint64_t>(leading), exponent + n_dropped, is_more);
}

}  // namespace

BigInt to_big_int(std::span<const std::int64_t> digits) {
  BigInt number = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    number *= std::uint64_t{1} << 32;
    number += *digit;
  }
  return number;
}

double rounded_quotient(const BigInt& numerator, const BigInt& denominator, int exponent) {
  const BigInt magnitude = abs(numerator);
  const int shift = std::max(0, 65 - n_bits(magnitude) + n_bits(denominator));
  BigInt quotient;
  BigInt remainder;
  divide_qr(BigInt(magnitude << shift), denominator, quotient, remainder);
  return rounded(numerator < 0, quotient, exponent - shift, remainder != 0);
}

double rounded_root(const BigInt& numerator, const BigInt& denominator, int exponent) {
  if (numerator < 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  int shift = std::max(0, 130 - n_bits(numerator) + n_bits(denominator));
  shift += shift % 2;
  BigInt quotient;
  BigInt remainder;
  divide_qr(BigInt(numerator << shift), denominator, quotient, remainder);
  // The root's whole part does not depend on what the quotient has behind the point.
  BigInt rest;
  const BigInt root = sqrt(quotient, rest);
  return rounded(false, root, exponent - shift / 2, rest != 0 || remainder != 0);
}

}  // namespace serried::numeric
