/// Bytes and durations as a person reads and writes them.
///
///     format_bytes(1288490188)   // "1.20 GiB"
///     parse_bytes("300M")        // 314572800
///     format_seconds(245)        // "4:05"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace serried {

/// Three digits (four from 1000 to 1023) and a binary unit: "17 B", "1.20 GiB", "1010 KiB".
[[nodiscard]] std::string format_bytes(std::uint64_t n_bytes);

/// A whole number with a unit: B, K, M, G, T, P, also as KiB and KB, in either case; all are powers of 1024. Throws a usage
/// error for anything else, also for a bare number and for more than 2^63 bytes.
[[nodiscard]] std::uint64_t parse_bytes(std::string_view text);

/// "0.12 s", "12.3 s", "4:05", "3:04:05", "2d 03:04:05". Negative or not finite: "?".
[[nodiscard]] std::string format_seconds(double seconds);

}  // namespace serried
