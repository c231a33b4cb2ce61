/// Numbers as `sort -n` reads them at the start of a text: blanks, `-`, digits, a point, digits. What follows
/// does not count, and a text without digits is 0.
///
///     compare_decimals(" 007.50 EUR", "7.5")           // 0
///     decimal_code("-3") < decimal_code("2.99")        // true
///
/// Nothing is rounded and nothing overflows, however many digits there are. As in the C locale there is no
/// thousands separator ("1,000" is 1), no "+" and no exponent ("+1" is 0, "1e3" is 1). One difference: sort of
/// coreutils 9.1 passes over bytes 0x80 before and between a number's whole digits, an accident; here they end it.
#pragma once

#include <cstdint>
#include <string_view>

namespace serried::sort_lines {

/// Space, tab and newline.
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n'; }

/// Less than, equal to or greater than 0, as the number of `a` is to that of `b`; -0 equals 0.
[[nodiscard]] int compare_decimals(std::string_view a, std::string_view b) noexcept;

/// Sign, magnitude and leading digits: decimal_code(a) < decimal_code(b) only if a's number is the smaller one.
/// Different numbers have different codes if they differ within 17 significant digits and lie between 1e-22
/// and 1e40, or within 7 digits elsewhere.
[[nodiscard]] std::uint64_t decimal_code(std::string_view text) noexcept;

}  // namespace serried::sort_lines
