#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce.hpp>
#include <serried/mpi/reduction.hpp>

#include "compress.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::naive_counts;
using test::sample_text;
using test::small_pieces;
using test::world;
using Counts = std::map<std::string, std::uint64_t>;

// Collective. On rank 0 the items as a map; empty on the others.
template <class K, class V>
auto collected(KeyedData<K, V>&& data) {
  std::map<typename KeyedData<K, V>::OwnedKey, V> result;
  for (const auto& item : data.collect()) {
    EXPECT_TRUE(result.emplace(item.key, item.value).second) << "a key comes twice";
  }
  return result;
}
template <class Map>
void expect_on_root(const Map& got, const Map& expected) {
  EXPECT_TRUE(got == (world().is_root() ? expected : Map{}));
}

class PipelineTest : public testing::Test {
 protected:
  test::SharedFolder folder_;
  const std::string text_ = sample_text(600);
  const std::string path_ = folder_.write("text", text_);
};

TEST_F(PipelineTest, WordsOfLinesAreTheWords) {
  const Counts expected = naive_counts(text_);
  for (const int threads : {1, 2, 3}) {
    auto from_lines = text_lines(world(), {path_}, small_pieces(threads))
                          .flat_map<std::string_view, std::uint64_t>([](std::string_view line, auto& emit) {
                            for (const std::string_view word : words(line)) {
                              emit(word, 1);
                            }
                          })
                          .reduce_by_key(std::plus<>{});
    auto from_words = text_words(world(), {path_}, small_pieces(threads))
                          .map([](std::string_view word) {
                            return KeyValue{word, std::uint64_t{1}};
                          })
                          .reduce_by_key(std::plus<>{});
    EXPECT_EQ(from_lines.count(), expected.size()) << "on every rank";
    EXPECT_EQ(from_words.count(), expected.size());
    EXPECT_EQ(from_words.source_counts().n_bytes, text_.size());
    EXPECT_EQ(from_words.source_counts().n_files, 1u);
    EXPECT_EQ(from_words.source_counts().n_records, test::naive_words(text_).size());
    expect_on_root(collected(std::move(from_lines)), expected);
    expect_on_root(collected(std::move(from_words)), expected);
  }
}

TEST_F(PipelineTest, CountMapFilterFlatMap) {
  const auto words_here = text_words(world(), {path_}, small_pieces(2));
  const auto all = test::naive_words(text_);
  EXPECT_EQ(words_here.count(), all.size());
  EXPECT_EQ(text_lines(world(), {path_}, small_pieces(2)).count(), test::naive_lines(text_).size());

  const auto is_short = [](std::string_view word) { return word.size() < 4; };
  const auto n_short = std::ranges::count_if(all, [](const auto& word) { return word.bytes.size() < 4; });
  EXPECT_EQ(words_here.filter(is_short).count(), n_short);
  EXPECT_EQ(words_here.filter([](std::string_view) { return false; }).count(), 0u);

  const auto sizes = words_here.map([](std::string_view word) { return word.size(); });
  EXPECT_EQ(sizes.filter([](std::size_t size) { return size < 4; }).count(), n_short) << "of any record type";

  std::uint64_t n_bytes = 0;
  for (const auto& word : all) {
    n_bytes += word.bytes.size();
  }
  const auto bytes = words_here.flat_map<char>([](std::string_view word, auto& emit) {
    for (const char c : word) {
      emit(c);
    }
  });
  EXPECT_EQ(bytes.count(), n_bytes);
  EXPECT_EQ(words_here.count(), all.size()) << "a pipeline can be read again";
}

TEST_F(PipelineTest, IntegerKeys) {
  std::map<std::int64_t, std::uint64_t> expected;
  for (const auto& word : test::naive_words(text_)) {
    ++expected[10 - static_cast<std::int64_t>(word.bytes.size())];
  }
  auto by_length = text_words(world(), {path_}, small_pieces(2))
                       .map([](std::string_view word) {
                         return KeyValue{10 - static_cast<std::int64_t>(word.size()), std::uint64_t{1}};
                       })
                       .reduce_by_key(std::plus<>{});
  expect_on_root(collected(std::move(by_length)), expected);
}

struct Shape {
  char first;
  std::uint8_t size;
  std::array<char, 20> last_bytes;  // longer than a short key
  friend auto operator<=>(const Shape&, const Shape&) = default;
};

Shape shape_of(std::string_view word) {
  Shape shape{word.front(), static_cast<std::uint8_t>(word.size()), {}};
  shape.last_bytes.fill(word.back());
  return shape;
}

TEST_F(PipelineTest, StructKeys) {
  static_assert(Key<Shape>);
  std::map<Shape, int> expected;
  for (const auto& word : test::naive_words(text_)) {
    ++expected[shape_of(word.bytes)];
  }
  auto shapes = text_words(world(), {path_}, small_pieces(3))
                    .map([](std::string_view word) {
                      return KeyValue{shape_of(word), 1};
                    })
                    .reduce_by_key(std::plus<>{});
  expect_on_root(collected(std::move(shapes)), expected);
}

