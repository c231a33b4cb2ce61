#include "sort/line_order.hpp"

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>

#include "error_of.hpp"

namespace serried::sort_lines {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;

using Lines = std::vector<std::string>;

Lines sorted(const LineOrderOptions& options, Lines lines) {
  const LineOrder order(options);
  std::ranges::stable_sort(lines, [&](const auto& a, const auto& b) { return order.compare(a, b) < 0; });
  return lines;
}

int sign(int order) { return (order > 0) - (order < 0); }

TEST(LineOrder, WithoutOptionsByBytes) {
  EXPECT_THAT(sorted({}, {"b", "\x80", "a\1", "", "a", std::string("a\0", 2), "B", " a"}),
              ElementsAre("", " a", "B", "a", std::string("a\0", 2), "a\1", "b", "\x80"));
}

TEST(LineOrder, ReverseTurnsLinesToo) {
  EXPECT_THAT(sorted({.reverse = true}, {"a", "", "b"}), ElementsAre("b", "a", ""));
  EXPECT_THAT(sorted({.numeric = true, .reverse = true}, {"1 a", "1 b", "2"}),
              ElementsAre("2", "1 b", "1 a"));
}

TEST(LineOrder, EqualKeysLeaveItToTheLine) {
  const Lines lines = {"x 1 b", "x 1 a", "y 0 c", "x 01 c"};
  EXPECT_THAT(sorted({.keys = {"2n"}}, lines), ElementsAre("y 0 c", "x 01 c", "x 1 a", "x 1 b"));
  EXPECT_THAT(sorted({.keys = {"2n"}, .stable = true}, lines),
              ElementsAre("y 0 c", "x 1 b", "x 1 a", "x 01 c"));
  EXPECT_THAT(sorted({.keys = {"2n"}, .unique = true}, lines),
              ElementsAre("y 0 c", "x 1 b", "x 1 a", "x 01 c"));
}

TEST(LineOrder, AReverseOfAllTurnsTheLastComparisonEvenWhereKeysHaveTheirOwn) {
  const Lines lines = {"a 1", "b 1", "c 2"};
  EXPECT_THAT(sorted({.keys = {"2n"}, .reverse = true}, lines), ElementsAre("b 1", "a 1", "c 2"));
  EXPECT_THAT(sorted({.keys = {"2nr"}}, lines), ElementsAre("c 2", "a 1", "b 1"));
}

TEST(LineOrder, KeysWithoutOptionsTakeThoseOfAll) {
  const Lines lines = {"10 b", "9  a", "9 b"};
  EXPECT_THAT(sorted({.keys = {"1,1", "2"}, .numeric = true, .stable = true}, lines),
              ElementsAre("9  a", "9 b", "10 b"));
  EXPECT_THAT(sorted({.keys = {"1,1r"}, .numeric = true}, lines), ElementsAre("9  a", "9 b", "10 b"))
      << "by bytes, from the last to the first: r is an option of its own, so that n does not hold";
  EXPECT_THAT(sorted({.keys = {"2"}, .ignore_leading_blanks = true}, lines),
              ElementsAre("9  a", "10 b", "9 b"));
}

TEST(LineOrder, LaterKeysDecideWhereEarlierOnesAreEqual) {
  EXPECT_THAT(sorted({.keys = {"2,2", "1,1nr"}, .separator = ':'}, {"1:b", "10:a", "2:a", "3", "9:a"}),
              ElementsAre("3", "10:a", "9:a", "2:a", "1:b"));
}

TEST(LineOrder, ACompletelyComparedLineNeedsNoMoreKeys) {
  EXPECT_TRUE(LineOrder({}).is_plain());
  EXPECT_TRUE(LineOrder({.unique = true, .stable = true}).is_plain());
  EXPECT_TRUE(LineOrder({.keys = {"1", "2n"}, .separator = ':'}).is_plain());
  EXPECT_TRUE(LineOrder({.keys = {"1,2b"}}).compare("a b c", "a b d") < 0);
  for (const char* key : {"1n", "1r", "1b", "1.2", "1,1", "2"}) {
    EXPECT_FALSE(LineOrder({.keys = {key}}).is_plain()) << key;
  }
  EXPECT_FALSE(LineOrder({.numeric = true}).is_plain());
  EXPECT_FALSE(LineOrder({.reverse = true}).is_plain());
  EXPECT_FALSE(LineOrder({.ignore_leading_blanks = true}).is_plain());
  EXPECT_FALSE(LineOrder({.keys = {"1"}, .reverse = true}).is_plain()) << "the key takes r";
  EXPECT_THAT(sorted({.keys = {"2,2", "1r", "1n"}, .stable = true}, {"1 a", "2 a", "10 a"}),
              ElementsAre("2 a", "10 a", "1 a"));
}

TEST(LineOrder, EqualKeysAreThoseThatUniqueDrops) {
  EXPECT_FALSE(LineOrder({}).equal_keys("a", "A"));
  EXPECT_TRUE(LineOrder({}).equal_keys("a", "a"));
  EXPECT_TRUE(LineOrder({.numeric = true}).equal_keys("1 x", "01.0"));
  EXPECT_TRUE(LineOrder({.ignore_leading_blanks = true}).equal_keys(" \ta", "a"));
  EXPECT_TRUE(LineOrder({.keys = {"2,2n"}}).equal_keys("a 1", "b 1 c"));
  EXPECT_FALSE(LineOrder({.keys = {"2,2n", "1"}}).equal_keys("a 1", "b 1"));
}

TEST(LineOrder, APrefixHasEightBytesOrSeventeenDigits) {
  EXPECT_EQ(LineOrder({}).prefix("abcdefghi"), 0x6162636465666768U);
  EXPECT_EQ(LineOrder({}).prefix("abc"), 0x6162630000000000U);
  EXPECT_EQ(LineOrder({}).prefix(""), 0U);
  EXPECT_EQ(LineOrder({}).prefix("a\0"sv), LineOrder({}).prefix("a"));
  EXPECT_EQ(LineOrder({.reverse = true}).prefix("abc"), ~0x6162630000000000U);
  const LineOrder by_number({.keys = {"2nr"}, .separator = ','});
  EXPECT_LT(by_number.prefix("a,12345678901234568"), by_number.prefix("b,12345678901234567"));
}

TEST(LineOrder, PrefixesOfEveryLengthKeepTheOrderOfBytes) {
  const LineOrder order({});
  const std::string bytes =
      "\x01\x80\x7f\xff"
      "a\x02 zq";
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const std::string_view text = std::string_view(bytes).substr(0, n);
    for (std::size_t i = 0; i < n; ++i) {
      std::string larger(text);
      ++larger[i];  // \xff becomes \0: smaller
      const int wanted = text[i] == '\xff' ? 1 : -1;
      EXPECT_EQ(sign(order.compare(text, larger)), wanted);
      if (i < 8) {
        EXPECT_EQ(order.prefix(text) < order.prefix(larger), wanted < 0) << n << " " << i;
        EXPECT_NE(order.prefix(text), order.prefix(larger));
      }
    }
  }
}

