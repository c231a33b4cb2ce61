#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <serried/base/duration.hpp>
#include <serried/base/error.hpp>

namespace serried {
namespace {

struct Unit {
  std::string_view name;
  std::chrono::milliseconds length;
};

using std::chrono::milliseconds;
constexpr std::array units = {Unit{"ms", milliseconds(1)},          Unit{"s", std::chrono::seconds(1)},
                              Unit{"min", std::chrono::minutes(1)}, Unit{"m", std::chrono::minutes(1)},
                              Unit{"h", std::chrono::hours(1)},     Unit{"d", std::chrono::hours(24)}};

}  // namespace

milliseconds parse_duration(std::string_view text) {
  constexpr milliseconds century = std::chrono::hours(24 * 36525);
  const auto refuse = [&] {
    return usage_error(fmt::format("\"{}\" is not a duration such as 500ms, 90s, 2min, 1h30min or 1d", text));
  };
  milliseconds sum{0};
  std::string_view rest = text;
  do {
    std::uint64_t number = 0;
    const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const bool is_beyond_all = status == std::errc::result_out_of_range;
    if (status != std::errc() && !is_beyond_all) {
      throw refuse();
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::string_view name = rest.substr(0, rest.find_first_of("0123456789"));
    const auto* const unit = std::ranges::find(units, name, &Unit::name);
    if (unit == units.end()) {
      throw refuse();
    }
    if (is_beyond_all || number > static_cast<std::uint64_t>((century - sum) / unit->length)) {
      throw usage_error(fmt::format("\"{}\" is too long: more than a century", text));
    }
    sum += static_cast<std::int64_t>(number) * unit->length;
    rest.remove_prefix(name.size());
  } while (!rest.empty());
  return sum;
}

}  // namespace serried
