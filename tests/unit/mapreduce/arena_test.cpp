#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/arena.hpp>

#include "random_text.hpp"

namespace serried::mapreduce {
namespace {

TEST(Arena, KeepsCopiesWhereTheyAre) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  Arena arena;
  std::vector<std::string> originals;
  std::vector<std::string_view> copies;
  const auto keep = [&](std::size_t size) {
    const std::string& original = originals.emplace_back(random.bytes(size));
    copies.emplace_back(arena.keep(original), size);
    EXPECT_NE(static_cast<const void*>(copies.back().data()), original.data());
  };
  keep(1);
  keep((std::size_t{1} << 20) - 1);  // fills the first chunk to its last byte
  keep(1);
  keep((std::size_t{3} << 20) + 5);  // longer than a chunk
  for (int i = 0; i < 3000; ++i) {
    keep(random.between(1, 2000));
  }
  keep(std::size_t{1} << 20);  // a chunk of its own
  keep(7);
  const Arena moved = std::move(arena);
  for (std::size_t i = 0; i < originals.size(); ++i) {
    ASSERT_EQ(copies[i], originals[i]) << "string " << i;
  }
}

}  // namespace
}  // namespace serried::mapreduce
