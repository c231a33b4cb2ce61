#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
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

// Lines as a thread gathers them.
struct Lines {
  std::string text;

  void merge(Lines&& other) { text += other.text; }
  void save(std::vector<std::byte>& bytes) const {
    for (const char c : text) {
      bytes.push_back(static_cast<std::byte>(c));
    }
  }
  void load(std::span<const std::byte> bytes) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
};

// The lines of all ranks and threads, sorted; on rank 0 alone.
struct Gathered {
  std::vector<std::string> lines;
  SourceCounts counts;
};
Gathered gathered_lines(const TextSource& source) {
  const auto parts = source.for_each_block(
      "lines", [] { return Lines(); },
      [&](Lines& lines, const TextBlock& block) {
        EXPECT_GE(block.share_done, 0);
        EXPECT_LE(block.share_done, 1);
        std::uint64_t n_lines = 0;
        for_each_line({block.text.data(), block.text.size()}, [&](std::string_view line) {
          ++n_lines;
          (lines.text += line) += '\n';
        });
        return n_lines;
      });
  Gathered result;
  result.counts = source.counts_of(parts);
  std::string here;
  for (const auto& part : parts) {
    here += part.part.text;
  }
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

TEST(TextSource, GoesOnFromACheckpoint) {
  const test::SharedFolder folder;
  const std::string text = test::sample_text(400);
  const std::string path = folder.write("a", text);
  std::vector<std::string> expected = test::bytes_of(test::naive_lines(text));
  std::ranges::sort(expected);
  TextOptions options = small_pieces(2);
  options.job.checkpoint = folder.path("ledger");
  options.job.checkpoint_every = std::chrono::milliseconds(0);
  for (const bool resume : {false, true, true}) {
    options.job.resume = resume;
    const Gathered got = gathered_lines(TextSource(world(), {path}, Separator::newline, options));
    if (world().is_root()) {
      EXPECT_EQ(got.lines, expected) << (resume ? "all from the ledger" : "all from the file");
    }
    EXPECT_EQ(got.counts.n_records, expected.size());
  }
  options.fold_case = true;
  EXPECT_THROW((void)gathered_lines(TextSource(world(), {path}, Separator::newline, options)), Error)
      << "another result, another ledger";
}

TEST(TextSource, ACheckpointAmongTheInputsIsNotOne) {
  const test::SharedFolder folder;
  (void)folder.write("a", "one\ntwo\n");
  TextOptions options = small_pieces(1);
  options.job.checkpoint = folder.path("ledger");
  for (const bool resume : {false, true}) {
    options.job.resume = resume;
    const Gathered got = gathered_lines(TextSource(world(), {folder.path()}, Separator::newline, options));
    EXPECT_EQ(got.counts.n_files, 1u);
    EXPECT_EQ(got.counts.n_records, 2u);
  }
}

TEST(TextSource, AStreamCannotBeReadTwice) {
  const test::SharedFolder folder;
  TextOptions options = small_pieces(1);
  options.job.checkpoint = folder.path("ledger");
  try {
    (void)gathered_lines(TextSource(world(), {"-"}, Separator::newline, options));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
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
