#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/text_source.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/threads.hpp>

#include "compress.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::same_everywhere;
using test::small_pieces;
using test::world;

// The lines of all ranks and threads, sorted; on rank 0 alone.
struct Gathered {
  std::vector<std::string> lines;
  SourceCounts counts;
};
Gathered gathered_lines(const TextSource& source) {
  std::mutex mutex;
  std::string here;
  Gathered result;
  result.counts = source.for_each_block([&](int thread, std::span<char> block, double share_done) {
    EXPECT_GE(thread, 0);
    EXPECT_LT(thread, source.n_threads());
    EXPECT_GE(share_done, 0);
    EXPECT_LE(share_done, 1);
    std::uint64_t n_lines = 0;
    const std::lock_guard lock(mutex);
    for_each_line({block.data(), block.size()}, [&](std::string_view line) {
      ++n_lines;
      (here += line) += '\n';
    });
    return n_lines;
  });
  const std::vector<char> all = mpi::gather_ragged(world(), std::vector<char>(here.begin(), here.end()));
  for_each_line({all.data(), all.size()}, [&](std::string_view line) { result.lines.emplace_back(line); });
  std::ranges::sort(result.lines);
  return result;
}

TEST(TextSource, EveryLineOnceOnSomeThreadOfSomeRank) {
  const test::SharedFolder folder;
  const std::string text = test::sample_text(500);
  (void)folder.write("in/a.txt", text);
  (void)folder.write("in/b.gz", test::gzip("zipped\nlines"));
  (void)folder.write("in/c.zst", test::zstd("more\n"));
  (void)folder.write("in/empty", "");
  std::vector<std::string> expected = test::bytes_of(test::naive_lines(text));
  expected.insert(expected.end(), {"zipped", "lines", "more"});
  std::ranges::sort(expected);
  for (const int threads : {1, 2, 3}) {
    const TextSource source(world(), {folder.path("in")}, Separator::newline, small_pieces(threads));
    EXPECT_EQ(source.n_threads(), threads);
    for (int round = 0; round < 2; ++round) {  // a source can be read again
      const Gathered got = gathered_lines(source);
      if (world().is_root()) {
        EXPECT_EQ(got.lines, expected);
      }
      EXPECT_EQ(got.counts.n_files, 4u);
      EXPECT_EQ(got.counts.n_bytes, text.size() + 12 + 5) << "of text, on every rank";
      EXPECT_EQ(got.counts.n_records, expected.size());
    }
  }
}

TEST(TextSource, ThreadsMayDifferFromRankToRank) {
  const test::SharedFolder folder;
  const std::string text = test::sample_text(300);
  const std::string path = folder.write("a", text);
  const TextSource source(world(), {path}, Separator::newline, small_pieces(1 + world().rank() % 3));
  const Gathered got = gathered_lines(source);
  if (world().is_root()) {
    EXPECT_EQ(got.lines.size(), test::naive_lines(text).size());
  }
}

TEST(TextSource, TakesTheDefaultNumberOfThreads) {
  const test::SharedFolder folder;
  const std::string path = folder.write("a", "x");
  EXPECT_EQ(TextSource(world(), {path}, Separator::newline, {}).n_threads(), mpi::default_threads(world()));
}

TEST(TextSource, TheFirstThreadIsTheOneThatMayCallMpi) {
  const test::SharedFolder folder;
  const std::string path = folder.write("a", test::sample_text(300));
  const TextSource source(world(), {path}, Separator::newline, small_pieces(3));
  const std::thread::id here = std::this_thread::get_id();
  std::atomic<bool> is_right = true;
  (void)source.for_each_block([&](int thread, std::span<char>, double) {
    if ((thread == 0) != (std::this_thread::get_id() == here)) {
      is_right = false;
    }
    return std::uint64_t{0};
  });
  EXPECT_TRUE(is_right);
}

TEST(TextSource, FoldsCaseBeforeAnybodySeesTheText) {
  const test::SharedFolder folder;
  const std::string path = folder.write("a", "ABC\nXyZ \xc3\x84\n");
  TextOptions options = small_pieces(2);
  options.fold_case = true;
  const Gathered got = gathered_lines(TextSource(world(), {path}, Separator::newline, options));
  if (world().is_root()) {
    EXPECT_EQ(got.lines, (std::vector<std::string>{"abc", "xyz \xc3\x84"}));
  }
}

TEST(TextSource, NoInputAtAll) {
  const test::SharedFolder folder;
  folder.on_root([&] { std::filesystem::create_directory(folder.path("empty")); });
  for (const std::string& path : {folder.path("empty"), std::string("/dev/null")}) {
    const Gathered got = gathered_lines(TextSource(world(), {path}, Separator::newline, small_pieces(2)));
    EXPECT_EQ(got.counts.n_bytes, 0u);
    EXPECT_EQ(got.counts.n_records, 0u);
  }
}

}  // namespace
}  // namespace serried::mapreduce