// Keys that are gone when the function returns, short and long ones, in one record and in several.
TEST_F(PipelineTest, KeysThatAreTemporaryStrings) {
  Counts expected;
  for (const auto& word : test::naive_words(text_)) {
    ++expected[word.bytes + "!"];
    ++expected["a rather long prefix of " + word.bytes];
  }
  for (const int threads : {1, 3}) {
    auto both = text_words(world(), {path_}, small_pieces(threads))
                    .flat_map<std::string, std::uint64_t>([](std::string_view word, auto& emit) {
                      std::string key(word);
                      emit(key + "!", 1);
                      key.insert(0, "a rather long prefix of ");
                      emit(key, 1);
                      key.assign(key.size(), '#');
                    })
                    .reduce_by_key(std::plus<>{});
    expect_on_root(collected(std::move(both)), expected);

    auto mapped = text_words(world(), {path_}, small_pieces(threads))
                      .map([](std::string_view word) {
                        return KeyValue{std::string(word) + std::string(20, '.'), 1};
                      })
                      .reduce_by_key(std::plus<>{});
    EXPECT_EQ(mapped.count(), naive_counts(text_).size());

    // Views of a buffer that is used again: emit need not be given anything that lasts.
    auto views = text_words(world(), {path_}, small_pieces(threads))
                     .flat_map<std::string_view, std::uint64_t>([](std::string_view word, auto& emit) {
                       std::array<char, 64> buffer{};
                       const std::size_t size = std::min<std::size_t>(word.size(), 40);
                       std::ranges::copy(word.substr(0, size), buffer.begin());
                       std::ranges::copy(std::string_view("-and-twenty-more-byte"), buffer.begin() + size);
                       emit({buffer.data(), size + 21}, 1);
                       buffer.fill('#');
                     })
                     .reduce_by_key(std::plus<>{});
    Counts expected_views;
    for (const auto& word : test::naive_words(text_)) {
      ++expected_views[word.bytes.substr(0, 40) + "-and-twenty-more-byte"];
    }
    expect_on_root(collected(std::move(views)), expected_views);
  }
}

TEST_F(PipelineTest, OtherValuesAndOperations) {
  std::map<std::string, double> longest;
  std::map<std::string, std::int64_t> balance;
  for (const auto& word : test::naive_words(text_)) {
    const std::string key = word.bytes.substr(0, 2);
    const auto size = static_cast<double>(word.bytes.size());
    longest[key] = std::max(longest.contains(key) ? longest[key] : -1e300, -1 / size);
    balance[key] += word.bytes.size() % 2 == 0 ? 1 : -1000;
  }
  const auto source = text_words(world(), {path_}, small_pieces(2));
  const auto by_prefix = source.map([](std::string_view word) {
    return KeyValue{word.substr(0, 2), -1 / static_cast<double>(word.size())};
  });
  expect_on_root(collected(by_prefix.reduce_by_key(mpi::max)), longest);
  expect_on_root(
      collected(source
                    .map([](std::string_view word) {
                      return KeyValue{word.substr(0, 2), std::int64_t{word.size() % 2 == 0 ? 1 : -1000}};
                    })
                    .reduce_by_key([](std::int64_t a, std::int64_t b) { return a + b; })),
      balance);
}

TEST_F(PipelineTest, CompressedFilesAndDirectories) {
  (void)folder_.write("in/a.gz", test::gzip(text_));
  (void)folder_.write("in/b.zst", test::zstd(text_));
  (void)folder_.write("in/c", text_);
  Counts expected = naive_counts(text_);
  for (auto& [word, n] : expected) {
    n *= 3;
  }
  auto counts = text_words(world(), {folder_.path("in")}, small_pieces(2))
                    .map([](std::string_view word) {
                      return KeyValue{word, std::uint64_t{1}};
                    })
                    .reduce_by_key(std::plus<>{});
  expect_on_root(collected(std::move(counts)), expected);
}

TEST_F(PipelineTest, NothingToReduce) {
  auto nothing = text_words(world(), {path_}, small_pieces(2))
                     .filter([](std::string_view) { return false; })
                     .map([](std::string_view word) {
                       return KeyValue{word, 1};
                     })
                     .reduce_by_key(std::plus<>{});
  EXPECT_EQ(nothing.count(), 0u);
  nothing.sort_by(descending_value);
  EXPECT_TRUE(nothing.collect().empty());
}

TEST_F(PipelineTest, ErrorsOfTheListing) {
  EXPECT_EQ(test::error_of([] { (void)text_lines(world(), {}); }).exit_code(), ExitCode::usage);
  EXPECT_EQ(test::error_of([&] { (void)text_words(world(), {folder_.path("missing")}); }).path(),
            folder_.path("missing"));
}

}  // namespace
}  // namespace serried::mapreduce
