/// A reproducible sum in 48 bytes, for long vectors and matrices of sums: the same bits in whatever order it is added up,
/// nearly exact, and a twelfth of the size of an ExactSum.
///
///     std::vector<BinnedSum<>> sums(x.size());
///     add_elementwise(sums, x);                    // sums[i] += x[i], for each x that comes
///     merge_elementwise(sums, sums_of_another_thread);
///     sums[i].value();
///
/// Over ranks: mpi/allreduce_exact.hpp. For an Eigen matrix m of doubles, x is std::span(m.data(), m.size()).
///
/// The idea is that of the indexed, or binned, sums of J. Demmel and H. D. Nguyen, "Parallel Reproducible Summation", IEEE
/// Trans. Comput. 64 (2015), and of ReproBLAS: the numbers are cut at fixed places of the binary scale into digits, and only
/// the K uppermost digits are kept, counted from that of the largest number seen. Which digits a number has does not depend
/// on what came before it, so nothing depends on the order. Here a digit has 64 bits and its sum is a 128-bit integer (there
/// 40 bits, in two doubles): no carries, no rounding mode, no limit of the number of additions, and a state that equal sums
/// share to the byte.
///
/// Why not a tree of partial sums over the index, whose shape is fixed: it needs the leaves in order, or in contiguous runs,
/// and a scheduler that balances a load deals them in neither; each rank would keep a logarithm of open subtrees.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ranges>
#include <span>

#include <serried/base/contract.hpp>
#include <serried/numeric/rounding.hpp>
#include <serried/numeric/superaccumulator.hpp>

namespace serried::numeric {

/// The sum of n doubles, of which the largest is `max` in absolute value, to within n · max · 2^(-64 (K - 1)), besides the
/// one rounding of value(). Each term is cut towards zero, by less than max · 2^-64 for K = 2, which is 2^-11 of the
/// rounding error of the largest term; the sum is exact if all terms are multiples of max / 2^64 (or of the power of two
/// below it), whatever cancels. A plain loop's bound is n · 2^-53 · the sum of the absolute values.
///
/// Trivially copyable; equal sums have equal bytes. ±Inf, NaN and zeros follow the rules of ExactSum.
template <std::size_t K = 2>
class BinnedSum {
  static_assert(K >= 2, "one digit may hold a single bit of the largest number");

 public:
  void add(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const auto exponent = static_cast<int>(bits >> 52 & 0x7ff);
    if (exponent == 0x7ff) [[unlikely]] {
      specials_ |= std::isnan(x) ? nan_seen : x < 0 ? minus_infinity_seen : plus_infinity_seen;
      return;
    }
    const int is_normal = exponent != 0 ? 1 : 0;
    raise(top_digit(exponent));
    // The position of the mantissa's last bit above that of the window's.
    int position = exponent - is_normal - digit_bits * static_cast<int>(top_ - (K - 1));
    std::uint64_t mantissa = (bits & ((std::uint64_t{1} << 52) - 1)) | static_cast<std::uint64_t>(is_normal)
                                                                           << 52;
    if (position < 0) {
      mantissa = position > -digit_bits ? mantissa >> -position : 0;
      position = 0;
    }
    const auto digit = static_cast<std::size_t>(position) / digit_bits;
    const Int128 sign = static_cast<std::int64_t>(bits) >> 63;
    const Uint128 digits = static_cast<Uint128>(mantissa) << static_cast<unsigned>(position) % digit_bits;
    sums_[digit] =
        wrapping_sum(sums_[digit], (static_cast<Int128>(static_cast<std::uint64_t>(digits)) ^ sign) - sign);
    // Above the window's top digit there is nothing to add.
    const std::size_t next = std::min(digit + 1, K - 1);
    sums_[next] = wrapping_sum(sums_[next], (static_cast<Int128>(digits >> digit_bits) ^ sign) - sign);
  }

  void merge(const BinnedSum& other) noexcept {
    raise(other.top_);
    for (std::size_t k = 0; k < K; ++k) {
      const std::int64_t other_k = static_cast<std::int64_t>(k) + top_ - other.top_;
      if (other_k < static_cast<std::int64_t>(K)) {
        sums_[k] = wrapping_sum(sums_[k], other.sums_[static_cast<std::size_t>(other_k)]);
      }
    }
    specials_ |= other.specials_;
  }

  [[nodiscard]] double value() const noexcept {
    if ((specials_ & nan_seen) != 0 || specials_ == (plus_infinity_seen | minus_infinity_seen)) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    if (specials_ != 0) {
      const double infinity = std::numeric_limits<double>::infinity();
      return specials_ == plus_infinity_seen ? infinity : -infinity;
    }
    std::array<std::int64_t, 2 * K + 1> digits{};
    Int128 sum = 0;
    for (std::size_t k = 0; k < K; ++k) {
      sum = wrapping_sum(sum, sums_[k]);
      digits[2 * k] = static_cast<std::int64_t>(sum) & 0xffffffff;
      digits[2 * k + 1] = static_cast<std::int64_t>(sum >> 32) & 0xffffffff;
      sum >>= digit_bits;
    }
    digits.back() = static_cast<std::int64_t>(sum);
    return round_to_double(digits, -1074 + digit_bits * static_cast<int>(top_ - (K - 1)));
  }

