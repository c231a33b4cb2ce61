#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/partition.hpp>

namespace serried {
namespace {

constexpr std::uint64_t max64 = std::numeric_limits<std::uint64_t>::max();

static_assert(block(10, 3, 0) == Range{0, 4});
static_assert(Range{3, 7}.size() == 4);

void expect_partition(std::uint64_t n, std::uint64_t n_parts) {
  SCOPED_TRACE(testing::Message() << "n = " << n << ", n_parts = " << n_parts);
  std::uint64_t end = 0;
  std::uint64_t previous = max64;
  for (std::uint64_t part = 0; part < n_parts; ++part) {
    const Range range = block(n, n_parts, part);
    ASSERT_EQ(range.begin, end) << "part " << part;
    ASSERT_GE(range.end, range.begin) << "part " << part;
    ASSERT_LE(range.size(), previous) << "larger parts come first; part " << part;
    ASSERT_TRUE(range.size() == n / n_parts || range.size() == n / n_parts + 1) << "part " << part;
    previous = range.size();
    end = range.end;
  }
  EXPECT_EQ(end, n);
}

TEST(Block, CoversEveryIndexOnceInNearlyEqualParts) {
  for (std::uint64_t n = 0; n <= 40; ++n) {
    for (std::uint64_t n_parts = 1; n_parts <= 45; ++n_parts) {
      expect_partition(n, n_parts);
    }
  }
}

TEST(Block, DoesNotOverflowAtTheEndOfTheNumbers) {
  for (const std::uint64_t n : {max64, max64 - 1, max64 / 2 + 1, (std::uint64_t{1} << 63) + 12345}) {
    for (const std::uint64_t n_parts : {1U, 2U, 3U, 7U, 1000U, 4096U}) {
      expect_partition(n, n_parts);
    }
  }
  EXPECT_EQ(block(max64, max64, max64 - 1), (Range{max64 - 1, max64}));
  EXPECT_EQ(block(max64 - 1, max64, max64 - 1), (Range{max64 - 1, max64 - 1}));
}

TEST(Block, NeedsAPartThatExists) {
  EXPECT_THROW((void)block(10, 3, 3), std::logic_error);
  EXPECT_THROW((void)block(10, 0, 0), std::logic_error);
}

TEST(HashSlice, IsMonotoneAndCoversAllParts) {
  for (const std::uint64_t n_parts : {1U, 2U, 3U, 7U, 64U, 1000U}) {
    EXPECT_EQ(hash_slice(0, n_parts), 0U);
    EXPECT_EQ(hash_slice(max64, n_parts), n_parts - 1);
    std::mt19937_64 random(20241);
    std::vector<std::uint64_t> hashes(5000);
    std::ranges::generate(hashes, random);
    std::ranges::sort(hashes);
    std::uint64_t previous = 0;
    for (const std::uint64_t hash : hashes) {
      const std::uint64_t slice = hash_slice(hash, n_parts);
      ASSERT_LT(slice, n_parts);
      ASSERT_GE(slice, previous);
      previous = slice;
    }
  }
}

TEST(BlockOf, IsThePartWithTheIndex) {
  for (const std::uint64_t n_parts : {1U, 2U, 3U, 7U, 64U}) {
    for (const std::uint64_t n : {1U, 2U, 5U, 63U, 64U, 65U, 1000U}) {
      for (std::uint64_t part = 0; part < n_parts; ++part) {
        const Range range = block(n, n_parts, part);
        for (std::uint64_t index = range.begin; index < range.end; ++index) {
          EXPECT_EQ(block_of(index, n, n_parts), part);
        }
      }
    }
  }
  EXPECT_EQ(block_of(max64 - 1, max64, 2), 1U);
  EXPECT_THROW(static_cast<void>(block_of(3, 3, 2)), std::logic_error);
}

TEST(HashSlice, CutsAtTheExactBoundaries) {
  // Slice k begins at ceil(k * 2^64 / n): for n = 3 at 0x5555555555555556 and 0xaaaaaaaaaaaaaaab.
  EXPECT_EQ(hash_slice(0x5555555555555555, 3), 0U);
  EXPECT_EQ(hash_slice(0x5555555555555556, 3), 1U);
  EXPECT_EQ(hash_slice(0xaaaaaaaaaaaaaaaa, 3), 1U);
  EXPECT_EQ(hash_slice(0xaaaaaaaaaaaaaaab, 3), 2U);
  EXPECT_EQ(hash_slice(0x7fffffffffffffff, 2), 0U);
  EXPECT_EQ(hash_slice(0x8000000000000000, 2), 1U);
}

}  // namespace
}  // namespace serried
