#include "index/documents.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace serried::index {
namespace {

TEST(BlockOfText, TravelsAsBytes) {
  std::string bytes;
  BlockOfText{.input = 1, .offset = 1000, .n_words = 5, .n_bytes = 70, .is_binary = 1}.put(bytes);
  const BlockOfText again = BlockOfText::take(bytes);
  EXPECT_EQ(again.input, 1u);
  EXPECT_EQ(again.offset, 1000u);
  EXPECT_EQ(again.n_words, 5u);
  EXPECT_EQ(again.n_bytes, 70u);
  EXPECT_EQ(again.is_binary, 1u);
}

TEST(PathOnALine, HasNoNewline) { EXPECT_EQ(path_on_a_line("a\nb\\n c"), "a\\nb\\\\n c"); }

TEST(Documents, AreNumberedWithoutBinaryOnes) {
  const Documents documents({{.path = "a"}, {.path = "binary"}, {.path = "empty"}, {.path = "z"}},
                            {{.input = 3, .offset = 90, .n_words = 2, .n_bytes = 9},
                             {.input = 0, .offset = 50, .n_words = 4, .n_bytes = 30},
                             {.input = 1, .offset = 0, .n_words = 1, .n_bytes = 1},
                             {.input = 1, .offset = 1, .n_words = 0, .n_bytes = 2, .is_binary = 1},
                             {.input = 0, .offset = 0, .n_words = 10, .n_bytes = 50},
                             {.input = 3, .offset = 0, .n_words = 7, .n_bytes = 90}});
  EXPECT_EQ(documents.size(), 3u);
  EXPECT_EQ(documents.n_left_out(), 1u);
  EXPECT_EQ(documents.n_words(), 23u);
  EXPECT_EQ(documents.n_bytes(), 182u);
  EXPECT_EQ(documents.number_of(0), 0u);
  EXPECT_EQ(documents.number_of(1), Documents::left_out);
  EXPECT_EQ(documents.number_of(2), 1u);
  EXPECT_EQ(documents.number_of(3), 2u);
  EXPECT_EQ(documents.words_before(0, 0), 0u);
  EXPECT_EQ(documents.words_before(0, 50), 10u);
  EXPECT_EQ(documents.words_before(3, 90), 7u);
  std::string lines;
  documents.for_each_line([&](std::string_view line) { lines += line; });
  EXPECT_EQ(lines, "0\t14\ta\n1\t0\tempty\n2\t9\tz\n");
}

}  // namespace
}  // namespace serried::index
