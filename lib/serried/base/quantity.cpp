#include <array>
#include <cmath>

#include <fmt/format.h>

#include <serried/base/quantity.hpp>

namespace serried {

std::string format_bytes(std::uint64_t n_bytes) {
  constexpr std::array names = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(n_bytes);
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < names.size()) {  // never "1024 KiB"
    value /= 1024;
    ++unit;
  }
  if (unit == 0) {
    return fmt::format("{} B", n_bytes);
  }
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, names[unit]);
}

std::string format_seconds(double seconds) {
  constexpr double century = 100 * 365.25 * 86400;
  if (!std::isfinite(seconds) || seconds < 0 || seconds > century) {
    return "?";
  }
  if (seconds < 59.95) {  // what would be printed as 60.0 is 1:00
    return fmt::format("{:.{}f} s", seconds, seconds < 9.995 ? 2 : 1);
  }
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const std::uint64_t days = whole / 86400;
  const std::uint64_t hours = whole / 3600 % 24;
  const std::uint64_t minutes = whole / 60 % 60;
  if (days > 0) {
    return fmt::format("{}d {:02}:{:02}:{:02}", days, hours, minutes, whole % 60);
  }
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace serried
