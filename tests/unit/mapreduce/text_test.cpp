#include <algorithm>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/text.hpp>

#include "naive_text.hpp"
#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::bytes_of;
using test::naive_lines;
using test::naive_words;
using test::Random;

using Strings = std::vector<std::string>;

// In memory that ends where the text ends, so that a sanitizer sees a read beyond it.
template <class Collect>
Strings collected(std::string_view text, Collect collect) {
  const std::vector<char> exact(text.begin(), text.end());
  Strings result;
  collect(std::string_view(exact.data(), exact.size()),
          [&](std::string_view record) { result.emplace_back(record); });
  return result;
}
Strings words_by_visit(std::string_view text) {
  return collected(text, [](std::string_view t, auto&& visit) { for_each_word(t, visit); });
}
Strings words_by_range(std::string_view text) {
  return collected(text, [](std::string_view t, auto&& visit) {
    for (const std::string_view word : words(t)) {
      visit(word);
    }
  });
}
Strings lines(std::string_view text) {
  return collected(text, [](std::string_view t, auto&& visit) { for_each_line(t, visit); });
}

void expect_as_naive(std::string_view text) {
  const Strings expected = bytes_of(naive_words(text));
  ASSERT_EQ(words_by_visit(text), expected) << testing::PrintToString(text);
  ASSERT_EQ(words_by_range(text), expected) << testing::PrintToString(text);
  ASSERT_EQ(lines(text), bytes_of(naive_lines(text))) << testing::PrintToString(text);
}

TEST(Text, TheSixKindsOfWhiteSpace) {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool expected = c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
    EXPECT_EQ(is_space(c), expected) << i;
    EXPECT_EQ(is_separator<Separator::white_space>(c), expected) << i;
    EXPECT_EQ(is_separator<Separator::newline>(c), c == '\n') << i;
  }
}

TEST(Text, EveryByteAtEveryPlaceOfABlock) {
  for (int i = 0; i < 256; ++i) {
    for (std::size_t at = 0; at < 130; ++at) {
      std::string text(130, 'x');
      text[at] = static_cast<char>(i);
      expect_as_naive(text);
    }
  }
}

TEST(Text, Words) {
  EXPECT_EQ(words_by_visit(""), Strings{});
  EXPECT_EQ(words_by_visit(" \t\r\n\v\f"), Strings{});
  EXPECT_EQ(words_by_visit("one"), Strings{"one"});
  EXPECT_EQ(words_by_visit(" one  two\n"), (Strings{"one", "two"}));
  EXPECT_EQ(words_by_visit("a\0b\0 \xff\xfe"sv), (Strings{"a\0b\0"s, "\xff\xfe"}))
      << "no locale, no Unicode, no NUL-terminated strings";
  EXPECT_EQ(words_by_visit("na\xc3\xafve\xc2\xa0yes"), Strings{"na\xc3\xafve\xc2\xa0yes"})
      << "a no-break space is no white space";
}

TEST(Text, Lines) {
  EXPECT_EQ(lines(""), Strings{});
  EXPECT_EQ(lines("\n"), Strings{""});
  EXPECT_EQ(lines("\n\na"), (Strings{"", "", "a"}));
  EXPECT_EQ(lines("a\nb\n"), (Strings{"a", "b"})) << "no empty line after the last \\n";
  EXPECT_EQ(lines("a\r\nb\r"), (Strings{"a\r", "b\r"})) << "\\r belongs to the line";
  EXPECT_EQ(lines("a\0\n\0"sv), (Strings{"a\0"s, "\0"s}));
}

TEST(Text, RandomBytesAsTheNaiveWay) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  const std::string_view alphabets[] = {
      "",                                             // all bytes
      "a ",                                           // white space every other byte
      "abcdefghijklmnopqrstuvwxyz ",                  // as in text
      " \t\n\v\f\r\0\xff\x08\x0e\x1f\x21\x85\xa0"sv,  // white space and its neighbours
      "\n",
      "x"};
  for (const std::string_view alphabet : alphabets) {
    for (std::size_t size = 0; size <= 260; ++size) {
      ASSERT_NO_FATAL_FAILURE(expect_as_naive(random.bytes(size, alphabet)));
    }
  }
}

// Parsers that are given what nobody thought of: pieces of texts, changed at random.
TEST(Text, MutatedBytesAsTheNaiveWay) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed() + 1);
  std::string text = random.bytes(300, "ab c\n");
  for (int round = 0; round < 20'000; ++round) {
    switch (random.below(4)) {
      case 0:
        if (!text.empty()) text[random.below(text.size())] = static_cast<char>(random.bits());
        break;
      case 1:
        if (!text.empty()) text.erase(random.below(text.size()), random.below(70));
        break;
      case 2:
        text.insert(random.below(text.size() + 1), random.bytes(random.below(70), " \nx"));
        break;
      default:
        text.insert(random.below(text.size() + 1), random.below(70), static_cast<char>(random.bits()));
    }
    text.resize(std::min<std::size_t>(text.size(), 700));
    ASSERT_NO_FATAL_FAILURE(expect_as_naive(text));
  }
}

TEST(Text, WordsAreARange) {
  static_assert(std::input_iterator<Words::Iterator>);
  static_assert(std::ranges::input_range<Words>);
  const Words two = words("one two");
  EXPECT_EQ(std::ranges::distance(two.begin(), two.end()), 2);
  auto next = two.begin();
  EXPECT_EQ(*next++, "one");
  EXPECT_EQ(*next, "two");
  EXPECT_FALSE(next == two.end());
  EXPECT_TRUE(++next == two.end());
  EXPECT_TRUE(words("").begin() == std::default_sentinel);
  EXPECT_TRUE(words({}).begin() == std::default_sentinel) << "a view that points to nothing";
}

TEST(Text, WordsAreWhereTheyWere) {
  const std::string_view text = "  one two ";
  for_each_word(text, [&](std::string_view word) {
    EXPECT_GE(word.data(), text.data());
    EXPECT_LE(word.data() + word.size(), text.data() + text.size());
  });
}

TEST(Text, FoldCaseChangesTwentySixBytes) {
  std::string all(256, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<char>(i);
  }
  std::string folded = all;
  fold_case(folded.data(), folded.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_upper = all[i] >= 'A' && all[i] <= 'Z';
    EXPECT_EQ(folded[i], is_upper ? static_cast<char>(all[i] - 'A' + 'a') : all[i]) << i;
  }
  fold_case(nullptr, 0);
  std::string text = "ABC";
  fold_case(text.data(), 2);
  EXPECT_EQ(text, "abC") << "not beyond the size";
}

}  // namespace
}  // namespace serried::mapreduce
