#include "sort/sort_key.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>

#include "error_of.hpp"

namespace serried::sort_lines {
namespace {

using namespace std::string_view_literals;

std::string_view part(const std::string& key, std::string_view line, std::optional<char> separator = {}) {
  return parse_sort_key(key).part_of(line, separator);
}

std::string problem_with(const std::string& key) {
  const Error error = test::error_of([&] { (void)parse_sort_key(key); });
  EXPECT_EQ(error.exit_code(), ExitCode::usage);
  return error.problem();
}

TEST(SortKey, FieldsTakeTheBlanksBeforeThem) {
  EXPECT_EQ(part("1,1", "a  b c"), "a");
  EXPECT_EQ(part("2,2", "a  b c"), "  b");
  EXPECT_EQ(part("2", "a  b c"), "  b c");
  EXPECT_EQ(part("1,1", " \ta b"), " \ta");
  EXPECT_EQ(part("1,2", "a  b c"), "a  b");
  EXPECT_EQ(part("4", "a  b c"), "");
  EXPECT_EQ(part("2,2", "a  "), "  ");
  EXPECT_EQ(part("3", "a  "), "");
}

TEST(SortKey, ASeparatorIsNoPartOfAField) {
  EXPECT_EQ(part("1,1", "a::b", ':'), "a");
  EXPECT_EQ(part("2,2", "a::b", ':'), "");
  EXPECT_EQ(part("2", "a::b", ':'), ":b");
  EXPECT_EQ(part("3,3", "a::b", ':'), "b");
  EXPECT_EQ(part("4", "a::b", ':'), "");
  EXPECT_EQ(part("1,2", "a b:c:d", ':'), "a b:c");
  EXPECT_EQ(part("2,2", "a:", ':'), "");
  EXPECT_EQ(part("2,2", "a\0b\0c"sv, '\0'), "b");
}

TEST(SortKey, CharactersCountFromTheFieldAndGoBeyondIt) {
  EXPECT_EQ(part("2.2,2", "a bcd e"), "bcd") << "the first one is the blank";
  EXPECT_EQ(part("2.2b,2", "a bcd e"), "cd");
  EXPECT_EQ(part("1.2,1.3", "abcd"), "bc");
  EXPECT_EQ(part("1.3", "a:bcd", ':'), "bcd");
  EXPECT_EQ(part("1,1.4", "a:bcd", ':'), "a:bc");
  EXPECT_EQ(part("1,2.2", "a  bcd"), "a  ");
  EXPECT_EQ(part("1,2.2b", "a  bcd"), "a  bc");
  EXPECT_EQ(part("1.9", "abc"), "");
  EXPECT_EQ(part("1,1.9", "abc"), "abc");
}

TEST(SortKey, CharacterZeroOfTheLastFieldIsItsEnd) {
  EXPECT_EQ(part("1,2.0", "a:bc:d", ':'), "a:bc");
  EXPECT_EQ(part("2,2.0", "a bc d"), " bc");
}

TEST(SortKey, AnEndBeforeTheBeginningLeavesNothing) {
  EXPECT_EQ(part("2,1", "a b c"), "");
  EXPECT_EQ(part("1.3,1.2", "abcd"), "");
  EXPECT_EQ(part("2.3b,2", "a b c"), "") << "two characters on is the next field";
}

TEST(SortKey, BlanksAreSkippedPastTheFieldToo) {
  EXPECT_EQ(part("2b,2", "a: :c", ':'), "");
  EXPECT_EQ(part("2b", "a: : c", ':'), ": c");
  EXPECT_EQ(part("1b", " \t\n a"), "a");
}

TEST(SortKey, NumbersThatNoLineReaches) {
  const std::string many(30, '9');
  EXPECT_EQ(part(many, "abc"), "");
  EXPECT_EQ(part("1." + many, "abc"), "");
  EXPECT_EQ(part("1," + many, "abc"), "abc");
  EXPECT_EQ(part("1,1." + many, "abc"), "abc");
  EXPECT_EQ(part("18446744073709551615", "abc"), "");
  EXPECT_EQ(part("1,1.18446744073709551615", "abc"), "abc");
}

TEST(SortKey, OptionsStandOnEitherPosition) {
  const SortKey key = parse_sort_key("2bn,3.4r");
  EXPECT_TRUE(key.skips_blanks_before_first_character);
  EXPECT_FALSE(key.skips_blanks_before_last_characters);
  EXPECT_TRUE(key.is_numeric);
  EXPECT_TRUE(key.is_reversed);
  EXPECT_TRUE(parse_sort_key("1,1b").skips_blanks_before_last_characters);
  EXPECT_FALSE(parse_sort_key("1,1b").has_no_options());
  EXPECT_TRUE(parse_sort_key("1.2,1").has_no_options());
  EXPECT_FALSE(parse_sort_key("1,1nn").is_reversed);
}

TEST(SortKey, ComparesPartsAsBytesOrNumbers) {
  EXPECT_LT(parse_sort_key("1").compare("10", "9"), 0);
  EXPECT_GT(parse_sort_key("1n").compare("10", "9"), 0);
  EXPECT_GT(parse_sort_key("1r").compare("10", "9"), 0);
  EXPECT_GT(parse_sort_key("1").compare("\x80", "z"), 0) << "bytes are not signed";
  EXPECT_LT(parse_sort_key("1").compare("a", "a\0"sv), 0);
  EXPECT_EQ(parse_sort_key("1nr").compare("1.0", " 1"), 0);
}

TEST(SortKey, SaysWhatIsWrong) {
  EXPECT_EQ(problem_with("0"), "\"-k 0\": fields are counted from 1");
  EXPECT_EQ(problem_with("1,0"), "\"-k 1,0\": fields are counted from 1");
  EXPECT_EQ(problem_with("1.0"), "\"-k 1.0\": characters are counted from 1");
  EXPECT_EQ(problem_with(""), "\"-k \": a field's number is missing");
  EXPECT_EQ(problem_with("n"), "\"-k n\": a field's number is missing");
  EXPECT_EQ(problem_with("-1"), "\"-k -1\": a field's number is missing");
  EXPECT_EQ(problem_with("1,"), "\"-k 1,\": a field's number is missing after \"1,\"");
  EXPECT_EQ(problem_with("1.,2"), "\"-k 1.,2\": a character's number is missing after \"1.\"");
  EXPECT_EQ(problem_with("1,2.n"), "\"-k 1,2.n\": a character's number is missing after \"1,2.\"");
  EXPECT_EQ(problem_with("1n.2"),
            "\"-k 1n.2\": \".2\" does not belong there; a key is FIELD[.CHARACTER][OPTIONS], "
            "or two of them with a comma");
  EXPECT_EQ(problem_with("1,2,3"),
            "\"-k 1,2,3\": \",3\" does not belong there; a key is FIELD[.CHARACTER][OPTIONS], or two of them "
            "with a comma");
}

TEST(SortKey, NamesTheOptionsThatThereAreNot) {
  for (const char option : {'d', 'f', 'g', 'h', 'i', 'M', 'R', 'V'}) {
    const std::string key = std::string("1,2n") + option;
    EXPECT_EQ(problem_with(key),
              "\"-k " + key + "\": the option " + option + " is not supported; there are b, n and r");
  }
  EXPECT_EQ(problem_with("1f,2"), "\"-k 1f,2\": the option f is not supported; there are b, n and r");
}

TEST(ParseSeparator, OneByteOrNul) {
  EXPECT_EQ(parse_separator(":"), ':');
  EXPECT_EQ(parse_separator("\t"), '\t');
  EXPECT_EQ(parse_separator("\\"), '\\');
  EXPECT_EQ(parse_separator("\\0"), '\0');
  for (const char* text : {"", "ab", "\\t", "\\00", "\xc3\xa9"}) {
    const Error error = test::error_of([&] { (void)parse_separator(text); });
    EXPECT_EQ(error.problem(), std::string("\"-t ") + text + "\": a separator is one byte, or \\0 for NUL");
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
  }
}

}  // namespace
}  // namespace serried::sort_lines
