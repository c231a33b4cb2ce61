/// The order of lines of text that GNU sort gives them with LC_ALL=C, for its options -k, -t, -b, -n, -r, -s
/// and -u.
///
///     const LineOrder order({.keys = {"2,2n"}, .separator = '\t'});
///     order.compare("b\t7", "a\t10");                      // < 0: 7 is less than 10
///     order.prefix("b\t7") < order.prefix("a\t10");        // true, and faster: compare() only where they are equal
///
/// Lines come without their newline and may hold any bytes. Nothing here allocates after the constructor, and
/// one LineOrder serves any number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sort_key.hpp"

namespace serried::sort_lines {

struct LineOrderOptions {
  std::vector<std::string> keys = {};  ///< -k, the most significant first
  std::optional<char> separator = {};  ///< -t; without it blanks begin a field
  bool numeric = false;  ///< -n; -n, -b and -r hold for keys that have no options, or for the line
  bool reverse = false;  ///< -r; also where keys leave the order to the whole lines
  bool unique = false;   ///< -u: of lines with equal keys the first one
  bool stable = false;   ///< -s: lines with equal keys stay as they came
  bool ignore_leading_blanks = false;  ///< -b
};

class LineOrder {
 public:
  /// Throws a usage error that quotes the key that makes no sense.
  explicit LineOrder(const LineOrderOptions& options);

  /// A number that sorts as lines do, as far as it goes: if prefix(a) < prefix(b) then compare(a, b) < 0.
  /// Equal prefixes say nothing. It is the first key's first eight bytes, or its number's decimal_code().
  [[nodiscard]] std::uint64_t prefix(std::string_view line) const noexcept;

  /// Less than, equal to or greater than 0, as `a` comes before, with or after `b`. 0: they stay in the order
  /// in which they were read. Without -s and -u that is so for identical lines only.
  [[nodiscard]] int compare(std::string_view a, std::string_view b) const noexcept;

  /// Whether -u keeps only the first of them. Then they are neighbours in a sorted sequence.
  [[nodiscard]] bool equal_keys(std::string_view a, std::string_view b) const noexcept;

  /// Whether compare() is that of the bytes of the lines, whatever else was asked for.
  [[nodiscard]] bool is_plain() const noexcept { return keys_.empty() && !is_reversed_; }

 private:
  [[nodiscard]] int compare_keys(std::string_view a, std::string_view b) const noexcept;
  [[nodiscard]] int compare_lines(std::string_view a, std::string_view b) const noexcept;

  std::vector<SortKey> keys_;  // before the whole line is compared
  std::optional<char> separator_;
  bool is_line_a_key_ = false;   // after keys_
  bool compares_lines_ = false;  // if keys_ are equal
  bool is_reversed_ = false;     // when lines are compared
};

}  // namespace serried::sort_lines
