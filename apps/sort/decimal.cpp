#include "decimal.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace serried::sort_lines {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// One form for each number: the same number has the same parts.
struct Decimal {
  bool is_negative = false;   // never for zero
  std::string_view whole;     // without leading zeros
  std::string_view fraction;  // without trailing zeros
};

std::string_view take_digits(const char*& p, const char* end) noexcept {
  const char* const begin = p;
  while (p != end && is_digit(*p)) {
    ++p;
  }
  return {begin, static_cast<std::size_t>(p - begin)};
}

// Past the blanks, the sign and the leading zeros; whether there was a minus sign.
bool take_sign(const char*& p, const char* end) noexcept {
  while (p != end && is_blank(*p)) {
    ++p;
  }
  const bool has_minus = p != end && *p == '-';
  p += has_minus ? 1 : 0;
  while (p != end && *p == '0') {
    ++p;
  }
  return has_minus;
}

Decimal read(std::string_view text) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  Decimal number;
  const bool has_minus = take_sign(p, end);
  number.whole = take_digits(p, end);
  if (p != end && *p == '.') {
    ++p;
    number.fraction = take_digits(p, end);
    while (number.fraction.ends_with('0')) {
      number.fraction.remove_suffix(1);
    }
  }
  number.is_negative = has_minus && !(number.whole.empty() && number.fraction.empty());
  return number;
}

int compare_magnitudes(const Decimal& a, const Decimal& b) noexcept {
  if (a.whole.size() != b.whole.size()) {
    return a.whole.size() < b.whole.size() ? -1 : 1;
  }
  const int order = a.whole.compare(b.whole);
  return order != 0 ? order : a.fraction.compare(b.fraction);
}

// A code's 63 bits for the magnitude 0.d1d2d3... * 10^exponent, d1 > 0: six for the exponent and 57 for the
// first 17 digits. The first and the last exponent code stand for all smaller and all larger exponents: there
// 33 bits tell by how much, and 24 hold the first seven digits.
constexpr int n_digits = 17;
constexpr int digit_bits = 57;
constexpr std::int64_t least_exponent = -21;
constexpr std::int64_t n_exponents = 62;
constexpr std::int64_t end_of_exponents = least_exponent + n_exponents;
constexpr int few_digits_bits = 24;
constexpr std::uint64_t few_digits_divisor = 10'000'000'000;  // leaves 7 of 17 digits
constexpr std::int64_t most_beyond = (std::int64_t{1} << (digit_bits - few_digits_bits)) - 1;

std::uint64_t magnitude_code(std::int64_t exponent, std::uint64_t digits) noexcept {
  if (exponent >= least_exponent && exponent < end_of_exponents) [[likely]] {
    return static_cast<std::uint64_t>(exponent - least_exponent + 1) << digit_bits | digits;
  }
  const bool is_large = exponent >= end_of_exponents;
  std::int64_t beyond = is_large ? exponent - end_of_exponents : least_exponent - 1 - exponent;
  std::uint64_t few_digits = digits / few_digits_divisor;
  if (beyond >= most_beyond) {  // no more telling them apart, not even by their digits
    beyond = most_beyond;
    few_digits = 1;
  }
  return is_large ? static_cast<std::uint64_t>(n_exponents + 1) << digit_bits |
                        static_cast<std::uint64_t>(beyond) << few_digits_bits | few_digits
                  : static_cast<std::uint64_t>(most_beyond - beyond) << few_digits_bits | few_digits;
}

constexpr auto powers_of_ten = [] {
  std::array<std::uint64_t, n_digits + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) {
    powers[i] = 10 * powers[i - 1];
  }
  return powers;
}();

}  // namespace

int compare_decimals(std::string_view a, std::string_view b) noexcept {
  const Decimal x = read(a);
  const Decimal y = read(b);
  if (x.is_negative != y.is_negative) {
    return x.is_negative ? -1 : 1;
  }
  return x.is_negative ? compare_magnitudes(y, x) : compare_magnitudes(x, y);
}

std::uint64_t decimal_code(std::string_view text) noexcept {
  constexpr std::uint64_t zero = std::uint64_t{1} << 63;
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool has_minus = take_sign(p, end);

  std::uint64_t digits = 0;
  int n_taken = 0;
  const auto take_significant = [&] {
    for (; p != end && is_digit(*p) && n_taken < n_digits; ++p, ++n_taken) {
      digits = 10 * digits + static_cast<std::uint64_t>(*p - '0');
    }
  };
  take_significant();
  std::int64_t exponent = n_taken;
  if (n_taken == n_digits) {
    exponent += static_cast<std::int64_t>(take_digits(p, end).size());
  } else if (p != end && *p == '.') {
    ++p;
    if (n_taken == 0) {
      const char* const begin = p;
      while (p != end && *p == '0') {
        ++p;
      }
      exponent = begin - p;
    }
    take_significant();
  }
  if (digits == 0) {
    return zero;
  }
  digits *= powers_of_ten[static_cast<std::size_t>(n_digits - n_taken)];
  const std::uint64_t magnitude = magnitude_code(exponent, digits);
  return has_minus ? zero - magnitude : zero + magnitude;
}

}  // namespace serried::sort_lines
