#include "sort/decimal.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace serried::sort_lines {
namespace {

using namespace std::string_view_literals;

// Groups of texts of the same number, ascending.
std::vector<std::vector<std::string>> ascending_numbers() {
  const auto zeros = [](std::size_t n) { return std::string(n, '0'); };
  const std::string nines(5000, '9');
  std::vector<std::vector<std::string>> groups = {
      {"0", "", "-", "-0", "+1", " ", "x", ".", "-.", "--1", "- 1", "-0.000", zeros(5000), "." + zeros(5000)},
      {"." + zeros(5000) + "1"},
      {"." + zeros(4999) + "1", "0." + zeros(4999) + "10"},
      {"." + zeros(22) + "9"},
      {"." + zeros(21) + "1"},
      {"." + zeros(20) + "9999999999999999"},
      {"." + zeros(20) + "99999999999999999"},
      {".1", "0.1", "\t 000.100"},
      {".5", "0.5x9"},
      {"1", "1.", "001", "1,000", "1e3", "1.0.5", "1-2", "\n 1"},
      {"1.00000000000000000000001"},
      {"1.5", "1.50"},
      {"9", "9.0"},
      {"10"},
      {"99999999999999999", "099999999999999999.0"},
      {"100000000000000000"},
      {"100000000000000001"},
      {"1" + zeros(38), "01" + zeros(38) + ".0"},
      {"1" + zeros(39)},
      {"1" + zeros(40)},
      {"1" + zeros(40) + ".5"},
      {"10000001" + zeros(33)},
      {"9" + zeros(40)},
      {"1" + zeros(41)},
      {nines.substr(1)},
      {nines},
      {nines + ".1"},
      {"1" + zeros(5000)},
  };
  std::vector<std::vector<std::string>> all;
  for (auto group = groups.rbegin(); group + 1 != groups.rend(); ++group) {
    auto& negative = all.emplace_back();
    for (const std::string& text : *group) {
      const std::size_t n_blanks = text.find_first_not_of(" \t\n");
      negative.push_back(text.substr(0, n_blanks) + "-" + text.substr(n_blanks));
    }
  }
  all.insert(all.end(), groups.begin(), groups.end());
  return all;
}

TEST(Decimal, ComparesAsNumbersWithAnyNumberOfDigits) {
  const auto groups = ascending_numbers();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = 0; j < groups.size(); ++j) {
      for (const std::string& a : groups[i]) {
        for (const std::string& b : groups[j]) {
          const int order = compare_decimals(a, b);
          EXPECT_EQ(order < 0, i < j) << a << "\n" << b;
          EXPECT_EQ(order > 0, i > j) << a << "\n" << b;
        }
      }
    }
  }
}

TEST(Decimal, CodesNeverContradictTheNumbers) {
  const auto groups = ascending_numbers();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const std::string& text : groups[i]) {
      EXPECT_EQ(decimal_code(text), decimal_code(groups[i].front())) << text;
    }
    if (i > 0) {
      EXPECT_LE(decimal_code(groups[i - 1].front()), decimal_code(groups[i].front())) << groups[i].front();
    }
  }
}

TEST(Decimal, CodesDifferWithinTheDigitsPromised) {
  const std::array<std::string_view, 12> ascending = {"-12345678901234568",
                                                      "-12345678901234567",
                                                      "-1.0000000000000001",
                                                      "-1",
                                                      "-.0000000000000000000000000000000012345678",
                                                      "0",
                                                      ".0000000000000000000000000000000012345678",
                                                      ".0000000000000000000000000000000012345688",
                                                      ".0000000000000000000012345678901234567",
                                                      ".0000000000000000000012345678901234568",
                                                      "12345678901234567000000000000000000000000000000000",
                                                      "12345680000000000000000000000000000000000000000000"};
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_LT(decimal_code(ascending[i - 1]), decimal_code(ascending[i])) << ascending[i];
  }
  EXPECT_EQ(decimal_code("1.00000000000000001"), decimal_code("1")) << "18 digits do not fit";
}

TEST(Decimal, ReadsNothingBeyondTheText) {
  // With other bytes behind, and at the end of an allocation, where the address sanitizer would see it.
  EXPECT_EQ(compare_decimals("123"sv.substr(0, 2), "12"), 0);
  EXPECT_EQ(decimal_code("-1.55"sv.substr(0, 4)), decimal_code("-1.5"));
  for (const std::string_view text : {"12345678", "-", "  ", "0.", "00", ".000"}) {
    const std::vector<char> bytes(text.begin(), text.end());
    const std::string_view exact(bytes.data(), bytes.size());
    EXPECT_EQ(decimal_code(exact), decimal_code(text));
    EXPECT_EQ(compare_decimals(exact, text), 0);
  }
  EXPECT_EQ(decimal_code(std::string_view()), decimal_code("0"));
}

TEST(Decimal, EveryOtherByteEndsANumber) {
  for (const char byte :
       {'\0', ',', ' ', '-', '+', 'e', '\r', '\xff', '\x80'}) {  // \x80: unlike coreutils 9.1
    EXPECT_EQ(compare_decimals(std::string("1") + byte + "2", "1"), 0) << static_cast<int>(byte);
    EXPECT_EQ(compare_decimals(std::string("1.5") + byte + "2", "1.5"), 0) << static_cast<int>(byte);
    EXPECT_EQ(decimal_code(std::string("1") + byte + "2"), decimal_code("1")) << static_cast<int>(byte);
  }
  EXPECT_EQ(compare_decimals(std::string(1, '\0') + "2", "0"), 0);
}

}  // namespace
}  // namespace serried::sort_lines
