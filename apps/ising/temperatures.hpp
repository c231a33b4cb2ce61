/// Temperatures as a command line gives them: "2", "1.5,2,2.5", "2:2.6:13".
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include <serried/base/error.hpp>

namespace serried::ising {

inline constexpr std::size_t most_temperatures = 10'000;

/// Numbers, and ranges FIRST:LAST:N of N that are equally far apart, in the order in which they are given. Throws a usage error
/// that says what is wrong.
[[nodiscard]] inline std::vector<double> temperatures_of(std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    return usage_error(fmt::format("--temperature {}: {}", text, why))
        .hint("T, T1,T2,…, or FIRST:LAST:N for N of them");
  };
  const auto number = [&]<class T>(std::string_view word, T& value) {
    const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || status != std::errc() || end != word.data() + word.size()) {
      throw wrong(fmt::format("\"{}\" is no number", word));
    }
  };
  const auto next_word = [](std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view word = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return word;
  };

  std::vector<double> temperatures;
  const auto add = [&](double temperature) {
    if (!(temperature >= 0.01 && temperature <= 1e6)) {
      throw wrong(fmt::format("{} is not from 0.01 to 1e6", temperature));
    }
    if (temperatures.size() == most_temperatures) {
      throw wrong(fmt::format("there are more than {}", most_temperatures));
    }
    temperatures.push_back(temperature);
  };
  if (text.empty() || text.back() == ',') {
    throw wrong("a number is missing");
  }
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view part = next_word(rest, ',');
    double first = 0;
    if (part.find(':') == std::string_view::npos) {
      number(part, first);
      add(first);
      continue;
    }
    double last = 0;
    std::size_t n = 0;
    number(next_word(part, ':'), first);
    number(next_word(part, ':'), last);
    if (part.empty()) {
      throw wrong("how many is missing");
    }
    number(part, n);
    if (n < 2 || n > most_temperatures) {
      throw wrong(fmt::format("a range has from 2 to {} temperatures", most_temperatures));
    }
    for (std::size_t i = 0; i < n; ++i) {
      add(first + (last - first) * static_cast<double>(i) / static_cast<double>(n - 1));
    }
  }
  return temperatures;
}

}  // namespace serried::ising
