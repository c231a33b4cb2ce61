/// Durations as a person writes them, in options and environment variables.
///
///     parse_duration("90s")        // 90'000 ms
///     parse_duration("1h30min")    // 5'400'000 ms
#pragma once

#include <chrono>
#include <string_view>

namespace serried {

/// Whole numbers with a unit each (ms, s, m or min, h, d), added up, without spaces. Throws a usage error for anything else,
/// also for a bare number and for more than a century.
[[nodiscard]] std::chrono::milliseconds parse_duration(std::string_view text);

}  // namespace serried
