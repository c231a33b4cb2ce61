#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/tsv.hpp>

namespace serried::mapreduce {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

static_assert(TsvField<std::string> && TsvField<int> && TsvField<double>);
static_assert(!TsvField<bool> && !TsvField<const char*>);

template <class K, class V>
std::string line(const K& key, const V& value, Columns columns = Columns::key_value) {
  const Row<V> row{store_key(key_bytes<K>(key)).key, value};
  std::vector<char> text = {'!'};  // appended to what is there
  append_tsv<K>(text, row, columns);
  EXPECT_EQ(text.size() - 1, tsv_size<K>(row)) << "offsets in the file rest on it";
  EXPECT_EQ(text[0], '!');
  return {text.begin() + 1, text.end()};
}

TEST(Tsv, BothOrdersOfColumns) {
  EXPECT_EQ(line("the"sv, 7), "the\t7\n");
  EXPECT_EQ(line("the"sv, 7, Columns::value_key), "7\tthe\n");
  EXPECT_EQ(line(std::int64_t{-3}, std::uint8_t{255}), "-3\t255\n");
  EXPECT_EQ(line(""sv, 0), "\t0\n");
}

TEST(Tsv, NumbersReadBackTheSame) {
  EXPECT_EQ(line("k"sv, std::numeric_limits<std::int64_t>::min()), "k\t-9223372036854775808\n");
  EXPECT_EQ(line("k"sv, std::numeric_limits<std::uint64_t>::max()), "k\t18446744073709551615\n");
  EXPECT_EQ(line("k"sv, 0.1), "k\t0.1\n");
  EXPECT_EQ(line("k"sv, -0.0), "k\t-0\n");
  EXPECT_EQ(line("k"sv, std::numeric_limits<double>::infinity()), "k\tinf\n");
  for (const double value : {std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(),
                             -std::numeric_limits<double>::min(), 1.0 / 3}) {
    EXPECT_EQ(std::strtod(line("k"sv, value).c_str() + 2, nullptr), value);
  }
}

TEST(Tsv, AnyOtherByteIsText) {
  EXPECT_EQ(line("a\0b\r \xff"s, 1), "a\0b\r \xff\t1\n"s);
  const std::string longer(5000, 'x');
  EXPECT_EQ(line(longer, 1), longer + "\t1\n");
}

TEST(Tsv, RefusesWhatWouldReadBackAsSomethingElse) {
  for (const std::string_view key : {"a\tb", "\t", "a\nb", "a very long key that ends with a newline\n"}) {
    try {
      (void)line(key, 1);
      ADD_FAILURE() << "no Error for " << testing::PrintToString(key);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("holds a tab or a newline"));
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n"))) << "one line";
    }
  }
}

}  // namespace
}  // namespace serried::mapreduce
