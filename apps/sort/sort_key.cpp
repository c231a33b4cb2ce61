#include "sort_key.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <serried/base/error.hpp>

#include "decimal.hpp"

namespace serried::sort_lines {

namespace {

// ---- parts of lines

const char* skip_blanks(const char* p, const char* end) noexcept {
  while (p != end && is_blank(*p)) {
    ++p;
  }
  return p;
}

const char* advance(const char* p, const char* end, std::size_t n) noexcept {
  return p + std::min(n, static_cast<std::size_t>(end - p));
}

// The end of the field that begins at `p`.
const char* field_end(const char* p, const char* end, std::optional<char> separator) noexcept {
  if (separator) {
    const void* const found =
        p == end ? nullptr : std::memchr(p, *separator, static_cast<std::size_t>(end - p));
    return found == nullptr ? end : static_cast<const char*>(found);
  }
  p = skip_blanks(p, end);
  while (p != end && !is_blank(*p)) {
    ++p;
  }
  return p;
}

// The beginning of the field that comes `n` fields after the one at `p`; `end` if there are not so many.
const char* skip_fields(const char* p, const char* end, std::size_t n,
                        std::optional<char> separator) noexcept {
  for (; n > 0 && p != end; --n) {
    p = field_end(p, end, separator);
    if (separator && p != end) {
      ++p;
    }
  }
  return p;
}

// ---- what the user wrote

class KeyParser {
 public:
  explicit KeyParser(const std::string& text) : text_(text) {}

  SortKey parse() {
    SortKey key;
    key.first_field = field();
    if (take('.')) {
      key.first_character = number("a character's number");
      if (key.first_character == 0) {
        fail("characters are counted from 1");
      }
      --key.first_character;
    }
    options(key, key.skips_blanks_before_first_character);
    if (take(',')) {
      key.last_field = field();
      if (take('.')) {
        key.n_last_characters = number("a character's number");
      }
      options(key, key.skips_blanks_before_last_characters);
    }
    if (at_ < text_.size()) {
      fail(
          fmt::format("\"{}\" does not belong there; a key is FIELD[.CHARACTER][OPTIONS], or two of them "
                      "with a comma",
                      text_.substr(at_)));
    }
    return key;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw usage_error(fmt::format("\"-k {}\": {}", text_, why));
  }

  bool take(char c) {
    const bool is_there = at_ < text_.size() && text_[at_] == c;
    at_ += is_there ? 1 : 0;
    return is_there;
  }

  // Numbers that no line reaches are all the same.
  std::size_t number(const char* what) {
    std::size_t value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error == std::errc::invalid_argument) {
      const std::string where = at_ == 0 ? "" : fmt::format(" after \"{}\"", text_.substr(0, at_));
      fail(fmt::format("{} is missing{}", what, where));
    }
    at_ += static_cast<std::size_t>(end - begin);
    return error == std::errc::result_out_of_range ? SortKey::to_the_end - 1 : value;
  }

  std::size_t field() {
    const std::size_t value = number("a field's number");
    if (value == 0) {
      fail("fields are counted from 1");
    }
    return value - 1;
  }

  void options(SortKey& key, bool& skips_blanks) {
    for (; at_ < text_.size(); ++at_) {
      const char option = text_[at_];
      if (option == 'b') {
        skips_blanks = true;
      } else if (option == 'n') {
        key.is_numeric = true;
      } else if (option == 'r') {
        key.is_reversed = true;
      } else if (std::string_view("dfghiMRV").find(option) != std::string_view::npos) {
        fail(fmt::format("the option {} is not supported; there are b, n and r", option));
      } else {
        return;
      }
    }
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view SortKey::part_of(std::string_view line, std::optional<char> separator) const noexcept {
  const char* const line_begin = line.data();
  const char* const line_end = line_begin + line.size();
  const char* const first = skip_fields(line_begin, line_end, first_field, separator);

  const char* begin = first;
  if (skips_blanks_before_first_character) {
    begin = skip_blanks(begin, line_end);
  }
  begin = advance(begin, line_end, first_character);

  const char* end = line_end;
  if (last_field != to_the_end) {
    const char* const last = last_field >= first_field
                                 ? skip_fields(first, line_end, last_field - first_field, separator)
                                 : skip_fields(line_begin, line_end, last_field, separator);
    if (n_last_characters == 0) {
      end = field_end(last, line_end, separator);
    } else {
      end = skips_blanks_before_last_characters ? skip_blanks(last, line_end) : last;
      end = advance(end, line_end, n_last_characters);
    }
  }
  return {begin, end > begin ? static_cast<std::size_t>(end - begin) : 0};
}

int SortKey::compare(std::string_view a, std::string_view b) const noexcept {
  if (is_reversed) {
    std::swap(a, b);
  }
  return is_numeric ? compare_decimals(a, b) : a.compare(b);
}

SortKey parse_sort_key(const std::string& text) { return KeyParser(text).parse(); }

char parse_separator(const std::string& text) {
  if (text == "\\0") {
    return '\0';
  }
  if (text.size() != 1) {
    throw usage_error(fmt::format("\"-t {}\": a separator is one byte, or \\0 for NUL", text));
  }
  return text.front();
}

}  // namespace serried::sort_lines
