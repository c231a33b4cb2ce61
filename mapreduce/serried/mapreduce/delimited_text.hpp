/// How records and fields lie in delimited text: the one parser that the reader and the feed of delimited.hpp share.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace serried::mapreduce {

/// What quotes mean.
enum class Quoting : std::uint8_t {
  none,          ///< nothing: they are bytes as any other
  within_lines,  ///< a field in quotes may hold delimiters and doubled quotes, but no line ends
  across_lines,  ///< ... and line ends
};

/// The positions of delimiters, line ends and quotes in a text, in order, 64 bytes at a time.
class SpecialBytes {
 public:
  SpecialBytes(std::string_view text, char delimiter, Quoting quoting)
      : text_(text), delimiter_(delimiter), quote_(quoting == Quoting::none ? '\n' : '"') {}

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// The text's size after the last one.
  [[nodiscard]] std::size_t next() noexcept {
    while (mask_ == 0) {
      if (loaded_ >= text_.size()) {
        return text_.size();
      }
      load();
    }
    const auto bit = static_cast<std::size_t>(std::countr_zero(mask_));
    mask_ &= mask_ - 1;
    return loaded_ - 64 + bit;
  }

 private:
  void load() noexcept {
    if (text_.size() - loaded_ >= 64) {
      mask_ = mask_of(text_.data() + loaded_);
    } else {
      char rest[64] = {};
      const std::size_t n = text_.size() - loaded_;
      std::memcpy(rest, text_.data() + loaded_, n);
      mask_ = mask_of(rest) & ((std::uint64_t{1} << n) - 1);
    }
    loaded_ += 64;
  }

  [[nodiscard]] std::uint64_t mask_of(const char* data) const noexcept {
    std::uint64_t mask = 0;
#if defined(__SSE2__)
    const __m128i delimiters = _mm_set1_epi8(delimiter_);
    const __m128i newlines = _mm_set1_epi8('\n');
    const __m128i quotes = _mm_set1_epi8(quote_);
    for (int i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + i);
      const __m128i found =
          _mm_or_si128(_mm_cmpeq_epi8(bytes, quotes),
                       _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters), _mm_cmpeq_epi8(bytes, newlines)));
      mask |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(found))) << (16 * i);
    }
#else
    for (int i = 0; i < 64; ++i) {
      const bool is_special = data[i] == delimiter_ || data[i] == '\n' || data[i] == quote_;
      mask |= static_cast<std::uint64_t>(is_special) << i;
    }
#endif
    return mask;
  }

  std::string_view text_;
  std::uint64_t mask_ = 0;
  std::size_t loaded_ = 0;
  char delimiter_;
  char quote_;
};

/// A field, without its quotes.
struct FieldPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool has_doubled = false;  ///< two quotes stand for one
};

struct RecordPlace {
  std::size_t end = 0;  ///< where the next record begins; 0: the text ends before this one does
  std::size_t n_columns = 0;
  bool is_blank = false;        ///< a line without a byte: no record
  const char* fault = nullptr;  ///< what is against the rules, if anything
  std::size_t fault_at = 0;
};

namespace detail {

struct QuotedField {
  FieldPlace field;
  std::size_t stop = 0;  // the delimiter or the line end behind it, or the end of the text
  bool is_open = false;  // more text could change what it is
  const char* fault = nullptr;
  std::size_t fault_at = 0;
};

// A field whose opening quote, at `open`, `special` has just passed.
inline QuotedField scan_quoted(SpecialBytes& special, std::size_t open, Quoting quoting) {
  const std::string_view text = special.text();
  QuotedField found{.field = {.begin = open + 1}};
  for (;;) {
    const std::size_t at = special.next();
    if (at == text.size()) {
      found.is_open = true;
      found.fault = "a field in quotes has no end";
      found.fault_at = open;
      return found;
    }
    if (text[at] == '\n' && quoting == Quoting::within_lines) {
      found.fault = "a line ends inside quotes";
      found.fault_at = at;
      return found;
    }
    if (text[at] != '"') {
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == '"') {
      (void)special.next();
      found.field.has_doubled = true;
      continue;
    }
    found.field.end = at;
    found.stop = special.next();
    const std::string_view between = text.substr(at + 1, found.stop - at - 1);
    const bool ends_line = found.stop == text.size() || text[found.stop] == '\n';
    found.is_open = found.stop == text.size() && (between.empty() || between == "\r");
    if (!between.empty() && !(between == "\r" && ends_line)) {
      found.fault = "something stands between a quote that ends a field and the next delimiter";
      found.fault_at = at + 1;
    }
    return found;
  }
}

}  // namespace detail

/// The record that begins at `begin`, up to which `special` has come; calls `on_field(const FieldPlace&)` for each field.
/// `is_last`: nothing follows the text.
template <class OnField>
RecordPlace scan_record(SpecialBytes& special, std::size_t begin, Quoting quoting, bool is_last,
                        OnField&& on_field) {
  const std::string_view text = special.text();
  RecordPlace record;
  for (std::size_t at = begin;;) {
    FieldPlace field{.begin = at};
    std::size_t stop = special.next();
    bool is_quoted = false;
    if (quoting != Quoting::none && stop < text.size() && text[stop] == '"') {
      detail::QuotedField quoted;
      if (stop == at) {
        quoted = detail::scan_quoted(special, at, quoting);
      } else {
        quoted.fault = "a quote in a field that does not begin with one";
        quoted.fault_at = stop;
      }
      if (quoted.is_open && !is_last) {
        return record;
      }
      if (quoted.fault != nullptr) {
        record.fault = quoted.fault;
        record.fault_at = quoted.fault_at;
        return record;
      }
      field = quoted.field;
      stop = quoted.stop;
      is_quoted = true;
    } else if (stop == text.size() && !is_last) {
      return record;
    }
    const bool ends_record = stop == text.size() || text[stop] == '\n';
    if (!is_quoted) {
      field.end = stop - static_cast<std::size_t>(ends_record && stop > at && text[stop - 1] == '\r');
    }
    ++record.n_columns;
    on_field(static_cast<const FieldPlace&>(field));
    if (ends_record) {
      record.end = stop < text.size() ? stop + 1 : stop;
      record.is_blank = record.n_columns == 1 && field.end == begin;
      return record;
    }
    at = stop + 1;
  }
}

}  // namespace serried::mapreduce
