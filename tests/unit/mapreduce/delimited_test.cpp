#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/delimited.hpp>
#include <serried/mapreduce/delimited_reader.hpp>
#include <serried/mapreduce/quote_parity.hpp>

#include "compress.hpp"
#include "error_of.hpp"
#include "files.hpp"
#include "naive_delimited.hpp"
#include "random_text.hpp"
#include "temporary_directory.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using test::Random;
using testing::ElementsAre;
using testing::HasSubstr;

struct Outcome {
  std::vector<test::Row> rows{};
  std::uint64_t n_bytes = 0;
  std::string error{};
  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << testing::PrintToString(outcome.rows) << ", " << outcome.n_bytes << " bytes, error '"
               << outcome.error << "'";
  }
};

// The records of all splits in order, or the error of the first one that has any.
Outcome outcome_of(const Input& input, const Delimited& kind, std::uint64_t split_bytes,
                   std::size_t window_bytes) {
  Outcome outcome;
  const auto reader = delimited_format(kind).make_reader(window_bytes, {});
  const DelimitedFeed feed(kind);
  for (const Split& split : make_splits({input}, split_bytes)) {
    try {
      reader->read(input, split, [&](const Block& block) {
        feed(std::string_view(block.text.data(), block.text.size()),
             [&](const Fields& fields) { outcome.rows.emplace_back(fields.begin(), fields.end()); });
        std::ranges::fill(block.text, '"');  // the block is the visitor's
        outcome.n_bytes += block.n_bytes;
        return true;
      });
    } catch (const Error& error) {
      return {.error = error.what()};
    }
  }
  return outcome;
}

Delimited random_kind(Random& random) {
  Delimited kind{.delimiter = ",;\t|"[random.below(4)],
                 .quoting = static_cast<Quoting>(random.below(3)),
                 .has_header = random.below(2) == 0,
                 .n_columns = random.below(4)};
  if (kind.n_columns > 0 && random.below(2) == 0) {
    kind.names = std::vector<std::string>{"a", "b c", "d"};
    kind.names.resize(kind.n_columns);
  }
  return kind;
}

class DelimitedTest : public testing::Test {
 protected:
  [[nodiscard]] Input write(std::string_view text, const std::string& name = "rows.csv") const {
    test::write_file(folder_.path() / name, text);
    return {(folder_.path() / name).string(), text.size(),
            name.ends_with(".gz") ? Encoding::gzip : Encoding::plain};
  }
  [[nodiscard]] Outcome whole(std::string_view text, const Delimited& kind = {}) const {
    return outcome_of(write(text), kind, 1 << 30, 1 << 16);
  }

  // For many sizes of splits and windows, what the naive parser says; for a text that breaks the rules the same error.
  void expect_as_naive(const std::string& text, const Delimited& kind, Random& random, int n_sizes) const {
    const Input input = write(text);
    const auto naive = test::naive_rows(text, kind);
    const Outcome all = outcome_of(input, kind, std::numeric_limits<std::uint32_t>::max(), 1 << 16);
    ASSERT_EQ(all.error.empty(), naive.has_value()) << all.error << "\n" << testing::PrintToString(text);
    if (naive) {
      ASSERT_EQ(all.rows, *naive) << testing::PrintToString(text);
      ASSERT_EQ(all.n_bytes, text.size()) << testing::PrintToString(text);
    }
    for (int i = 0; i < n_sizes; ++i) {
      const std::uint64_t split_bytes = i < 10 ? static_cast<std::uint64_t>(i) + 1 : random.between(1, 200);
      const std::size_t window_bytes = random.below(3) == 0 ? 1 << 16 : random.between(1, 90);
      ASSERT_EQ(outcome_of(input, kind, split_bytes, window_bytes), all)
          << testing::PrintToString(text) << ", splits of " << split_bytes << ", window of " << window_bytes;
    }
  }

  test::TemporaryDirectory folder_;
};