// compare() is an order, prefix() never contradicts it, equal_keys() goes with it.
TEST(LineOrder, HoldsTogetherOnRandomLinesWithAnyOptions) {
  std::mt19937 random(20);
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::string_view alphabet = "ab01.-  \t:\0\xff"sv;
  const std::vector<std::string> some_keys = {"1",    "1,1", "2",  "2,2n", "1.2,2.1b",
                                              "2bnr", "3,3", "1r", "2,1",  "1.3n"};
  for (int round = 0; round < 300; ++round) {
    LineOrderOptions options{.numeric = below(2) == 0,
                             .reverse = below(2) == 0,
                             .unique = below(3) == 0,
                             .stable = below(3) == 0,
                             .ignore_leading_blanks = below(3) == 0};
    for (std::size_t n_keys = below(4); n_keys > 0; --n_keys) {
      options.keys.push_back(some_keys[below(some_keys.size())]);
    }
    if (below(2) == 0) {
      options.separator = alphabet[below(alphabet.size())];
    }
    const LineOrder order(options);
    Lines lines(20);
    for (std::string& line : lines) {
      for (std::size_t n = below(8); n > 0; --n) {
        line += alphabet[below(alphabet.size())];
      }
    }
    for (const std::string& a : lines) {
      for (const std::string& b : lines) {
        const int wanted = sign(order.compare(a, b));
        ASSERT_EQ(sign(order.compare(b, a)), -wanted);
        if (order.prefix(a) != order.prefix(b)) {
          ASSERT_EQ(wanted, order.prefix(a) < order.prefix(b) ? -1 : 1);
        }
        if (order.equal_keys(a, b)) {
          ASSERT_EQ(order.prefix(a), order.prefix(b));
        } else {
          ASSERT_NE(wanted, 0);
        }
        if (order.is_plain()) {
          ASSERT_EQ(wanted, sign(a.compare(b)));
        }
        for (const std::string& c : lines) {
          if (wanted <= 0 && order.compare(b, c) <= 0) {
            ASSERT_LE(order.compare(a, c), 0);
          }
        }
      }
    }
  }
}

TEST(LineOrder, AnImpossibleKeyIsAUsageError) {
  const Error error = test::error_of([] { LineOrder({.keys = {"1", "0"}}); });
  EXPECT_EQ(error.problem(), "\"-k 0\": fields are counted from 1");
  EXPECT_EQ(error.exit_code(), ExitCode::usage);
}

}  // namespace
}  // namespace serried::sort_lines
