#include <cstdint>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include <serried/random/seeding.hpp>

namespace serried::random {
namespace {

TEST(SeededStreams, PerIndexAreThoseOfTheIndexWhoeverAsks) {
  SeededStreams of_one(Seeding::per_index, 42, "trials", {.rank = 0, .thread = 0});
  SeededStreams of_other(Seeding::per_index, 42, "trials", {.rank = 3, .thread = 1});
  static_cast<void>(of_other.of(5).normal());
  for (const std::uint64_t index : {7, 0, 7}) {
    Stream expected(42, "trials", index);
    Stream& found = of_one.of(index);
    Stream& other = of_other.of(index);
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t word = expected();
      ASSERT_EQ(found(), word);
      ASSERT_EQ(other(), word);
    }
  }
}

TEST(SeededStreams, PerRankGoOnThroughWhateverTheWorkIs) {
  const Worker worker = {.rank = 2, .thread = 1};
  SeededStreams one(Seeding::per_rank, 42, "trials", worker);
  SeededStreams other(Seeding::per_rank, 42, "trials", worker);
  for (const std::uint64_t index : {7, 0, 7}) {
    Stream& stream = one.of(index);
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(stream(), other.of(1)());
    }
  }
}

TEST(SeededStreams, PerRankDifferInAllTheirKeysAndFromThoseOfIndices) {
  std::set<std::uint64_t> first_words;
  for (const std::uint64_t seed : {1, 2}) {
    for (const Purpose purpose : {Purpose("a"), Purpose("b")}) {
      for (const int rank : {0, 1, 2}) {
        for (const int thread : {0, 1, 2}) {
          first_words.insert(SeededStreams(Seeding::per_rank, seed, purpose, {rank, thread}).of(0)());
        }
        first_words.insert(Stream(seed, purpose, static_cast<std::uint64_t>(rank))());
      }
    }
  }
  EXPECT_EQ(first_words.size(), 2U * 2U * (9U + 3U));
}

TEST(SeededStreams, NeedNumbersFrom0On) {
  EXPECT_THROW(SeededStreams(Seeding::per_rank, 1, "a", {.rank = -1}), std::logic_error);
  EXPECT_THROW(SeededStreams(Seeding::per_rank, 1, "a", {.rank = 0, .thread = -1}), std::logic_error);
}

}  // namespace
}  // namespace serried::random
