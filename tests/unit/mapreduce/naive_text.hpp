// Words and lines the slow and plain way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serried::test {

// A record and where in the text it begins.
struct Record {
  std::uint64_t begin = 0;
  std::string bytes;
  friend bool operator==(const Record&, const Record&) = default;
};

[[nodiscard]] inline std::vector<Record> naive_words(std::string_view text) {
  std::vector<Record> records;
  bool is_inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_white = std::string_view(" \t\n\v\f\r").find(text[i]) != std::string_view::npos;
    if (!is_white && !is_inside) {
      records.push_back({i, {}});
    }
    if (!is_white) {
      records.back().bytes.push_back(text[i]);
    }
    is_inside = !is_white;
  }
  return records;
}

[[nodiscard]] inline std::vector<Record> naive_lines(std::string_view text) {
  std::vector<Record> records;
  bool is_inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_inside) {
      records.push_back({i, {}});
    }
    is_inside = text[i] != '\n';
    if (is_inside) {
      records.back().bytes.push_back(text[i]);
    }
  }
  return records;
}

[[nodiscard]] inline std::vector<std::string> bytes_of(const std::vector<Record>& records) {
  std::vector<std::string> result;
  for (const Record& record : records) {
    result.push_back(record.bytes);
  }
  return result;
}

}  // namespace serried::test
