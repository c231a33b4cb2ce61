#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <numeric>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <serried/base/zeroed_array.hpp>

namespace serried {
namespace {

static_assert(!std::is_copy_constructible_v<ZeroedArray<int>>);
static_assert(std::is_nothrow_move_constructible_v<ZeroedArray<int>>);

struct Slot {
  std::uint64_t key;
  std::uint32_t count;
};

TEST(ZeroedArray, StartsAsZerosAndCanBeWrittenToTheLastByte) {
  // Around the sizes at which huge pages begin: 4 MiB of 16 bytes each.
  constexpr std::size_t large = (std::size_t{4} << 20) / sizeof(Slot);
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{1000}, large - 1, large, large + 1, 2 * large + 77}) {
    ZeroedArray<Slot> slots(size);
    ASSERT_EQ(slots.size(), size);
    ASSERT_EQ(slots.end() - slots.begin(), static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(std::ranges::all_of(slots, [](const Slot& s) { return s.key == 0 && s.count == 0; }));
    for (std::size_t i = 0; i < size; ++i) {
      slots[i] = {.key = i, .count = 1};
    }
    const ZeroedArray<Slot>& readable = slots;
    EXPECT_EQ(readable[size - 1].key, size - 1);
    EXPECT_EQ(std::accumulate(readable.begin(), readable.end(), std::size_t{0},
                              [](std::size_t sum, const Slot& slot) { return sum + slot.count; }),
              size);
  }
}

TEST(ZeroedArray, LargeOnesBeginAtAHugePage) {
  const ZeroedArray<char> large(std::size_t{5} << 20);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large.data()) % (std::size_t{2} << 20), 0U);
}

TEST(ZeroedArray, OfNothingIsEmpty) {
  const ZeroedArray<int> none;
  EXPECT_EQ(none.size(), 0U);
  EXPECT_EQ(none.begin(), none.end());
  const ZeroedArray<int> zero(0);
  EXPECT_EQ(zero.size(), 0U);
  EXPECT_EQ(zero.begin(), zero.end());
}

TEST(ZeroedArray, MovesItsMemory) {
  ZeroedArray<int> first(100);
  first[99] = 7;
  const int* const data = first.data();
  ZeroedArray<int> second(std::move(first));
  EXPECT_EQ(second.data(), data);
  EXPECT_EQ(second.size(), 100U);

  ZeroedArray<int> third(3);
  third = std::move(second);
  EXPECT_EQ(third.data(), data);
  EXPECT_EQ(third[99], 7);
}

TEST(ZeroedArray, TooLargeIsBadAlloc) {
  // More than the address space, and products that would wrap around to a small number of bytes.
  for (const std::size_t size : {std::size_t{1} << 47, std::size_t{1} << 61, (std::size_t{1} << 61) + 1,
                                 std::numeric_limits<std::size_t>::max()}) {
    EXPECT_THROW(ZeroedArray<std::uint64_t>{size}, std::bad_alloc) << size;
  }
}

}  // namespace
}  // namespace serried
