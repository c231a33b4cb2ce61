/// The sum of doubles without any rounding but the last: the same bits in whatever order, on however many threads and
/// ranks it is added up.
///
///     ExactSum sum;
///     sum.add(1e100);
///     sum.add(1.0);
///     sum.add(std::vector{-1e100, 0x1p-1074});
///     sum.merge(sum_of_another_thread);
///     sum.value();                               // the double nearest to the true sum
///
/// Over ranks: mpi/allreduce_exact.hpp. For long vectors, elementwise: binned_sum.hpp, a twelfth of the size.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <serried/numeric/superaccumulator.hpp>

namespace serried::numeric {

/// 584 bytes, trivially copyable. The rules:
///
///  - value() is the true sum, rounded once: to nearest, ties to even, exact among the subnormals. It equals Python's
///    math.fsum wherever that gives a finite number.
///  - Nothing overflows on the way: DBL_MAX + DBL_MAX - DBL_MAX is DBL_MAX. Only a true sum beyond the largest double
///    (by half a unit in its last place) is ±Inf.
///  - Any NaN makes NaN, and so do +Inf and -Inf together: always the quiet NaN 0x7ff8000000000000. Else Inf is Inf.
///  - A sum of zero is +0.0, also that of nothing and that of -0.0 alone.
///
/// Merging is associative and commutative to the bit. There is room for 2^100 additions and more.
class ExactSum {
 public:
  using Digits = Superaccumulator<-1074, 69>;
  using Words = Digits::Words;
  static constexpr std::size_t n_words = Digits::n_words;

  void add(double x) noexcept {
    const auto bits = std::bit_cast<std::int64_t>(x);
    const auto exponent = static_cast<unsigned>(bits >> 52) & 0x7ff;
    const std::int64_t sign = bits >> 63;
    std::int64_t mantissa = bits & ((std::int64_t{1} << 52) - 1);
    if (exponent == 0x7ff) [[unlikely]] {
      digits_.add_special(x);
      return;
    }
    const unsigned is_normal = exponent != 0 ? 1 : 0;
    mantissa |= std::int64_t{is_normal} << 52;
    digits_.add((mantissa ^ sign) - sign, exponent - is_normal);
  }

  /// From 6,000 values on, a span goes through a table of one cell per exponent, on the stack (128 KiB), at 1.1 to 1.5 times
  /// the cost of a plain loop over a million values; below, a value costs as much as in add(x), four times that.
  void add(std::span<const double> values) noexcept;

  void merge(const ExactSum& other) noexcept { digits_.merge(other.digits_); }

  [[nodiscard]] double value() const noexcept { return digits_.value(); }

  /// Afterwards equal sums have equal bytes, for whoever stores or compares the object as bytes.
  void normalize() noexcept { digits_.normalize(); }

  /// The canonical form: 69 digits of 32 bits from 2^-1074 up, all but the last in [0, 2^32); then how many +Inf, -Inf and
  /// NaN. The words of up to 2^30 sums may be added up, as integers, before from_words makes a sum of them again.
  [[nodiscard]] Words words() const noexcept { return digits_.words(); }
  /// Any words make a sum; those that no sum has make one without a meaning.
  [[nodiscard]] static ExactSum from_words(std::span<const std::int64_t, n_words> words) noexcept {
    ExactSum sum;
    sum.digits_ = Digits::from_words(words);
    return sum;
  }

  /// The same true sum, and the same number of +Inf, -Inf and NaN.
  friend bool operator==(const ExactSum&, const ExactSum&) noexcept = default;

 private:
  Digits digits_;
};

}  // namespace serried::numeric
