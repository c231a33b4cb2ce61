#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>

#include <serried/numeric/rounding.hpp>

namespace serried::numeric {

namespace {

constexpr int smallest_exponent = -1074;  // of the last bit of a subnormal double
constexpr int mantissa_bits = 52;
constexpr int digit_bits = 32;
constexpr std::uint64_t digit_mask = 0xffffffff;

// The absolute value of signed digits, digit by digit: the two's complement, without writing it down.
class Magnitude {
 public:
  explicit Magnitude(std::span<const std::int64_t> digits) noexcept
      : digits_(digits),
        last_(static_cast<std::ptrdiff_t>(digits.size()) - 1),
        negative_(digits.back() < 0),
        lowest_(std::ranges::find_if(digits, [](std::int64_t digit) { return digit != 0; }) -
                digits.begin()) {}

  [[nodiscard]] bool negative() const noexcept { return negative_; }
  // The lowest digit that is not zero.
  [[nodiscard]] std::ptrdiff_t lowest() const noexcept { return lowest_; }
  // The last digit has 64 bits, so there is one more than was given.
  [[nodiscard]] std::ptrdiff_t size() const noexcept { return last_ + 2; }

  [[nodiscard]] std::uint64_t digit(std::ptrdiff_t i) const noexcept {
    if (i < lowest_) {
      return 0;
    }
    auto digit = static_cast<std::uint64_t>(digits_[static_cast<std::size_t>(std::min(i, last_))]);
    if (negative_) {
      digit = std::min(i, last_) == lowest_ ? -digit : ~digit;
    }
    return (i > last_ ? digit >> digit_bits : digit) & digit_mask;
  }

 private:
  std::span<const std::int64_t> digits_;
  std::ptrdiff_t last_;
  bool negative_;
  std::ptrdiff_t lowest_;
};

}  // namespace

double round_to_double(bool negative, std::uint64_t leading, int exponent, bool is_more) noexcept {
  if (leading == 0) {
    return 0.0;
  }
  const int top = exponent + 63 - std::countl_zero(leading);
  const int last_place = std::max(top - mantissa_bits, smallest_exponent);
  if (last_place >= smallest_exponent + 2046) {
    const double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  const int n_dropped = last_place - exponent;
  std::uint64_t kept = 0;
  if (n_dropped <= 0) {
    kept = leading << -n_dropped;
  } else if (n_dropped <= 64) {
    kept = n_dropped == 64 ? 0 : leading >> n_dropped;
    const std::uint64_t half = std::uint64_t{1} << (n_dropped - 1);
    const bool above_half = is_more || (leading & (half - 1)) != 0;
    if ((leading & half) != 0 && (above_half || kept % 2 == 1)) {
      ++kept;
    }
  }
  // The top bit of a normal number's mantissa, 2^52, adds the 1 that its exponent field lacks here; so does a carry.
  const auto field = static_cast<std::uint64_t>(last_place - smallest_exponent);
  const std::uint64_t bits = (field << mantissa_bits) + kept;
  return std::bit_cast<double>(bits | static_cast<std::uint64_t>(negative) << 63);
}

double round_to_double(std::span<const std::int64_t> digits, int exponent) noexcept {
  const Magnitude magnitude(digits);
  std::ptrdiff_t top = magnitude.size() - 1;
  while (top >= 0 && magnitude.digit(top) == 0) {
    --top;
  }
  if (top < 0) {
    return 0.0;
  }
  // 96 bits from the top digit, of which the leading 64 that start with a 1 are taken.
  const std::uint64_t first = magnitude.digit(top) << digit_bits | magnitude.digit(top - 1);
  const std::uint64_t third = magnitude.digit(top - 2);
  const int n_zeros = std::countl_zero(first);
  const std::uint64_t leading = first << n_zeros | third >> (digit_bits - n_zeros);
  const bool is_more = (third << n_zeros & digit_mask) != 0 || magnitude.lowest() < top - 2;
  return round_to_double(magnitude.negative(), leading,
                         exponent + digit_bits * static_cast<int>(top - 1) - n_zeros, is_more);
}

}  // namespace serried::numeric
