/// A sum kept as one long integer, wide enough for every double (or every product of two) that can be added to it: what
/// ExactSum and ExactDot are made of.
///
///     Superaccumulator<-1074, 69> sum;
///     sum.add(3, 1074);                // 3 · 2^(1074 - 1074)
///     sum.value();                     // 3.0
///
/// The small superaccumulator of R. Neal, "Fast exact summation using small and large superaccumulators",
/// arXiv:1505.05571 (2015): 64-bit words, each with 32 bits of the number and room for the carries of many additions.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <serried/numeric/rounding.hpp>

namespace serried::numeric {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

/// `n_digits` digits of 32 bits, the last signed; the first bit of the first one stands for 2^`lsb_exponent`. Addition is
/// associative and commutative to the bit. Trivially copyable; no addition allocates or throws.
template <int lsb_exponent, std::size_t n_digits>
class Superaccumulator {
 public:
  static constexpr std::size_t n_words = n_digits + 3;
  /// The digits, then how many +Inf, -Inf and NaN were added.
  using Words = std::array<std::int64_t, n_words>;

  /// Adds m · 2^(lsb_exponent + position), |m| <= 2^53, position < 32 · (n_digits - 1).
  void add(std::int64_t m, unsigned position) noexcept {
    const unsigned digit = position / 32;
    const unsigned shift = position % 32;
    words_[digit] += static_cast<std::int64_t>(static_cast<std::uint64_t>(m) << shift & 0xffffffff);
    words_[digit + 1] += m >> (32 - shift);
    if (++n_pending_ > max_pending) [[unlikely]] {
      normalize();
    }
  }
  /// The same with a long m; position < 32 · (n_digits - 1) - 106.
  void add_long(Int128 m, unsigned position) noexcept {
    constexpr std::int64_t piece = (std::int64_t{1} << 53) - 1;
    add(static_cast<std::int64_t>(m) & piece, position);
    add(static_cast<std::int64_t>(m >> 53) & piece, position + 53);
    add(static_cast<std::int64_t>(m >> 106), position + 106);
  }
  /// Adds an infinity or a NaN.
  void add_special(double x) noexcept {
    std::int64_t& count = words_[n_digits + (std::isnan(x) ? 2 : x < 0 ? 1 : 0)];
    count = wrapping_sum(count, 1);
  }

  void merge(const Superaccumulator& other) noexcept {
    for (std::size_t i = 0; i < n_words; ++i) {
      words_[i] = wrapping_sum(words_[i], other.words_[i]);
    }
    n_pending_ += other.n_pending_ + 1;
    if (n_pending_ > max_pending) {
      normalize();
    }
  }

  /// Makes all digits but the last 0 <= digit < 2^32: equal sums then have equal bytes.
  void normalize() noexcept {
    std::int64_t carry = 0;
    for (std::size_t i = 0; i + 1 < n_digits; ++i) {
      // Halves apart: no word is too large for its carry to be added.
      const std::int64_t low = (words_[i] & 0xffffffff) + carry;
      carry = (words_[i] >> 32) + (low >> 32);
      words_[i] = low & 0xffffffff;
    }
    words_[n_digits - 1] = wrapping_sum(words_[n_digits - 1], carry);
    n_pending_ = 0;
  }

  [[nodiscard]] Words words() const noexcept {
    Superaccumulator copy = *this;
    copy.normalize();
    return copy.words_;
  }
  [[nodiscard]] static Superaccumulator from_words(std::span<const std::int64_t, n_words> words) noexcept {
    Superaccumulator sum;
    for (std::size_t i = 0; i < n_words; ++i) {
      sum.words_[i] = words[i];
    }
    sum.normalize();
    return sum;
  }

  [[nodiscard]] double value() const noexcept {
    const Words words = this->words();
    const bool has_plus_infinity = words[n_digits] != 0;
    const bool has_minus_infinity = words[n_digits + 1] != 0;
    if (words[n_digits + 2] != 0 || (has_plus_infinity && has_minus_infinity)) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    if (has_plus_infinity || has_minus_infinity) {
      const double infinity = std::numeric_limits<double>::infinity();
      return has_plus_infinity ? infinity : -infinity;
    }
    return round_to_double(std::span(words).template first<n_digits>(), lsb_exponent);
  }

  friend bool operator==(const Superaccumulator& a, const Superaccumulator& b) noexcept {
    return a.words() == b.words();
  }

 private:
  // An addition changes a word by less than 2^53, so that even two accumulators together stay below 2^63.
  static constexpr std::int64_t max_pending = 256;

  // Words that come from elsewhere may hold anything, and nothing is undefined then.
  static std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }

  Words words_{};
  std::int64_t n_pending_ = 0;  // additions since the digits were last made canonical
};

}  // namespace serried::numeric
