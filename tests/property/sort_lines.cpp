// sort_lines [-k KEY]... [-t SEPARATOR] [-bnrsu] < LINES: what `LC_ALL=C sort` prints, sorted in memory by LineOrder.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <serried/base/error.hpp>

#include "sort/line_order.hpp"

namespace {

using serried::sort_lines::LineOrder;
using serried::sort_lines::LineOrderOptions;

LineOrderOptions parse(int argc, char** argv) {
  LineOrderOptions options;
  for (int letter = 0; (letter = getopt(argc, argv, "k:t:bnrsu")) != -1;) {
    switch (letter) {
      case 'k':
        options.keys.emplace_back(optarg);
        break;
      case 't':
        options.separator = serried::sort_lines::parse_separator(optarg);
        break;
      case 'b':
        options.ignore_leading_blanks = true;
        break;
      case 'n':
        options.numeric = true;
        break;
      case 'r':
        options.reverse = true;
        break;
      case 's':
        options.stable = true;
        break;
      case 'u':
        options.unique = true;
        break;
      default:
        throw serried::usage_error("unknown option");
    }
  }
  return options;
}

struct Line {
  std::uint64_t prefix = 0;
  std::string_view text;
};

std::vector<Line> lines_of(std::string_view text, const LineOrder& order) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines.push_back({order.prefix(line), line});
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

void run(int argc, char** argv) {
  const LineOrderOptions options = parse(argc, argv);
  const LineOrder order(options);
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  std::vector<Line> lines = lines_of(text, order);
  std::ranges::stable_sort(lines, [&](const Line& a, const Line& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : order.compare(a.text, b.text) < 0;
  });
  if (options.unique) {
    const auto is_equal = [&](const Line& a, const Line& b) { return order.equal_keys(a.text, b.text); };
    lines.erase(std::unique(lines.begin(), lines.end(), is_equal), lines.end());
  }
  for (const Line& line : lines) {
    std::cout << line.text << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "sort_lines: " << error.what() << '\n';
    return 2;
  }
}
