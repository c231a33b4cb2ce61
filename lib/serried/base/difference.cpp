#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include <serried/base/difference.hpp>

namespace serried {
namespace {

// The text up to the next newline, which is removed with it.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// The line, or of a long one what is around its byte `place`.
std::string quoted(std::string_view line, std::size_t place = 0) {
  constexpr std::size_t longest = 120;
  const std::size_t begin =
      line.size() <= longest ? 0 : std::min(place - std::min(place, longest / 2), line.size());
  const std::string_view shown = line.substr(begin, longest);
  return fmt::format("\"{}{}{}\"", begin > 0 ? "..." : "", shown,
                     begin + shown.size() < line.size() ? "..." : "");
}

}  // namespace

std::string first_difference(std::string_view there, std::string_view here) {
  while (!there.empty() && !here.empty()) {
    const std::string_view old_line = take_line(there);
    const std::string_view new_line = take_line(here);
    if (old_line != new_line) {
      const auto place = static_cast<std::size_t>(
          std::mismatch(old_line.begin(), old_line.end(), new_line.begin(), new_line.end()).first -
          old_line.begin());
      return fmt::format("{} there, {} here", quoted(old_line, place), quoted(new_line, place));
    }
  }
  if (!there.empty()) {
    return fmt::format("{} is only there", quoted(take_line(there)));
  }
  if (!here.empty()) {
    return fmt::format("{} is only here", quoted(take_line(here)));
  }
  return "only a last line break";
}

}  // namespace serried
