/// Logarithm, exponential, sine and cosine that give the same bits everywhere: elementary arithmetic alone, no libm, whose
/// last bits differ from one version and CPU to the next. Without branches, so that loops over them become vector code.
///
///     vectorized([&] {
///       for (std::size_t i = 0; i < n; ++i) y[i] = portable::exp(x[i]);
///     });
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace serried::portable {

namespace detail {

// Where both are computed anyway: a blend, also where the compiler is shy of one.
[[nodiscard]] inline double choose(bool condition, double if_true, double if_false) noexcept {
  const std::uint64_t mask = condition ? ~std::uint64_t{0} : std::uint64_t{0};
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(if_true) & mask) |
                               (std::bit_cast<std::uint64_t>(if_false) & ~mask));
}

// Added to a double below 2^51 in absolute value, it leaves the nearest integer in the lowest bits.
inline constexpr double to_integer = 0x1.8p52;

}  // namespace detail

/// x · 2^-53 for the upper 53 bits of a random word: uniform in [0, 1). Exact. Without the conversion of 64-bit integers that
/// AVX2 does not have.
[[nodiscard]] inline double unit_interval(std::uint64_t word) noexcept {
  const double high = std::bit_cast<double>((word >> 43) | 0x4530000000000000);  // 2^84 + high · 2^32
  const double low = std::bit_cast<double>(((word >> 11) & 0xffffffff) | 0x4330000000000000);  // 2^52 + low
  return ((high - 0x1.00000001p84) + low) * 0x1p-53;
}

namespace detail {

// log(x · 2^-power) for a normal number x > 0.
[[nodiscard]] inline double log_of_scaled(double x, double power) noexcept {
  // x = 2^k · m, sqrt(1/2) <= m < sqrt(2)
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t above = bits - 0x3fe6a09e667f3bcd;
  const double m = std::bit_cast<double>(bits - (above & 0xfff0000000000000));
  const double k = std::bit_cast<double>((((above >> 52) + 0x800) & 0xfff) | 0x4330000000000000) -
                   (0x1p52 + 0x800) - power;
  const double f = m - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double w = z * z;
  const double odd =
      w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const double even =
      z * (6.666666666666735130e-01 +
           w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const double half_square = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 -
         ((half_square - (s * (half_square + (odd + even)) + k * 1.90821492927058770002e-10)) - f);
}

}  // namespace detail

/// The natural logarithm, to within 1 unit in the last place: that of fdlibm's e_log.c (Sun Microsystems, 1993). -Inf for 0, NaN
/// for what is below.
[[nodiscard]] inline double log(double x) noexcept {
  const bool is_tiny = x < std::numeric_limits<double>::min();
  const double finite = detail::log_of_scaled(is_tiny ? x * 0x1p54 : x, is_tiny ? 54.0 : 0.0);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double of_zero = x == 0.0 ? -infinity : std::numeric_limits<double>::quiet_NaN();
  return detail::choose(x > 0.0 && x < infinity, finite, detail::choose(x == infinity, infinity, of_zero));
}

/// The same bits as log(), a fifth of the work less, for normal finite numbers above 0 alone.
[[nodiscard]] inline double log_of_normal(double x) noexcept { return detail::log_of_scaled(x, 0.0); }

/// e^x, to within 1 unit in the last place (2 among the subnormals); Inf above 709.8, 0 below -745.2.
[[nodiscard]] inline double exp(double x) noexcept {
  // x = k · ln 2 + r, |r| <= ln 2 / 2; beyond the ends the result is Inf or 0 whatever is there.
  const double low_end = detail::choose(x < -800.0, -800.0, x);
  const double within = detail::choose(low_end > 800.0, 800.0, low_end);
  const double shifted = within * 1.44269504088896338700e+00 + detail::to_integer;
  const double k = shifted - detail::to_integer;
  const double r_high = within - k * 6.93147180369123816490e-01;
  const double r_low = k * 1.90821492927058770002e-10;
  const double r = r_high - r_low;
  const double lost = (r_high - r) - r_low;  // in rounding r
  // Taylor's series up to r^13 / 13!: what is left out is below 2^-57. A division, as in fdlibm's e_exp.c, would take longer, and
  // so would Horner's scheme, in which every step waits for the one before (G. Estrin, 1960).
  const double r2 = r * r;
  const double r4 = r2 * r2;
  const double from_2 = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
  const double from_6 = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40320 + r * (1.0 / 362880));
  const double from_10 =
      (1.0 / 3628800 + r * (1.0 / 39916800)) + r2 * (1.0 / 479001600 + r * (1.0 / 6227020800));
  const double series = from_2 + r4 * (from_6 + r4 * from_10);
  const double power = 1.0 + (r + (r2 * series + lost));
  // 2^k in two factors, for k is up to 1155 in absolute value
  const auto n = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(shifted) << 12) >> 12;
  const std::int64_t half = n >> 1;
  const double first = std::bit_cast<double>(static_cast<std::uint64_t>(half + 1023) << 52);
  const double second = std::bit_cast<double>(static_cast<std::uint64_t>(n - half + 1023) << 52);
  return power * first * second;
}

