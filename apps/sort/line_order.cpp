#include "line_order.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "decimal.hpp"

namespace serried::sort_lines {

namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte of a text must count most");

template <class Word>
std::uint64_t load(const char* p) noexcept {
  Word word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// The first eight bytes as a number, the first byte counting most; NULs follow a shorter text.
std::uint64_t text_code(std::string_view text) noexcept {
  const char* const p = text.data();
  const std::size_t n = text.size();
  std::uint64_t bytes = 0;  // the first one lowest
  if (n >= 8) {
    bytes = load<std::uint64_t>(p);
  } else if (n >= 4) {  // words that overlap are equal where they do
    bytes = load<std::uint32_t>(p) | load<std::uint32_t>(p + n - 4) << 8 * (n - 4);
  } else if (n >= 2) {
    bytes = load<std::uint16_t>(p) | load<std::uint16_t>(p + n - 2) << 8 * (n - 2);
  } else if (n == 1) {
    bytes = load<std::uint8_t>(p);
  }
  return __builtin_bswap64(bytes);
}

SortKey with_options_of(const LineOrderOptions& options, SortKey key) {
  if (key.has_no_options()) {
    key.skips_blanks_before_first_character = options.ignore_leading_blanks;
    key.skips_blanks_before_last_characters = options.ignore_leading_blanks;
    key.is_numeric = options.numeric;
    key.is_reversed = options.reverse;
  }
  return key;
}

}  // namespace

LineOrder::LineOrder(const LineOrderOptions& options) : separator_(options.separator) {
  for (const std::string& key : options.keys) {
    keys_.push_back(with_options_of(options, parse_sort_key(key)));
  }
  if (keys_.empty()) {
    keys_.push_back(with_options_of(options, {}));
  }
  is_reversed_ = options.reverse;
  // Lines that are equal as a whole are so in all keys that follow.
  const auto whole = std::find_if(keys_.begin(), keys_.end(),
                                  [](const SortKey& key) { return key.is_whole_line() && !key.is_numeric; });
  is_line_a_key_ = whole != keys_.end();
  if (is_line_a_key_) {
    is_reversed_ = whole->is_reversed;
    keys_.erase(whole, keys_.end());
  }
  compares_lines_ = is_line_a_key_ || !(options.stable || options.unique);
}

std::uint64_t LineOrder::prefix(std::string_view line) const noexcept {
  if (keys_.empty()) {
    const std::uint64_t code = text_code(line);
    return is_reversed_ ? ~code : code;
  }
  const SortKey& key = keys_.front();
  const std::string_view part = key.part_of(line, separator_);
  const std::uint64_t code = key.is_numeric ? decimal_code(part) : text_code(part);
  return key.is_reversed ? ~code : code;
}

int LineOrder::compare(std::string_view a, std::string_view b) const noexcept {
  const int order = compare_keys(a, b);
  return order != 0 || !compares_lines_ ? order : compare_lines(a, b);
}

bool LineOrder::equal_keys(std::string_view a, std::string_view b) const noexcept {
  return (!is_line_a_key_ || a == b) && compare_keys(a, b) == 0;
}

int LineOrder::compare_keys(std::string_view a, std::string_view b) const noexcept {
  for (const SortKey& key : keys_) {
    const int order = key.compare(key.part_of(a, separator_), key.part_of(b, separator_));
    if (order != 0) {
      return order;
    }
  }
  return 0;
}

int LineOrder::compare_lines(std::string_view a, std::string_view b) const noexcept {
  return is_reversed_ ? b.compare(a) : a.compare(b);
}

}  // namespace serried::sort_lines
