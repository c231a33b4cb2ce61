/// The double nearest to a number that was computed exactly: the only rounding that an exact accumulator does.
///
///     round_to_double(false, 3, -1, false);           // 1.5
///     round_to_double(digits, -1074);                 // digits[0] + 2^32 digits[1] + …, times 2^-1074
///
/// To nearest, ties to even, as IEEE 754 has it, subnormal results included; beyond the largest double, ±Inf.
#pragma once

#include <cstdint>
#include <span>

namespace serried::numeric {

/// The double nearest to ±(leading + f) · 2^exponent, where f = 0, or 0 < f < 1 if there `is_more`; then the top bit of
/// `leading` must be set. Too small a number becomes a zero of its sign.
[[nodiscard]] double round_to_double(bool negative, std::uint64_t leading, int exponent,
                                     bool is_more) noexcept;

/// The double nearest to (digits[0] + 2^32 · digits[1] + 2^64 · digits[2] + …) · 2^exponent, where all digits but the last
/// are in [0, 2^32), and the last has the sign. Zero is +0.0.
[[nodiscard]] double round_to_double(std::span<const std::int64_t> digits, int exponent) noexcept;

}  // namespace serried::numeric