TEST_F(DelimitedTest, EveryRecordOnceForAllSizes) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (int round = 0; round < 200; ++round) {
    const Delimited kind = random_kind(random);
    const std::string text = test::random_delimited(random, kind, random.between(0, 12));
    ASSERT_TRUE(test::naive_rows(text, kind)) << "a text that keeps the rules";
    ASSERT_NO_FATAL_FAILURE(expect_as_naive(text, kind, random, 20));
  }
}

// Whatever the damage: never a crash, and whether it shows depends on the file alone, and what is said too.
TEST_F(DelimitedTest, DamageIsTheSameErrorForAllSizes) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  int n_errors = 0;
  for (int round = 0; round < 500; ++round) {
    Delimited kind = random_kind(random);
    if (random.below(4) == 0) {
      kind.max_record_bytes = random.between(20, 200);
    }
    std::string text = test::random_delimited(random, kind, random.between(1, 12));
    for (std::size_t n = random.between(1, 3); n > 0 && !text.empty(); --n) {
      const std::size_t at = random.below(text.size());
      switch (random.below(5)) {
        case 0:
          text[at] = static_cast<char>(random.bits());
          break;
        case 1:
          text[at] = "\n\r\",;\t"[random.below(6)];
          break;
        case 2:
          text.erase(at, random.between(1, 30));
          break;
        case 3:
          text.insert(at, random.bytes(random.between(1, 30), random.below(2) == 0 ? "" : "\n\r\",;a"));
          break;
        default:
          text.resize(at);
      }
    }
    const Input input = write(text);
    const Outcome all = outcome_of(input, kind, std::numeric_limits<std::uint32_t>::max(), 1 << 16);
    n_errors += static_cast<int>(!all.error.empty());
    if (kind.max_record_bytes > 200) {
      ASSERT_NO_FATAL_FAILURE(expect_as_naive(text, kind, random, 8));
    }
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t split_bytes = random.between(1, 100);
      const std::size_t window_bytes = random.between(1, 100);
      ASSERT_EQ(outcome_of(input, kind, split_bytes, window_bytes), all)
          << testing::PrintToString(text) << ", splits of " << split_bytes << ", window of " << window_bytes;
    }
  }
  EXPECT_GT(n_errors, 100);
}

TEST_F(DelimitedTest, RandomBytes) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (int round = 0; round < 200; ++round) {
    const std::string_view alphabet = random.below(2) == 0 ? "" : "\"\",\n\ra";
    ASSERT_NO_FATAL_FAILURE(
        expect_as_naive(random.bytes(random.below(300), alphabet), random_kind(random), random, 6));
  }
}

