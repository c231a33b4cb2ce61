#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/fasta.hpp>
#include <serried/mapreduce/sequence_reader.hpp>

#include "compress.hpp"
#include "error_of.hpp"
#include "files.hpp"
#include "naive_sequences.hpp"
#include "random_text.hpp"
#include "temporary_directory.hpp"

namespace serried::mapreduce {
namespace {

using test::Random;
using testing::HasSubstr;

struct Outcome {
  std::vector<std::string> runs;  // sorted
  std::uint64_t n_bytes = 0;
  std::string error;
  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend void PrintTo(const Outcome& outcome, std::ostream* out) {
    *out << outcome.runs.size() << " runs of " << outcome.n_bytes << " bytes, error '" << outcome.error
         << "'";
  }
};

// The runs of overlap + 1 letters of all splits, or the error of the first one that has any.
Outcome outcome_of(const Input& input, std::size_t overlap, std::uint64_t split_bytes,
                   std::size_t window_bytes) {
  Outcome outcome;
  SequenceReader reader(overlap, window_bytes);
  for (const Split& split : make_splits({input}, split_bytes)) {
    try {
      reader.read(input, split, [&](const Block& block) {
        const std::string text(block.text.begin(), block.text.end());
        std::ranges::move(test::runs_of(test::bytes_of(test::naive_lines(text)), overlap + 1),
                          std::back_inserter(outcome.runs));
        std::ranges::fill(block.text, '#');  // the block is the visitor's
        outcome.n_bytes += block.n_bytes;
        return true;
      });
    } catch (const Error& error) {
      return {{}, 0, error.what()};
    }
  }
  std::ranges::sort(outcome.runs);
  return outcome;
}

class SequenceReaderTest : public testing::Test {
 protected:
  [[nodiscard]] Input write(std::string_view text, const std::string& name = "sequences") const {
    test::write_file(folder_.path() / name, text);
    const Encoding encoding = name.ends_with(".gz") ? Encoding::gzip : Encoding::plain;
    return {(folder_.path() / name).string(), text.size(), encoding};
  }
  [[nodiscard]] Outcome whole(std::string_view text, std::size_t overlap = 0) const {
    return outcome_of(write(text), overlap, 1 << 30, 1 << 16);
  }

  // For many sizes of splits and windows, what the naive parser says; for a text that breaks the rules the same error.
  void expect_as_naive(const std::string& text, Random& random, bool is_thorough) const {
    const Input input = write(text);
    const std::optional<test::Sequences> naive = test::naive_sequences(text);
    for (const std::size_t overlap : {std::size_t{0}, std::size_t{1}, random.between(2, 30)}) {
      const Outcome all = outcome_of(input, overlap, std::numeric_limits<std::uint32_t>::max(), 1 << 16);
      ASSERT_EQ(all.error.empty(), naive.has_value()) << all.error << "\n" << testing::PrintToString(text);
      if (naive) {
        std::vector<std::string> expected = test::runs_of(*naive, overlap + 1);
        std::ranges::sort(expected);
        ASSERT_EQ(all.runs, expected) << testing::PrintToString(text);
        ASSERT_EQ(all.n_bytes, text.size());
      }
      for (int i = 0; i < (is_thorough ? 30 : 6); ++i) {
        const std::uint64_t split_bytes = i < 10 ? static_cast<std::uint64_t>(i) + 1 : random.between(1, 200);
        const std::size_t window_bytes = random.below(3) == 0 ? 1 << 16 : random.between(1, 60);
        ASSERT_EQ(outcome_of(input, overlap, split_bytes, window_bytes), all)
            << testing::PrintToString(text) << ", splits of " << split_bytes << ", window of " << window_bytes
            << ", overlap " << overlap;
      }
    }
  }

  test::TemporaryDirectory folder_;
};

TEST_F(SequenceReaderTest, EveryRunOnceForAllSizes) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (int round = 0; round < 30; ++round) {
    const std::size_t n_records = random.between(1, 8);
    const std::size_t max_letters = random.between(0, 80);
    ASSERT_NO_FATAL_FAILURE(
        expect_as_naive(test::random_fasta(random, n_records, max_letters), random, true));
    ASSERT_NO_FATAL_FAILURE(
        expect_as_naive(test::random_fastq(random, n_records, max_letters), random, true));
  }
}

// Damage of every kind: never a crash, and whether it shows depends on the file alone, and what is said too.
TEST_F(SequenceReaderTest, DamageIsTheSameErrorForAllSizes) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  int n_errors = 0;
  for (int round = 0; round < 300; ++round) {
    std::string text = round % 2 == 0 ? test::random_fasta(random, random.between(1, 6), 40)
                                      : test::random_fastq(random, random.between(1, 6), 40);
    for (std::size_t n = random.between(1, 3); n > 0 && !text.empty(); --n) {
      const std::size_t at = random.below(text.size());
      switch (random.below(6)) {
        case 0:
          text[at] = static_cast<char>(random.bits());
          break;
        case 1:
          text[at] = "\n\r@+>A"[random.below(6)];
          break;
        case 2:
          text.erase(at, random.between(1, 30));
          break;
        case 3:
          text.insert(at, random.bytes(random.between(1, 20)));
          break;
        case 4:
          text.insert(at, random.bytes(random.between(1, 20), "\n\r@+>AC"));
          break;
        default:
          text.resize(at);
      }
    }
    n_errors += static_cast<int>(!test::naive_sequences(text));
    ASSERT_NO_FATAL_FAILURE(expect_as_naive(text, random, false));
  }
  EXPECT_GT(n_errors, 50);
}

