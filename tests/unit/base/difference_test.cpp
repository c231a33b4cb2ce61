#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/difference.hpp>

namespace serried {
namespace {

TEST(FirstDifference, IsALine) {
  EXPECT_EQ(first_difference("a\nb\nc", "a\nx\ny"), "\"b\" there, \"x\" here");
  EXPECT_EQ(first_difference("a\nb\n", "a\n"), "\"b\" is only there");
  EXPECT_EQ(first_difference("a", "a\nb"), "\"b\" is only here");
  EXPECT_EQ(first_difference("a", "a\n"), "only a last line break");
  // Of long lines, what is around it.
  const std::string same(1000, '-');
  const std::string text = first_difference(same + "1" + same, same + "2" + same);
  EXPECT_LT(text.size(), 400U);
  EXPECT_THAT(text,
              testing::ContainsRegex("\"\\.\\.\\.-+1-+\\.\\.\\.\" there, \"\\.\\.\\.-+2-+\\.\\.\\.\" here"));
}

}  // namespace
}  // namespace serried
