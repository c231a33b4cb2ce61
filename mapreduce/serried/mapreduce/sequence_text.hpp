/// What the lines of FASTA and FASTQ files may hold, and the error for those that hold something else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <serried/base/error.hpp>

namespace serried::mapreduce {

/// A file that breaks the rules of its format; with the offset of what does.
class MalformedSequences : public Error {
 public:
  explicit MalformedSequences(Error error) : Error(std::move(error)) {}
};

/// Letters of either case, and * - . for stops, gaps and unknowns.
[[nodiscard]] constexpr bool is_sequence_letter(char c) noexcept {
  const auto from_a = static_cast<unsigned char>((static_cast<unsigned char>(c) | 0x20) - 'a');
  return (static_cast<unsigned>(from_a < 26) | static_cast<unsigned>(c == '*') |
          static_cast<unsigned>(c == '-') | static_cast<unsigned>(c == '.')) != 0;
}
/// Qualities are printable: ! to ~.
[[nodiscard]] constexpr bool is_quality(char c) noexcept {
  return static_cast<unsigned char>(c - '!') <= '~' - '!';
}

/// Position of the first byte for which `is_good` is false; the size of `text` if there is none.
template <class IsGood>
[[nodiscard]] std::size_t first_bad(std::string_view text, const IsGood& is_good) noexcept {
  bool all_good = true;
  for (const char c : text) {  // without a way out: compilers make vectors of it
    all_good &= is_good(c);
  }
  return all_good ? text.size()
                  : static_cast<std::size_t>(std::ranges::find_if_not(text, is_good) - text.begin());
}

/// A line without the \r before its \n.
[[nodiscard]] inline std::string_view without_return(std::string_view line) noexcept {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace serried::mapreduce
