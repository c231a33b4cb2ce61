#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include <serried/base/error.hpp>
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

std::uint64_t parse_bytes(std::string_view text) {
  constexpr std::string_view units = "BKMGTP";
  constexpr std::uint64_t most = std::uint64_t{1} << 63;
  std::uint64_t number = 0;
  const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(rest, text.data() + text.size());
  std::ranges::transform(unit, unit.begin(), [](unsigned char c) { return std::toupper(c); });
  const std::size_t power = unit.empty() ? std::string_view::npos : units.find(unit[0]);
  const bool is_unit = power != std::string_view::npos &&
                       (unit.size() == 1 || (power > 0 && (unit.substr(1) == "IB" || unit.substr(1) == "B")));
  if (status != std::errc() || !is_unit || number > most >> (10 * power)) {
    throw usage_error(fmt::format("\"{}\" is not a size such as 512M, 2GiB or 64K", text));
  }
  return number << (10 * power);
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