// Windows of another operating system, cut short by one byte.
TEST_F(SequenceReaderTest, ALoneReturnAtTheEndIsAnEmptyLine) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (const std::string text : {">a\r\nAC\r\n\r", "@a\r\nAC\r\n+\r\n!!\r\n\r", "@a\nAC\n+\n!!\r"}) {
    EXPECT_EQ(whole(text).error, "");
    expect_as_naive(text, random, true);
  }
}

TEST_F(SequenceReaderTest, AHeaderFoundFromItsMiddle) {
  const std::string longest(max_fasta_header - 1,
                            'A');  // with its '>' and without its newline, one byte too long
  EXPECT_THAT(whole(">" + longest + "\nACGT\n").error,
              HasSubstr("byte 0: record 1: a header of 1 MiB or more"));
  const Input input = write(">" + longest.substr(1) + "\nACGT\n");
  for (const std::uint64_t split_bytes : {std::uint64_t{1} << 18, (std::uint64_t{1} << 20) - 1}) {
    EXPECT_EQ(outcome_of(input, 3, split_bytes, 100).runs, std::vector<std::string>{"ACGT"});
  }
  for (const std::string& sequences :
       {std::string(">x\nAC\n>") + longest, ">x\nAC\n>" + longest + longest + longest}) {
    const Input too_long = write(sequences + "\nACGT\n");
    const Outcome all = outcome_of(too_long, 3, 1 << 30, 1 << 16);
    EXPECT_THAT(all.error, HasSubstr("byte 6: record 2: a header"));
    EXPECT_EQ(outcome_of(too_long, 3, 300'000, 1 << 16), all);
  }
}

TEST_F(SequenceReaderTest, ALongSequenceOnOneLine) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  const std::string sequence = random.bytes(3'000'000, "ACGT");
  const Input input = write(">chromosome\n" + sequence);
  std::uint64_t n_letters = 0;
  SequenceReader reader(20, 1 << 16);
  for (const Split& split : make_splits({input}, 100'000)) {
    reader.read(input, split, [&](const Block& block) {
      for (const std::string& line :
           test::bytes_of(test::naive_lines({block.text.data(), block.text.size()}))) {
        EXPECT_NE(sequence.find(line.substr(0, 40)), std::string::npos);
        n_letters += line.size() - std::min<std::size_t>(line.size(), 20);
      }
      return true;
    });
  }
  EXPECT_EQ(n_letters, sequence.size() - 20);
}

TEST_F(SequenceReaderTest, CompressedFilesAreOneSplit) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (int round = 0; round < 20; ++round) {
    for (const std::string& text : {test::random_fasta(random, 5, 50), test::random_fastq(random, 5, 50)}) {
      const Outcome plain = whole(text, 3);
      EXPECT_EQ(plain.error, "");
      const Outcome unpacked = outcome_of(write(test::gzip(text), "a.gz"), 3, 10, random.between(1, 50));
      EXPECT_EQ(unpacked, plain);
    }
  }
  const Outcome broken = outcome_of(write(test::gzip("@a\nAC\n+\nI\n"), "a.gz"), 3, 10, 7);
  EXPECT_THAT(broken.error, HasSubstr("byte 8: record 1: 1 qualities for a sequence of 2 letters"));
}

TEST_F(SequenceReaderTest, SaysWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ACGT\n",
       "byte 0: the file begins with byte 0x41: it is neither FASTA, which begins with '>', nor FASTQ"},
      {"\n>a\n", "byte 0: the file begins with byte 0x0a"},
      {">a\nAC\n>b\nA C\n", "byte 10: record 2: byte 0x20 in a sequence"},
      {">a\nA\rC\n", "byte 4: record 1: byte 0x0d in a sequence"},
      {">a\nA>b\n", "byte 4: record 1: byte 0x3e in a sequence"},
      {std::string(">a\nA\0C\n", 7), "byte 4: record 1: byte 0x00 in a sequence"},
      {"@a\nACGT\n+\nIII\n", "byte 10: record 1: 3 qualities for a sequence of 4 letters"},
      {"@a\nAC\n+\nII\n@b\nAC\n+\nIII\n", "byte 19: record 2: 3 qualities for a sequence of 2 letters"},
      {"@a\nAC\nGT\n+\nIIII\n", "byte 6: record 1: the third line begins with byte 0x47 instead of '+'"},
      {"@a\nAC\n+\nII\nb\n", "byte 11: record 2: a record begins with byte 0x62 instead of '@'"},
      {"@a\nAC\n+\n", "byte 8: record 1: 0 qualities for a sequence of 2 letters"},
      {"@a\nAC\n+", "byte 7: record 1: the file ends in the middle of a record"},
      {"@a", "byte 2: record 1: the file ends in the middle of a record"},
      {"@a\nAC\n+\nI\x7f\n", "byte 9: record 1: byte 0x7f in a quality"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(whole(text).error, HasSubstr(message)) << testing::PrintToString(text);
  }
}

TEST_F(SequenceReaderTest, StopsWhenToldTo) {
  const Input input = write(">a\nACGT\n>b\nACGT\n>c\nACGT\n");
  SequenceReader reader(0, 4);
  int n_calls = 0;
  reader.read(input, {0, {0, input.size}}, [&](const Block&) { return ++n_calls < 2; });
  EXPECT_EQ(n_calls, 2);
}

TEST_F(SequenceReaderTest, NothingButNoError) {
  for (const std::string_view text :
       {"", ">", ">a", ">a\n", ">a\n>b\r\n\n", "@a\n\n+\n\n", "@a\n\n+\n\n\r\n\n"}) {
    EXPECT_EQ(whole(text), (Outcome{{}, text.size(), ""})) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace serried::mapreduce
