// CSV and TSV the slow and plain way, a byte at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <serried/mapreduce/delimited.hpp>

#include "random_text.hpp"

namespace serried::test {

using Row = std::vector<std::string>;

// The records of a text, without its header; nothing if it breaks the rules.
[[nodiscard]] inline std::optional<std::vector<Row>> naive_rows(std::string_view text,
                                                                const mapreduce::Delimited& kind) {
  using mapreduce::Quoting;
  if (text.starts_with("\xef\xbb\xbf")) {
    text.remove_prefix(3);
  }
  std::vector<Row> rows;
  std::size_t at = 0;
  bool is_header = kind.has_header;
  const auto is_line_end = [&](std::size_t i) {  // \n, \r\n, the text's end, or \r before it
    return i == text.size() || text[i] == '\n' ||
           (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] == '\n'));
  };
  while (at < text.size()) {
    Row row;
    bool is_blank = is_line_end(at);
    for (;;) {
      std::string field;
      if (kind.quoting != Quoting::none && at < text.size() && text[at] == '"') {
        for (++at;; ++at) {
          if (at == text.size() || (text[at] == '\n' && kind.quoting == Quoting::within_lines)) {
            return std::nullopt;
          }
          if (text[at] == '"') {
            ++at;
            if (at == text.size() || text[at] != '"') {
              break;
            }
          }
          field.push_back(text[at]);
        }
        if (!is_line_end(at) && text[at] != kind.delimiter) {
          return std::nullopt;
        }
      } else {
        for (; !is_line_end(at) && text[at] != kind.delimiter; ++at) {
          if (kind.quoting != Quoting::none && text[at] == '"') {
            return std::nullopt;
          }
          field.push_back(text[at]);
        }
      }
      row.push_back(field);
      if (is_line_end(at)) {
        break;
      }
      ++at;
    }
    at += static_cast<std::size_t>(at < text.size() && text[at] == '\r');
    at += static_cast<std::size_t>(at < text.size());
    if (is_header) {
      if (!kind.names.empty() && row != kind.names) {
        return std::nullopt;
      }
      is_blank = std::exchange(is_header, false) && is_blank;
      if (!is_blank && kind.n_columns != 0 && row.size() != kind.n_columns) {
        return std::nullopt;
      }
      continue;
    }
    if (is_blank) {
      continue;
    }
    if (const std::size_t n = kind.n_columns != 0 ? kind.n_columns : kind.names.size();
        n != 0 && row.size() != n) {
      return std::nullopt;
    }
    rows.push_back(row);
  }
  return rows;
}

[[nodiscard]] inline std::string random_field(Random& random, const mapreduce::Delimited& kind) {
  using mapreduce::Quoting;
  const std::string plain = random.bytes(random.below(8), "ab1 .\r");
  if (kind.quoting == Quoting::none || random.below(2) == 0) {
    return plain.ends_with('\r') || plain.empty() ? plain + "x" : plain;
  }
  std::string field = "\"";
  const bool has_newlines = kind.quoting == Quoting::across_lines;
  for (std::size_t n = random.below(random.below(10) == 0 ? 100 : 12); n > 0; --n) {
    const char c = "\"\n\r,;\ta"[random.below(7)];
    field.append(c == '"' ? "\"\"" : c == '\n' && !has_newlines ? "n" : std::string(1, c));
  }
  return field + "\"";
}

// A text that keeps the rules, with blank lines and both line ends.
[[nodiscard]] inline std::string random_delimited(Random& random, const mapreduce::Delimited& kind,
                                                  std::size_t n_rows) {
  std::string text = random.below(4) == 0 ? "\xef\xbb\xbf" : "";
  const auto end_line = [&] { text += random.below(3) == 0 ? "\r\n" : "\n"; };
  for (std::size_t row = 0; row < n_rows; ++row) {
    const bool names_columns = row == 0 && kind.has_header && !kind.names.empty();
    const std::size_t n = kind.n_columns != 0 ? kind.n_columns : random.between(1, 5);
    for (std::size_t i = 0; i < (names_columns ? kind.names.size() : n); ++i) {
      text.append(i > 0 ? std::string(1, kind.delimiter) : "");
      text += names_columns ? kind.names[i] : random_field(random, kind);
    }
    end_line();
    while (random.below(5) == 0) {
      end_line();
    }
  }
  while (random.below(2) == 0 && !text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.pop_back();
  }
  return text;
}

}  // namespace serried::test
