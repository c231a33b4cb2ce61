/// Bytes and durations as a person reads them.
///
///     format_bytes(1288490188)   // "1.20 GiB"
///     format_seconds(245)        // "4:05"
#pragma once

#include <cstdint>
#include <string>

namespace serried {

/// Three digits (four from 1000 to 1023) and a binary unit: "17 B", "1.20 GiB", "1010 KiB".
[[nodiscard]] std::string format_bytes(std::uint64_t n_bytes);

/// "0.12 s", "12.3 s", "4:05", "3:04:05", "2d 03:04:05". Negative or not finite: "?".
[[nodiscard]] std::string format_seconds(double seconds);

}  // namespace serried
