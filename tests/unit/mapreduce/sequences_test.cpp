#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce.hpp>

#include "compress.hpp"
#include "naive_sequences.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using test::same_everywhere;
using test::world;
using testing::HasSubstr;

// The runs of four letters and how often each occurs; on rank 0 alone.
std::map<std::string, std::uint64_t> runs_of_four(const std::vector<std::string>& paths,
                                                  TextOptions options) {
  const auto items = sequences(world(), paths, {.overlap = 3, .text = std::move(options)})
                         .flat_map<std::string_view, std::uint64_t>([](std::string_view stretch, auto& emit) {
                           for (; stretch.size() >= 4; stretch.remove_prefix(1)) {
                             emit(stretch.substr(0, 4), 1);
                           }
                         })
                         .reduce_by_key(std::plus<>{})
                         .collect();
  std::map<std::string, std::uint64_t> runs;
  for (const auto& item : items) {
    EXPECT_TRUE(runs.emplace(item.key, item.value).second);
  }
  return runs;
}

TEST(Sequences, TheSameForAnyRanksThreadsAndSizes) {
  const test::SharedFolder folder;
  test::Random random(7);
  const std::string fasta = test::random_fasta(random, 20, 200);
  const std::string fastq = test::random_fastq(random, 30, 50);
  (void)folder.write("in/a.fa", fasta);
  (void)folder.write("in/b.fq", fastq);
  (void)folder.write("in/c.fq.gz", test::gzip(fastq));
  (void)folder.write("in/empty.fa", "");
  std::map<std::string, std::uint64_t> expected;
  for (const std::string& text : {fasta, fastq, fastq}) {
    for (const std::string& run : test::runs_of(*test::naive_sequences(text), 4)) {
      ++expected[run];
    }
  }
  for (const int threads : {1, 3}) {
    for (const std::uint64_t split_bytes : {3, 50, 1000, 1 << 20}) {
      TextOptions options = test::small_pieces(threads);
      options.split_bytes = split_bytes;
      const auto got = runs_of_four({folder.path("in")}, options);
      if (world().is_root()) {
        EXPECT_EQ(got, expected) << threads << " threads, splits of " << split_bytes;
      }
    }
  }
}

TEST(Sequences, DamageIsOneErrorEverywhere) {
  const test::SharedFolder folder;
  test::Random random(8);
  for (const bool is_fasta : {true, false}) {
    std::string text = is_fasta ? test::random_fasta(random, 20, 200) : test::random_fastq(random, 30, 50);
    for (int fault = 0; fault < 5; ++fault) {  // the first is what is said, whoever finds which
      text[text.size() / 3 + random.below(text.size() / 2)] = '\0';
    }
    if (test::naive_sequences(text)) {
      continue;  // all in headers
    }
    const std::string path = folder.write("damaged", text);
    std::string first;
    for (const int threads : {1, 2}) {
      for (const std::uint64_t split_bytes : {20, 300}) {
        TextOptions options = test::small_pieces(threads);
        options.split_bytes = split_bytes;
        const Error error = error_of([&] { (void)runs_of_four({path}, options); });
        EXPECT_THAT(error.what(), HasSubstr("record "));
        EXPECT_EQ(error.path(), path);
        EXPECT_TRUE(same_everywhere(error.to_bytes()));
        first = first.empty() ? error.what() : first;
        EXPECT_EQ(error.what(), first);
      }
    }
  }
}

TEST(Sequences, ACheckpointOfAnotherOverlapOrConfigurationIsRefused) {
  const test::SharedFolder folder;
  const std::string path = folder.write("a.fa", ">a\nACGTACGT\n>b\nACGTT\n");
  SequenceOptions options{.overlap = 2, .text = test::small_pieces(2)};
  options.text.job.checkpoint = folder.path("ledger");
  options.text.configuration = "strands=1\n";
  EXPECT_EQ(sequences(world(), {path}, options).count() > 0, true);
  options.text.job.resume = true;
  (void)sequences(world(), {path}, options).count();
  options.overlap = 3;
  EXPECT_THAT(error_of([&] { (void)sequences(world(), {path}, options).count(); }).what(),
              HasSubstr("overlap"));
  options.overlap = 2;
  options.text.configuration = "strands=2\n";
  EXPECT_THAT(error_of([&] { (void)sequences(world(), {path}, options).count(); }).what(),
              HasSubstr("strands"));
}

}  // namespace
}  // namespace serried::mapreduce
