#include "index/postings.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "../mapreduce/random_text.hpp"
#include "error_of.hpp"

namespace serried::index {
namespace {

TEST(PutNumber, TakesBackWhatItPut) {
  std::string bytes;
  std::vector<std::uint64_t> numbers = {
      0, 1, 127, 128, 300, std::uint64_t{1} << 32, std::numeric_limits<std::uint64_t>::max()};
  for (const std::uint64_t number : numbers) {
    put_number(bytes, number);
  }
  std::string_view rest = bytes;
  for (const std::uint64_t number : numbers) {
    EXPECT_EQ(take_number(rest), number);
  }
  EXPECT_TRUE(rest.empty());
  std::string_view cut = "\xff\xff";
  (void)test::error_of([&] { (void)take_number(cut); });
}

std::map<std::string, std::vector<std::uint64_t>> positions_of(BlockPostings& postings) {
  std::map<std::string, std::vector<std::uint64_t>> all;
  postings.for_each(7, 1000, [&](std::string_view word, std::string_view bytes) {
    Posting posting = Posting::of(bytes);
    EXPECT_EQ(posting.input, 7u);
    EXPECT_EQ(posting.offset, 1000u);
    auto& positions = all[std::string(word)];
    EXPECT_TRUE(positions.empty()) << "a word comes once";
    std::uint64_t position = 0;
    for (std::uint64_t i = 0; i < posting.n; ++i) {
      position += take_number(posting.distances);
      positions.push_back(position);
    }
    EXPECT_TRUE(posting.distances.empty());
  });
  return all;
}

TEST(BlockPostings, KnowsWhereEachWordIs) {
  test::Random random(4);
  BlockPostings postings;  // for all of them, as it is used
  for (const std::size_t n : {0u, 1u, 30u, 5000u, 2u}) {
    std::string text;
    std::map<std::string, std::vector<std::uint64_t>> expected;
    for (std::size_t i = 0; i < n; ++i) {
      const std::string word = "w" + std::to_string(random.below(1 + random.below(n)));
      expected[word].push_back(i);
      text += word + " ";
    }
    postings.read(text);
    EXPECT_EQ(postings.n_words(), n);
    EXPECT_EQ(positions_of(postings), expected);
  }
}

}  // namespace
}  // namespace serried::index