// Longer than what quotes are counted in, read by threads that share the counting.
TEST_F(DelimitedTest, ThreadsFindTheQuotesBeforeTheirSplits) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  const Delimited kind{.n_columns = 3};
  std::string text;
  while (text.size() < 4'500'000) {
    text += random.bytes(random.between(1, 30), "ab") + ",\"" + random.bytes(random.below(3000), "ab,\n") +
            "\"," + std::to_string(random.below(1000)) + "\n";
  }
  const Input input = write(text);
  const Outcome all = outcome_of(input, kind, std::uint64_t{1} << 40, 1 << 20);
  ASSERT_EQ(all.error, "");
  const std::vector<Split> splits = make_splits({input}, 300'000);
  std::vector<std::vector<test::Row>> rows_of(splits.size());
  const Format format = delimited_format(kind);
  const DelimitedFeed feed(kind);
  std::vector<std::thread> threads;
  constexpr std::size_t n_threads = 4;
  for (std::size_t thread = 0; thread < n_threads; ++thread) {
    threads.emplace_back([&, thread] {
      const auto reader = format.make_reader(50'000, [] { return false; });
      for (std::size_t i = thread; i < splits.size(); i += n_threads) {
        const std::size_t split = splits.size() - 1 - i;  // the last need most
        reader->read(input, splits[split], [&](const Block& block) {
          feed(std::string_view(block.text.data(), block.text.size()),
               [&](const Fields& fields) { rows_of[split].emplace_back(fields.begin(), fields.end()); });
          return true;
        });
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  std::vector<test::Row> rows;
  for (auto& some : rows_of) {
    std::ranges::move(some, std::back_inserter(rows));
  }
  EXPECT_TRUE(rows == all.rows);
}

TEST_F(DelimitedTest, TheCountOfQuotesBeforeAnyOffset) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  const std::string text = random.bytes(2'200'000, "\"ab");
  const Input input = write(text);
  QuoteParity quotes;
  for (const std::uint64_t offset :
       {std::uint64_t{0}, std::uint64_t{1} << 20, std::uint64_t{2'200'000}, random.bits() % 2'200'000}) {
    const auto n = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '"');
    EXPECT_EQ(quotes.is_odd_before(input, offset, {}), n % 2 != 0) << offset;
  }
  QuoteParity stopped;
  EXPECT_EQ(stopped.is_odd_before(input, 2'000'000, [] { return true; }), std::nullopt);
  const Input shorter{input.path, text.size() + 5'000'000};
  QuoteParity other;
  for (int i = 0; i < 2; ++i) {
    const Error error = error_of([&] { (void)other.is_odd_before(shorter, 7'000'000, {}); });
    EXPECT_THAT(error.what(), HasSubstr("byte 2200000: the file became shorter"));
  }
}

TEST_F(DelimitedTest, RecordsLongerThanTheWindow) {
  const std::string big(300'000, 'x');
  const std::string text = "a,\"" + big + "\n" + big + "\"\nb," + big;
  const Outcome expected{{{"a", big + "\n" + big}, {"b", big}}, text.size(), ""};
  EXPECT_TRUE(outcome_of(write(text), {}, 100'000, 10) == expected);
}

TEST_F(DelimitedTest, CompressedFilesAreOneSplit) {
  SERRIED_TRACE_SEED();
  Random random(test::run_seed());
  for (int round = 0; round < 20; ++round) {
    const Delimited kind = random_kind(random);
    const std::string text = test::random_delimited(random, kind, 8);
    const Outcome plain = whole(text, kind);
    EXPECT_EQ(plain.error, "");
    EXPECT_EQ(outcome_of(write(test::gzip(text), "a.gz"), kind, 10, random.between(1, 50)), plain);
  }
  EXPECT_THAT(outcome_of(write(test::gzip("a,b\nc\n"), "a.gz"), {.n_columns = 2}, 10, 7).error,
              HasSubstr("byte 4: record 2, 'c': 1 columns, expected 2"));
}

TEST_F(DelimitedTest, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string text;
    Delimited kind;
    std::string message;
  };
  Delimited short_records = csv();
  short_records.max_record_bytes = 10;
  const Delimited named{.has_header = true, .names = {"id", "name"}};
  const std::vector<Case> cases = {
      {"a,b\nc\n", {.n_columns = 2}, "byte 4: record 2, 'c': 1 columns, expected 2"},
      {"\n\na,b,c\n", {.n_columns = 2}, "byte 2: record 1, 'a,b,c': 3 columns, expected 2"},
      {"a\n5\" disk\n", {}, "byte 3: record 2, '5\" disk': a quote in a field that does not begin with one"},
      {"a\n\"b\"c\n", {}, "byte 5: record 2, '\"b\"c': something stands between a quote"},
      {"a\n\"b\nc", {}, "byte 2: record 2, '\"b': a field in quotes has no end"},
      {"a\n\"b\nc\"", {.quoting = Quoting::within_lines}, "byte 4: record 2, '\"b': a line ends inside"},
      {"id,nam\n", named, "byte 0: the header names id, nam; expected id, name"},
      {"id\n", {.has_header = true, .n_columns = 2}, "byte 0: the header, 'id': 1 columns, expected 2"},
      {"a\n\"12345678901234\"", short_records, "byte 2: record 2, '\"12345678901234\"': more than 10 bytes"},
  };
  for (const auto& [text, kind, message] : cases) {
    EXPECT_THAT(whole(text, kind).error, HasSubstr(message)) << testing::PrintToString(text);
  }
}

TEST_F(DelimitedTest, WithoutQuotesTheyAreBytes) {
  EXPECT_EQ(whole("\"a\t5\"\n\t\"\n", tsv()).rows, (std::vector<test::Row>{{"\"a", "5\""}, {"", "\""}}));
}

TEST_F(DelimitedTest, EmptyFieldsAndLines) {
  EXPECT_EQ(whole("\n\"\"\n,\n\r\n").rows, (std::vector<test::Row>{{""}, {"", ""}}));
  for (const std::string_view text : {"", "\n", "\r\n\n", "\xef\xbb\xbf", "\xef\xbb\xbf\n"}) {
    EXPECT_EQ(whole(text), (Outcome{{}, text.size(), ""})) << testing::PrintToString(text);
  }
}

TEST_F(DelimitedTest, FieldsByNumberAndName) {
  const Delimited kind{.has_header = true, .names = {"id", "price", "note"}};
  std::string block = "7,-2.5e3,\"a \"\"b\"\"\"\n300,x,\n";
  std::vector<std::string> said;
  const DelimitedFeed feed(kind);
  feed(block, [&](const Fields& fields) {
    EXPECT_EQ(fields.size(), 3U);
    said.push_back(std::to_string(fields.number<int>(0)) + std::string(fields[2]));
    for (const auto& broken :
         std::vector<std::function<void()>>{[&] { (void)fields.number<std::uint8_t>(0); },
                                            [&] { (void)fields.number<double>(column_of(kind, "price")); },
                                            [&] { (void)fields.number<int>(2); }, [&] { (void)fields[3]; }}) {
      try {
        broken();
        said.emplace_back("good");
      } catch (const Error& error) {
        said.emplace_back(error.problem());
      }
    }
  });
  EXPECT_THAT(
      said, ElementsAre(
                "7a \"b\"", "good", "good",
                "column 3 (note) holds 'a \"b\"', which is no such number, in the record '7,-2.5e3,a \"b\"'",
                "a record has 3 columns, column 4 was asked for: '7,-2.5e3,a \"b\"'", "300",
                "column 1 (id) holds '300', which is out of the number's range, in the record '300,x,'",
                "column 2 (price) holds 'x', which is no such number, in the record '300,x,'",
                "column 3 (note) holds '', which is no such number, in the record '300,x,'",
                "a record has 3 columns, column 4 was asked for: '300,x,'"));
  EXPECT_THAT(error_of([&] { (void)column_of(kind, "prize"); }).what(),
              HasSubstr("there is no column prize; there are: id, price, note"));
}

TEST_F(DelimitedTest, HeadersAreFoundAlone) {
  const Delimited kind;
  EXPECT_THAT(DelimitedReader::header_of(write("\xef\xbb\xbf\"a \"\"x\"\"\",b\n\"broken"), kind),
              ElementsAre("a \"x\"", "b"));
  EXPECT_THAT(DelimitedReader::header_of(write("only"), kind), ElementsAre("only"));
  EXPECT_THAT(DelimitedReader::header_of(write(std::string(10'000, 'n') + "\n1"), kind),
              ElementsAre(std::string(10'000, 'n')));
  EXPECT_THAT(DelimitedReader::header_of(write(""), kind), ElementsAre());
}

TEST_F(DelimitedTest, StopsWhenToldTo) {
  const Input input = write("a,b\nc,d\ne,f\n");
  const auto reader = delimited_format(csv()).make_reader(5, {});
  int n_calls = 0;
  reader->read(input, {0, {0, input.size}}, [&](const Block&) { return ++n_calls < 2; });
  EXPECT_EQ(n_calls, 2);
}

TEST_F(DelimitedTest, FormatsThatDifferHaveOtherNames) {
  const std::vector<Delimited> kinds = {csv(),
                                        tsv(),
                                        {.delimiter = ';'},
                                        {.has_header = true},
                                        {.n_columns = 2},
                                        {.names = {"a", "b"}},
                                        {.quoting = Quoting::within_lines}};
  std::vector<std::string> names;
  for (const Delimited& kind : kinds) {
    names.push_back(delimited_format(kind).name);
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_THROW((void)delimited_format({.delimiter = 'a'}), std::logic_error);
  EXPECT_THROW((void)delimited_format({.delimiter = '"'}), std::logic_error);
}

}  // namespace
}  // namespace serried::mapreduce