  /// Which digits are kept, and which of Inf and NaN were seen, as bits: the bitwise or of several sums' reaches is the
  /// reach of the sum of them all.
  [[nodiscard]] std::uint64_t reach() const noexcept {
    return std::uint64_t{1} << top_ | static_cast<std::uint64_t>(specials_) << specials_position;
  }

  /// The kept digits of a sum with that reach, each as four words of 32 bits, all but the last in [0, 2^32). The words of up
  /// to 2^30 sums, for the same reach, may be added up, as integers, before from_words makes a sum of them again.
  static constexpr std::size_t n_words = 4 * K;
  using Words = std::array<std::int64_t, n_words>;
  /// Throws std::logic_error unless `reach` contains this sum's own.
  [[nodiscard]] Words words(std::uint64_t reach) const {
    expects((this->reach() & ~reach) == 0, "the reach contains the sum's own");
    BinnedSum aligned = *this;
    aligned.raise(std::bit_width(reach & tops) - 1);
    Words words{};
    for (std::size_t i = 0; i < n_words; ++i) {
      const auto word = static_cast<std::int64_t>(aligned.sums_[i / 4] >> 32 * (i % 4));
      words[i] = i % 4 == 3 ? word : word & 0xffffffff;
    }
    return words;
  }
  /// Any words make a sum; those that no sum has make one without a meaning.
  [[nodiscard]] static BinnedSum from_words(std::span<const std::int64_t, n_words> words,
                                            std::uint64_t reach) noexcept {
    BinnedSum sum;
    sum.raise(std::bit_width(reach & tops) - 1);
    sum.specials_ = static_cast<std::int64_t>(reach >> specials_position);
    for (std::size_t i = 0; i < n_words; ++i) {
      const auto word = static_cast<Uint128>(static_cast<Int128>(words[i]));
      sum.sums_[i / 4] = wrapping_sum(sum.sums_[i / 4], static_cast<Int128>(word << 32 * (i % 4)));
    }
    return sum;
  }

  friend bool operator==(const BinnedSum&, const BinnedSum&) noexcept = default;

 private:
  static constexpr int digit_bits = 64;
  static constexpr std::int64_t n_digits = 33;  // from 2^-1074 to beyond the largest double
  static constexpr std::uint64_t tops = (std::uint64_t{1} << n_digits) - 1;

  static constexpr std::int64_t plus_infinity_seen = 1;
  static constexpr std::int64_t minus_infinity_seen = 2;
  static constexpr std::int64_t nan_seen = 4;
  static constexpr int specials_position = 61;

  // The digit that holds the highest bit of a number with this exponent field: bit exponent + 51, counted from 2^-1074.
  static constexpr std::int64_t top_digit(int exponent) noexcept {
    return static_cast<unsigned>(exponent + 51) / digit_bits;
  }

  static Int128 wrapping_sum(Int128 a, Int128 b) noexcept {
    return static_cast<Int128>(static_cast<Uint128>(a) + static_cast<Uint128>(b));
  }

  // Moves the window up, if it has to, and forgets what falls out of it below.
  void raise(std::int64_t top) noexcept {
    if (top <= top_) [[likely]] {
      return;
    }
    const auto by = static_cast<std::size_t>(top - top_);
    for (std::size_t k = 0; k < K; ++k) {
      sums_[k] = k + by < K ? sums_[k + by] : 0;
    }
    top_ = top;
  }

  std::array<Int128, K> sums_{};  // of the digits top_ - K + 1 to top_, the lowest first
  std::int64_t top_ = K - 1;
  std::int64_t specials_ = 0;
};

/// sums[i] += values[i], for any contiguous range of sums. Throws std::logic_error if the lengths differ.
template <std::ranges::contiguous_range Sums>
void add_elementwise(Sums&& sums, std::span<const double> values) {
  expects(std::ranges::size(sums) == values.size(), "there is a sum for each value");
  auto* sum = std::ranges::data(sums);
  for (const double x : values) {
    sum++->add(x);
  }
}

/// sums[i] += others[i]. Throws std::logic_error if the lengths differ.
template <std::ranges::contiguous_range Sums, std::ranges::contiguous_range Others>
void merge_elementwise(Sums&& sums, const Others& others) {
  expects(std::ranges::size(sums) == std::ranges::size(others), "there is a sum for each other");
  auto* sum = std::ranges::data(sums);
  for (const auto& other : others) {
    sum++->merge(other);
  }
}

}  // namespace serried::numeric
