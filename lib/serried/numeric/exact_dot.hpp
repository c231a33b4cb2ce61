/// The sum of products x[i] · y[i] without any rounding but the last: the same bits in whatever order it is added up, and
/// no product is too large or too small.
///
///     ExactDot dot;
///     dot.add(x, y);               // two numbers, or two spans of equal length
///     dot.merge(dot_of_another_thread);
///     dot.value();                 // the double nearest to the true sum of the true products
///
/// Over ranks: mpi/allreduce_exact.hpp.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <serried/numeric/superaccumulator.hpp>

namespace serried::numeric {

/// 1,096 bytes, trivially copyable. The rules are those of ExactSum for the exact products of 106 bits, from 2^-2148 up:
/// 1e-300 · 1e-300 is not lost, and 1e300 · 1e300 - 1e300 · 1e300 is 0. A product with an infinity or a NaN is what
/// IEEE 754 makes of it (0 · Inf is NaN). A sum of zero is +0.0; one that is too small for a double is rounded to a zero
/// of its sign.
class ExactDot {
 public:
  using Digits = Superaccumulator<-2148, 133>;
  using Words = Digits::Words;
  static constexpr std::size_t n_words = Digits::n_words;

  void add(double x, double y) noexcept;
  /// Throws std::logic_error if the lengths differ. Long spans go through a table on the stack (128 KiB).
  void add(std::span<const double> x, std::span<const double> y);

  void merge(const ExactDot& other) noexcept { digits_.merge(other.digits_); }

  [[nodiscard]] double value() const noexcept { return digits_.value(); }

  /// Afterwards equal sums have equal bytes, for whoever stores or compares the object as bytes.
  void normalize() noexcept { digits_.normalize(); }

  /// As ExactSum's, with 133 digits from 2^-2148 up.
  [[nodiscard]] Words words() const noexcept { return digits_.words(); }
  [[nodiscard]] static ExactDot from_words(std::span<const std::int64_t, n_words> words) noexcept {
    ExactDot dot;
    dot.digits_ = Digits::from_words(words);
    return dot;
  }

  friend bool operator==(const ExactDot&, const ExactDot&) noexcept = default;

 private:
  Digits digits_;
};

}  // namespace serried::numeric
