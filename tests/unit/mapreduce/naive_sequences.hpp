// FASTA and FASTQ the slow and plain way: the whole file at once, line by line. And random files of both.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "naive_text.hpp"
#include "random_text.hpp"

namespace serried::test {

using Sequences = std::vector<std::string>;

namespace detail {

// The lines without \n or \r\n.
[[nodiscard]] inline std::vector<std::string> plain_lines(std::string_view text) {
  std::vector<std::string> lines = bytes_of(naive_lines(text));
  for (std::string& line : lines) {
    if (!line.empty() && line.back() == '\r') {
      line.pop_back();
    }
  }
  return lines;
}

[[nodiscard]] inline bool are_letters(std::string_view text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*-.") ==
         std::string_view::npos;
}

[[nodiscard]] inline std::optional<Sequences> naive_fasta(std::string_view text) {
  Sequences sequences;
  for (const std::string& line : plain_lines(text)) {
    if (line.starts_with('>')) {
      sequences.emplace_back();
    } else if (are_letters(line)) {
      sequences.back() += line;
    } else {
      return std::nullopt;
    }
  }
  return sequences;
}

[[nodiscard]] inline std::optional<Sequences> naive_fastq(std::string_view text) {
  Sequences sequences;
  std::vector<std::string> lines = plain_lines(text);
  if (text.ends_with('\n')) {
    lines.emplace_back();  // where the qualities of an empty sequence are
  }
  for (std::size_t i = 0; i < lines.size();) {
    if (lines[i].empty()) {
      ++i;
      continue;
    }
    if (lines.size() - i < 4 || lines[i][0] != '@' || !are_letters(lines[i + 1]) ||
        !lines[i + 2].starts_with('+') || lines[i + 3].size() != lines[i + 1].size()) {
      return std::nullopt;
    }
    for (const char c : lines[i + 3]) {
      if (c < '!' || c > '~') {
        return std::nullopt;
      }
    }
    sequences.push_back(lines[i + 1]);
    i += 4;
  }
  return sequences;
}

}  // namespace detail

// Nothing if the text breaks the rules.
[[nodiscard]] inline std::optional<Sequences> naive_sequences(std::string_view text) {
  if (text.empty()) {
    return Sequences();
  }
  return text[0] == '>'   ? detail::naive_fasta(text)
         : text[0] == '@' ? detail::naive_fastq(text)
                          : std::nullopt;
}

// Every run of `length` letters.
[[nodiscard]] inline std::vector<std::string> runs_of(const Sequences& sequences, std::size_t length) {
  std::vector<std::string> runs;
  for (const std::string& sequence : sequences) {
    for (std::size_t i = 0; i + length <= sequence.size(); ++i) {
      runs.push_back(sequence.substr(i, length));
    }
  }
  return runs;
}

inline constexpr std::string_view sequence_letters = "ACGTACGTACGTacgtNn-";

// Empty sequences, empty lines, both ends of lines, headers that look like sequences.
[[nodiscard]] inline std::string random_fasta(Random& random, std::size_t n_records,
                                              std::size_t max_letters) {
  const auto newline = [&] { return std::string(random.below(4) == 0 ? "\r\n" : "\n"); };
  std::string text;
  for (std::size_t i = 0; i < n_records; ++i) {
    text += ">" + random.bytes(random.below(12), random.below(2) == 0 ? "ACGT" : "ab >@+|\t1") + newline();
    const std::size_t width = random.between(1, random.below(3) == 0 ? max_letters + 1 : 10);
    for (std::size_t left = random.below(max_letters + 1); left > 0;) {
      const std::size_t n = std::min(left, width);
      text += random.bytes(n, sequence_letters) + newline();
      left -= n;
      if (random.below(20) == 0) {
        text += newline();
      }
    }
  }
  if (random.below(2) == 0 && !text.empty()) {
    text.resize(text.find_last_not_of("\r\n") + 1);
  }
  return text;
}

// Qualities of all kinds, with many @ and + among them.
[[nodiscard]] inline std::string random_fastq(Random& random, std::size_t n_records,
                                              std::size_t max_letters) {
  const auto newline = [&] { return std::string(random.below(4) == 0 ? "\r\n" : "\n"); };
  std::string text;
  for (std::size_t i = 0; i < n_records; ++i) {
    const std::size_t n = random.below(max_letters + 1);
    text += "@" + random.bytes(random.below(8), "r1 @+") + newline() + random.bytes(n, sequence_letters) +
            newline() + "+" + random.bytes(random.below(3), "r@+") + newline() +
            random.bytes(n, random.below(2) == 0 ? "@+" : "@+I!~5A") +
            (i + 1 < n_records || random.below(2) == 0 ? newline() : std::string(n > 0 ? "" : "\n"));
    if (i > 0 && random.below(10) == 0 && text.ends_with('\n')) {
      text += newline();
    }
  }
  return text;
}

}  // namespace serried::test
