/// One `-k POS1[,POS2]`: which part of a line is compared, and how.
///
///     const SortKey key = parse_sort_key("2.3nr,2");
///     const std::string_view part = key.part_of("a bcde f", std::nullopt);   // "cde"
///
/// A field ends where a separator stands. Without a separator it ends before the blanks that begin the next
/// field, which are part of that one.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace serried::sort_lines {

struct SortKey {
  static constexpr std::size_t to_the_end = std::numeric_limits<std::size_t>::max();

  std::size_t first_field = 0;          ///< from 0
  std::size_t first_character = 0;      ///< from 0; beyond the field it goes on in the next ones
  std::size_t last_field = to_the_end;  ///< from 0; to_the_end: the part ends with the line
  std::size_t n_last_characters = 0;    ///< of the last field; 0: all of it
  bool skips_blanks_before_first_character = false;
  bool skips_blanks_before_last_characters = false;
  bool is_numeric = false;
  bool is_reversed = false;

  /// Whether it says nothing of how to compare, so that it takes over what is said for all keys.
  [[nodiscard]] bool has_no_options() const noexcept {
    return !skips_blanks_before_first_character && !skips_blanks_before_last_characters && !is_numeric &&
           !is_reversed;
  }

  /// Whether part_of() is the line, whatever the line.
  [[nodiscard]] bool is_whole_line() const noexcept {
    return first_field == 0 && first_character == 0 && last_field == to_the_end &&
           !skips_blanks_before_first_character;
  }

  /// Empty, somewhere in the line or at its end, if there is no such part.
  [[nodiscard]] std::string_view part_of(std::string_view line, std::optional<char> separator) const noexcept;

  /// Less than, equal to or greater than 0, as part `a` sorts before, with or after `b`.
  [[nodiscard]] int compare(std::string_view a, std::string_view b) const noexcept;
};

/// `text` is what follows -k: F[.C][OPTIONS][,F[.C][OPTIONS]], with the options b, n and r.
/// Throws a usage error that quotes it.
[[nodiscard]] SortKey parse_sort_key(const std::string& text);

/// `text` is what follows -t: one byte, or \0 for NUL. Throws a usage error otherwise.
[[nodiscard]] char parse_separator(const std::string& text);

}  // namespace serried::sort_lines
