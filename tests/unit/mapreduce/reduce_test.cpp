#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce.hpp>
#include <serried/mpi/reduction.hpp>

#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

// What depends on the order in its last bits does not compile.
static_assert(!OrderFree<std::plus<>, double> && !OrderFree<std::plus<double>, double>);
static_assert(!OrderFree<std::plus<>, float> && !OrderFree<std::multiplies<>, double>);
static_assert(OrderFree<std::plus<>, std::uint64_t> && OrderFree<std::multiplies<>, int>);
// Whether a function on floating-point values depends on the order cannot be seen.
constexpr auto add = [](double a, double b) { return a + b; };
static_assert(!OrderFree<decltype(add), double>);
static_assert(OrderFree<mpi::Max, double> && OrderFree<mpi::Min, float>);
// What is not an operation on values of this type at all.
static_assert(!OrderFree<std::plus<>, std::array<int, 2>> && !OrderFree<int, int>);

using test::small_pieces;
using test::world;

TEST(Reduce, FewKeysForManyPartsLeaveMostPartsEmpty) {
  const test::SharedFolder folder;
  const std::string path = folder.write("text", "one two one");
  auto counts = text_words(world(), {path}, small_pieces(3))
                    .map([](std::string_view word) {
                      return KeyValue{word, 1};
                    })
                    .reduce_by_key(std::plus<>{});
  EXPECT_EQ(counts.count(), 2u);
  counts.sort_by(ascending_key);
  const auto items = counts.collect();
  if (world().is_root()) {
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0], (KeyValue{std::string("one"), 2}));
    EXPECT_EQ(items[1], (KeyValue{std::string("two"), 1}));
  }
}

TEST(Reduce, ThreadsMayDifferFromRankToRank) {
  const test::SharedFolder folder;
  const std::string text = test::sample_text(500);
  const std::string path = folder.write("text", text);
  auto counts = text_words(world(), {path}, small_pieces(1 + world().rank() % 3))
                    .map([](std::string_view word) {
                      return KeyValue{word, std::uint64_t{1}};
                    })
                    .reduce_by_key(std::plus<>{});
  counts.sort_by(ascending_key);
  const auto items = counts.collect();
  if (world().is_root()) {
    const auto expected = test::naive_counts(text);
    ASSERT_EQ(items.size(), expected.size());
    auto next = items.begin();
    for (const auto& [word, n] : expected) {
      EXPECT_EQ(next->key, word);
      EXPECT_EQ(next++->value, n);
    }
  }
}

TEST(Reduce, MoreKeysThanATableBeginsWith) {
  const test::SharedFolder folder;
  std::string text;
  for (int i = 0; i < 30'000; ++i) {
    text.append("word-").append(std::to_string(i)).append(i % 2 == 0 ? "-which-is-long\n" : "\n");
  }
  const std::string path = folder.write("text", text + text);
  TextOptions options = small_pieces(2);
  options.split_bytes = 100'000;
  options.window_bytes = 5000;
  const auto counts = text_words(world(), {path}, options)
                          .map([](std::string_view word) {
                            return KeyValue{word, 1};
                          })
                          .reduce_by_key(std::plus<>{});
  EXPECT_EQ(counts.count(), 30'000u);
}

}  // namespace
}  // namespace serried::mapreduce
