#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/index_range.hpp>
#include <serried/mapreduce/text.hpp>

#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

// What `feed` makes of all blocks.
template <class T, class Feed>
std::vector<T> found_by(const Feed& feed, std::uint64_t n, std::uint64_t split_bytes,
                        std::size_t window_bytes) {
  const InputList inputs = index_inputs(n);
  const auto reader = index_format(n).make_reader(window_bytes, {});
  std::vector<T> found;
  std::uint64_t n_bytes = 0;
  for (const Split& split : make_splits(inputs, split_bytes)) {
    reader->read(inputs[split.input], split, [&](const Block& block) {
      fold_case(block.text.data(), block.text.size());
      feed(std::string_view(block.text.data(), block.text.size()), [&](T value) { found.push_back(value); });
      n_bytes += block.n_bytes;
      return true;
    });
  }
  EXPECT_EQ(n_bytes, n);
  return found;
}

TEST(IndexRange, EveryIndexOnceForAllSizes) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  for (int round = 0; round < 100; ++round) {
    std::vector<std::uint64_t> indices(random.below(300));
    std::vector<int> elements(indices.size());
    for (std::size_t i = 0; i < indices.size(); ++i) {
      indices[i] = i;
      elements[i] = static_cast<int>(random.below(1000));
    }
    const std::uint64_t split_bytes = random.between(1, 100);
    const std::size_t window_bytes = random.between(1, 100);
    const std::uint64_t n = indices.size();
    EXPECT_EQ(found_by<std::uint64_t>(index_feed, n, split_bytes, window_bytes), indices);
    EXPECT_EQ(found_by<int>(ElementFeed(std::span<const int>(elements)), n, split_bytes, window_bytes),
              elements);
  }
}

TEST(IndexRange, HugeRangesAreFewSplits) {
  for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{65'537},
                                std::uint64_t{1} << 40, whole_inputs - 1}) {
    const auto splits = make_splits(index_inputs(n), indices_per_split(n));
    EXPECT_LE(splits.size(), std::size_t{1} << 17);
    EXPECT_EQ(splits.empty() ? 0 : splits.back().bytes.end, n);
  }
}

TEST(IndexRange, BlocksOfSomethingElseAreABug) {
  EXPECT_EQ(indices_in("3 17"), (Range{3, 17}));
  for (const std::string_view block : {"", " ", "3", "3 ", "3 x", "3 1", "a 4", "3 4 5", "-1 2"}) {
    EXPECT_THROW((void)indices_in(block), std::logic_error) << block;
  }
  const std::vector<int> few(3);
  EXPECT_THROW(ElementFeed(std::span<const int>(few))("0 4", [](int) {}), std::logic_error);
}

TEST(IndexRange, StopsWhenToldTo) {
  int n_calls = 0;
  index_format(100).make_reader(1, {})->read(index_inputs(100)[0], {0, {0, 100}},
                                             [&](const Block&) { return ++n_calls < 3; });
  EXPECT_EQ(n_calls, 3);
}

}  // namespace
}  // namespace serried::mapreduce
