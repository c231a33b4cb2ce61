/// The standard normal distribution function.
///
///     const double p = normal_probability(-1.96);     // 0.025
///
/// W. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), as in ANORM of his SPECFUN, ACM
/// TOMS 19 (1993), algorithm 715. The same bits on every CPU and with every compiler: elementary arithmetic and portable::exp,
/// no libm.
#pragma once

#include <serried/base/portable_math.hpp>

namespace serried::random {

/// The probability that a standard normal number is below `x`; to within 1e-15 of itself, also in the lower tail, down to where
/// results are subnormal (x = -37.5); 1 from 8.3 on. For that of the upper tail take -x. Without branches: loops over it become
/// vector code (base/vectorized.hpp).
[[nodiscard]] inline double normal_probability(double x) noexcept {
  using portable::detail::choose;
  const double magnitude = x < 0.0 ? -x : x;
  const double y = magnitude > 40.0 ? 40.0 : magnitude;  // where the tail is 0

  // Up to 0.67448975, the quartile: an odd function added to a half.
  const double z = y * y;
  const double centre =
      x *
      ((((0.065682337918207449113 * z + 2.2352520354606839287) * z + 161.02823106855587881) * z +
        1067.6894854603709582) *
           z +
       18154.981253343561249) /
      ((((z + 47.20258190468824187) * z + 976.09855173777669322) * z + 10260.932208618978205) * z +
       45507.789335026729956);

  // The tail beyond y over e^(-y² / 2); up to sqrt(32) a function of y, then of its inverse square.
  const double near_numerator =
      (((((((1.0765576773720192317e-8 * y + 0.39894151208813466764) * y + 8.8831497943883759412) * y +
           93.506656132177855979) *
              y +
          597.27027639480026226) *
             y +
         2494.5375852903726711) *
            y +
        6848.1904505362823326) *
           y +
       11602.651437647350124) *
          y +
      9842.7148383839780218;
  const double near_denominator =
      (((((((y + 22.266688044328115691) * y + 235.38790178262499861) * y + 1519.377599407554805) * y +
          6485.558298266760755) *
             y +
         18615.571640885098091) *
            y +
        34900.952721145977266) *
           y +
       38912.003286093271411) *
          y +
      19685.429676859990727;
  const double w = 1.0 / z;
  const double far_numerator =
      ((((0.02307344176494017303 * w + 0.21589853405795699) * w + 0.1274011611602473639) * w +
        0.022235277870649807) *
           w +
       0.001421619193227893466) *
          w +
      2.9112874951168792e-5;
  const double far_denominator =
      ((((w + 1.28426009614491121) * w + 0.468238212480865118) * w + 0.0659881378689285515) * w +
       0.00378239633202758244) *
          w +
      7.29751555083966205e-5;
  constexpr double density_at_0 = 0.398942280401432677939946059934;
  const bool is_near = y <= 5.656854249492380581;
  const double scaled_tail =
      choose(is_near, near_numerator, density_at_0 * far_denominator - w * far_numerator) /
      choose(is_near, near_denominator, y * far_denominator);

  // y² / 2 in two parts, the first of them exact, or its rounding would be an error of y² units of the tail.
  const double sixteenths = (y * 16.0 + portable::detail::to_integer - portable::detail::to_integer) * 0.0625;
  const double rest = (y - sixteenths) * (y + sixteenths);
  const double tail =
      portable::exp(sixteenths * sixteenths * -0.5) * portable::exp(rest * -0.5) * scaled_tail;
  return choose(y <= 0.67448975, 0.5 + centre, choose(x > 0.0, 1.0 - tail, tail));
}

}  // namespace serried::random
