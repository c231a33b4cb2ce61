#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>

#include <serried/mapreduce/record_in_words.hpp>

namespace serried::mapreduce {
namespace {

struct Point {
  std::uint8_t x = 0;
  std::uint8_t y = 0;
};

TEST(RecordInWords, SaysWhatTellsItFromOthers) {
  EXPECT_EQ(record_in_words(std::string_view("some text")), "some text");
  EXPECT_EQ(record_in_words(-7), "-7");
  EXPECT_EQ(record_in_words(0.5), "0.5");
  EXPECT_EQ(record_in_words(true), "1");
  EXPECT_EQ(record_in_words(Point{1, 0xfe}), "bytes 01 fe");
  using Pair = std::pair<std::string, std::tuple<int, KeyValue<int, double>>>;
  EXPECT_EQ(record_in_words(KeyValue<std::string_view, Pair>{"a", {"b", {1, {2, 3}}}}), "a, b, 1, 2, 3");
  const std::string words = record_in_words(std::string(500, 'x'));
  EXPECT_TRUE(words.starts_with(std::string(120, 'x')));
  EXPECT_EQ(words.substr(120), "…");
}

}  // namespace
}  // namespace serried::mapreduce