/// e^x, to within 1 unit in the last place, for |x| <= 1/4 alone: half of the work.
[[nodiscard]] inline double exp_near_0(double x) noexcept {
  // Taylor's series up to x^12 / 12!: what is left out is below 2^-58 of the result. In Estrin's order, as in exp().
  const double x2 = x * x;
  const double x4 = x2 * x2;
  const double from_2 = (1.0 / 2 + x * (1.0 / 6)) + x2 * (1.0 / 24 + x * (1.0 / 120));
  const double from_6 = (1.0 / 720 + x * (1.0 / 5040)) + x2 * (1.0 / 40320 + x * (1.0 / 362880));
  const double from_10 = (1.0 / 3628800 + x * (1.0 / 39916800)) + x2 * (1.0 / 479001600);
  return 1.0 + (x + x2 * (from_2 + x4 * (from_6 + x4 * from_10)));
}

struct SinCos {
  double sin = 0;
  double cos = 0;
};

/// Sine and cosine of `turns` · 2 pi, |turns| < 2^48, to within 2^-52: fdlibm's k_sin.c and k_cos.c after a reduction that is
/// exact, as a full turn is a whole number.
[[nodiscard]] inline SinCos sin_cos_of_turns(double turns) noexcept {
  const double quarters = turns * 4.0;
  const double shifted = quarters + detail::to_integer;
  const auto quadrant = std::bit_cast<std::uint64_t>(shifted);
  const double x = (quarters - (shifted - detail::to_integer)) * 1.57079632679489661923;  // |x| <= pi / 4
  const double z = x * x;
  const double w = z * z;
  const double s = 8.33333333332248946124e-03 +
                   z * (-1.98412698298579493134e-04 + z * 2.75573137070700676789e-06) +
                   z * w * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10);
  const double sine = x + z * x * (-1.66666666666666324348e-01 + z * s);
  const double c =
      z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * 2.48015872894767294178e-05)) +
      w * w *
          (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11));
  const double half_square = 0.5 * z;
  const double rest = 1.0 - half_square;
  const double cosine = rest + (((1.0 - rest) - half_square) + z * c);
  // Odd quadrants change places; the signs are in bit 1 of the quadrant, and of the next one.
  const std::uint64_t odd = std::uint64_t{0} - (quadrant & 1);
  const auto sine_bits = std::bit_cast<std::uint64_t>(sine);
  const auto cosine_bits = std::bit_cast<std::uint64_t>(cosine);
  return {std::bit_cast<double>(((sine_bits & ~odd) | (cosine_bits & odd)) ^ ((quadrant & 2) << 62)),
          std::bit_cast<double>(((cosine_bits & ~odd) | (sine_bits & odd)) ^ (((quadrant + 1) & 2) << 62))};
}

}  // namespace serried::portable
