// The promise: the same bytes for any number of ranks, threads, and sizes of pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/hash.hpp>
#include <serried/mapreduce.hpp>

#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::world;
using Item = std::pair<std::string, std::uint64_t>;

// What one rank and std::map make of it: equal to it on every number of ranks, so equal among these.
template <class Less>
std::string reference(std::string_view text, Less less) {
  const auto counts = test::naive_counts(text);
  std::vector<Item> items(counts.begin(), counts.end());
  std::ranges::sort(items, less);
  std::string lines;
  for (const auto& [word, n] : items) {
    lines += word + '\t' + std::to_string(n) + '\n';
  }
  return lines;
}

// Words of all kinds of bytes, among them NULs, white space of all kinds, and words longer than a window.
std::string mixed_text() {
  using namespace std::string_view_literals;
  test::Random random(5);
  std::string text = test::sample_text(1500);
  text += random.bytes(3000, "ab\0\x80\xff \t\n\v\f\r"sv);
  text += std::string(300, 'x') + ' ' + std::string(301, 'x') + "\n " + random.bytes(2000);
  return text + std::string(300, 'x');  // ends without a newline
}

TEST(SameBits, ForAnyRanksThreadsAndPieces) {
  const test::SharedFolder folder;
  const std::string text = mixed_text();
  const std::string path = folder.write("text", text);
  const std::string by_count = reference(text, [](const Item& a, const Item& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  });
  const std::string by_hash = reference(text, [](const Item& a, const Item& b) {
    return std::tuple(hash_bytes(a.first), a.first) < std::tuple(hash_bytes(b.first), b.first);
  });
  for (const int threads : {1, 2, 3}) {
    for (const std::uint64_t split_bytes : {std::uint64_t{7}, std::uint64_t{64}, std::uint64_t{1} << 20}) {
      for (const std::size_t window_bytes : {std::size_t{5}, std::size_t{64}, std::size_t{1} << 20}) {
        TextOptions options;
        options.job.threads = threads;
        options.split_bytes = split_bytes;
        options.window_bytes = window_bytes;
        const auto trace = std::to_string(threads) + " threads, splits of " + std::to_string(split_bytes) +
                           ", window of " + std::to_string(window_bytes);
        auto counts = text_words(world(), {path}, options)
                          .map([](std::string_view word) {
                            return KeyValue{word, std::uint64_t{1}};
                          })
                          .reduce_by_key(std::plus<>{});
        counts.write_tsv(folder.path("unsorted.tsv"));
        counts.sort_by(descending_value).write_tsv(folder.path("sorted.tsv"));
        ASSERT_TRUE(folder.read("unsorted.tsv") == by_hash) << trace;
        ASSERT_TRUE(folder.read("sorted.tsv") == by_count) << trace;
      }
    }
  }
}

}  // namespace
}  // namespace serried::mapreduce
