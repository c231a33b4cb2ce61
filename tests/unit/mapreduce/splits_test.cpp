// make_splits and cost_of, which need no MPI.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/inputs.hpp>

#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

InputList random_inputs(test::Random& random) {
  InputList inputs;
  for (std::size_t n = random.below(30); n > 0; --n) {
    const auto encoding = static_cast<Encoding>(random.below(4));
    const std::uint64_t size = random.below(3) == 0 ? random.below(3) : random.below(5000);
    inputs.push_back({"file" + std::to_string(n), encoding == Encoding::stream ? 0 : size, encoding});
  }
  return inputs;
}

TEST(MakeSplits, CoverEachByteOnce) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  for (int round = 0; round < 300; ++round) {
    const InputList inputs = random_inputs(random);
    const std::uint64_t split_bytes = random.between(1, 700);
    std::vector<std::uint64_t> next(inputs.size());
    std::vector<std::size_t> n_splits(inputs.size());
    std::uint64_t last_input = 0;
    for (const Split& split : make_splits(inputs, split_bytes)) {
      ASSERT_LT(split.input, inputs.size());
      ASSERT_GE(split.input, last_input) << "in the order of the inputs";
      last_input = split.input;
      ASSERT_EQ(split.bytes.begin, next[split.input]) << "neither a gap nor an overlap";
      next[split.input] = split.bytes.end;
      ++n_splits[split.input];
      if (inputs[split.input].encoding == Encoding::plain) {
        ASSERT_GT(split.bytes.size(), 0u);
        ASSERT_LE(split.bytes.size(), split_bytes);
      }
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(next[i], inputs[i].size);
      if (inputs[i].encoding != Encoding::plain) {
        EXPECT_EQ(n_splits[i], 1u) << "cannot be read from the middle";
      }
    }
  }
  EXPECT_TRUE(make_splits({}, 10).empty());
  EXPECT_TRUE(make_splits({{"empty", 0, Encoding::plain}}, 10).empty());
}

TEST(MakeSplits, OfAHugeFile) {
  const std::uint64_t size = std::uint64_t{3} << 40;
  const auto splits = make_splits({{"huge", size, Encoding::plain}}, std::uint64_t{1} << 40);
  ASSERT_EQ(splits.size(), 3u);
  EXPECT_EQ(splits[2].bytes.end, size);
}

TEST(CostOf, OpeningAFileAndReadingCompressedTextCostMore) {
  const Input plain{"a", 1000, Encoding::plain};
  const Input zipped{"a.gz", 1000, Encoding::gzip};
  EXPECT_LT(cost_of(plain, {0, {0, 1000}}), 2 * cost_of(plain, {0, {0, 500}}))
      << "of two halves, both are opened";
  EXPECT_LT(cost_of(plain, {0, {0, 1000}}), cost_of(zipped, {0, {0, 1000}}));
  EXPECT_GT(cost_of(plain, {0, {0, 0}}), 0);
}

}  // namespace
}  // namespace serried::mapreduce
