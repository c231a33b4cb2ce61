/// Text as records: what separates lines and words, and the fast way through a block of them.
///
///     for (std::string_view word : mr::words(line)) …
///
/// Words are maximal runs of bytes other than space, \t, \n, \v, \f and \r: no locale, no Unicode, any other
/// byte is part of a word, also NUL. Lines end with \n; a \r before it belongs to the line.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace serried::mapreduce {

/// What may end a record: the places where a text can be cut. Both end at \n.
enum class Separator : std::uint8_t { newline, white_space };

[[nodiscard]] constexpr bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

template <Separator separator>
[[nodiscard]] constexpr bool is_separator(char c) noexcept {
  return separator == Separator::newline ? c == '\n' : is_space(c);
}

namespace detail {

/// Bit i is set if byte i of the 64 at `data` is white space.
inline std::uint64_t space_mask_64(const char* data) noexcept {
  std::uint64_t mask = 0;
#if defined(__SSE2__)
  const __m128i space = _mm_set1_epi8(' ');
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i last = _mm_set1_epi8('\r' - '\t');
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + i);
    const __m128i from_tab = _mm_sub_epi8(bytes, tab);
    const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(from_tab, last), from_tab);
    const __m128i is_white = _mm_or_si128(_mm_cmpeq_epi8(bytes, space), is_control);
    mask |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(is_white))) << (16 * i);
  }
#else
  for (int i = 0; i < 64; ++i) {
    mask |= static_cast<std::uint64_t>(is_space(data[i])) << i;
  }
#endif
  return mask;
}

}  // namespace detail

/// Calls `visit(std::string_view)` for each word of `text`, in order.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  const char* const data = text.data();
  std::size_t begin = 0;        // of the word that is open
  std::uint64_t was_space = 1;  // the byte before the current 64: all is white before the text
  for (std::size_t at = 0; at < text.size(); at += 64) {
    std::uint64_t space;
    if (text.size() - at >= 64) {
      space = detail::space_mask_64(data + at);
    } else {
      char rest[64];
      std::memset(rest, ' ', sizeof rest);
      std::memcpy(rest, data + at, text.size() - at);
      space = detail::space_mask_64(rest);
    }
    // A bit where white space begins or ends: words begin and end there in turn.
    for (std::uint64_t edges = space ^ (space << 1 | was_space); edges != 0; edges &= edges - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(edges));
      if ((space >> bit & 1) != 0) {
        visit(text.substr(begin, at + bit - begin));
      } else {
        begin = at + bit;
      }
    }
    was_space = space >> 63;
  }
  if (was_space == 0) {
    visit(text.substr(begin));
  }
}

/// Calls `visit(std::string_view)` for each line of `text`, without its \n; a last line may lack it.
template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const void* found = std::memchr(text.data(), '\n', text.size());
    if (found == nullptr) {
      visit(text);
      return;
    }
    const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    visit(text.substr(0, length));
    text.remove_prefix(length + 1);
  }
}

/// The words of a text as a range of std::string_view.
class Words {
 public:
  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { ++*this; }
    std::string_view operator*() const { return word_; }
    Iterator& operator++() {
      const char* next = rest_.data();
      const char* const end = next + rest_.size();
      while (next != end && is_space(*next)) {
        ++next;
      }
      const char* const begin = next;
      while (next != end && !is_space(*next)) {
        ++next;
      }
      word_ = std::string_view(begin, static_cast<std::size_t>(next - begin));
      rest_ = std::string_view(next, static_cast<std::size_t>(end - next));
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.word_.empty(); }

   private:
    std::string_view rest_;
    std::string_view word_;  // empty at the end only
  };

  explicit Words(std::string_view text) : text_(text) {}
  [[nodiscard]] Iterator begin() const { return Iterator(text_); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  std::string_view text_;
};

/// The words of `text`, in order, for a range-based for loop. For long texts for_each_word is faster.
[[nodiscard]] inline Words words(std::string_view text) { return Words(text); }

/// A to Z become a to z; every other byte stays.
inline void fold_case(char* data, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    const char c = data[i];
    data[i] = static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
  }
}

}  // namespace serried::mapreduce
