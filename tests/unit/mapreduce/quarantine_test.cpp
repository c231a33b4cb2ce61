// Records on which functions throw: skipped as a whole, listed, and the same for any number of ranks and threads.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <new>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/hdf5/complete_file.hpp>
#include <serried/mapreduce.hpp>
#include <serried/mapreduce/sequences.hpp>

#include "compress.hpp"
#include "same_error_of.hpp"
#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::same_error_of;
using test::small_pieces;
using test::world;
using testing::HasSubstr;

// A number, or an error.
std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      throw std::invalid_argument("'" + std::string(text) + "' is no number");
    }
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

class QuarantineTest : public testing::Test {
 protected:
  // The list after `run(options)`, which may be called with any number of threads. All of them must give the same.
  template <class Run>
  std::string list_of(Run run) {
    std::string first;
    for (const int threads : {1, 3}) {
      Quarantine quarantine(world(), folder_.path("bad.tsv"));
      TextOptions options = small_pieces(threads);
      options.quarantine = &quarantine;
      run(options);
      quarantine.write();
      const std::string list = folder_.read("bad.tsv");
      const auto n_lines = static_cast<std::uint64_t>(std::ranges::count(list, '\n'));
      EXPECT_EQ(quarantine.n_records(), n_lines);
      EXPECT_EQ(quarantine.exit_code(), n_lines == 0 ? ExitCode::done : ExitCode::some_tasks_failed);
      EXPECT_TRUE(threads == 1 || list == first) << list << "and with one thread\n" << first;
      first = list;
    }
    return first;
  }

  test::SharedFolder folder_;
};

TEST_F(QuarantineTest, ListsRecordsInTheOrderOfTheInputAndGoesOnWithoutThem) {
  std::string text;
  std::string expected;
  std::uint64_t sum = 0;
  const std::string path = folder_.path("text");
  for (std::uint64_t i = 0; i < 400; ++i) {
    if (i % 23 == 7) {
      expected += path + "\t" + std::to_string(text.size()) + "\t'x" + std::to_string(i) + "' is no number\n";
      text += "x" + std::to_string(i) + "\n";
    } else {
      sum += i;
      text += std::to_string(i) + "\n";
    }
  }
  (void)folder_.write("text", text);
  EXPECT_EQ(list_of([&](const TextOptions& options) {
              EXPECT_EQ(text_lines(world(), {path}, options).map(number_of).sum(), sum);
            }),
            expected);
}

TEST_F(QuarantineTest, WordsAndWhatIsCompressedHaveOffsetsInTheText) {
  std::string text = "1 bad  22\n\n worse 333 ";
  const std::string plain = folder_.write("a", text);
  const std::string packed = folder_.write("b.gz", test::gzip(text));
  EXPECT_EQ(list_of([&](const TextOptions& options) {
              EXPECT_EQ(text_words(world(), {plain, packed}, options).map(number_of).sum(), 2 * 356U);
            }),
            plain + "\t2\t'bad' is no number\n" + plain + "\t12\t'worse' is no number\n" +  //
                packed + "\t2\t'bad' is no number\n" + packed + "\t12\t'worse' is no number\n");
}

TEST_F(QuarantineTest, NothingOfASkippedRecordEntersTheResult) {
  // The last word of a line throws, when others have been emitted, and two functions further on.
  const std::string path = folder_.write("text", "1 2 3\n4 5 x\n6\n7 y 8\n9\n");
  const std::string list = list_of([&](const TextOptions& options) {
    const auto counts = text_lines(world(), {path}, options)
                            .flat_map<std::string_view>([](std::string_view line, auto& emit) {
                              for (const std::string_view word : words(line)) {
                                emit(word);
                              }
                            })
                            .filter([](std::string_view word) { return word != "2"; })
                            .map([](std::string_view word) {
                              return KeyValue{number_of(word) % 2, number_of(word)};
                            })
                            .reduce_by_key(std::plus<>{})
                            .records()
                            .sort_by(ascending_key)
                            .collect();
    if (world().is_root()) {
      ASSERT_EQ(counts.size(), 2U);
      EXPECT_EQ(counts[0].value, 6U);
      EXPECT_EQ(counts[1].value, 1 + 3 + 9U);
    }
  });
  EXPECT_EQ(list, path + "\t6\t'x' is no number\n" + path + "\t14\t'y' is no number\n");
}

TEST_F(QuarantineTest, ASortIsSampledInSpiteOfBadRecords) {
  std::string text;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    text += i % 10 == 3 ? "bad\n" : std::to_string(i * 7919 % 3000) + "\n";
  }
  const std::string path = folder_.write("text", text);
  const std::string list = list_of([&](TextOptions options) {
    options.split_bytes = 4096;
    const auto sorted = text_lines(world(), {path}, options).map(number_of).sort().collect();
    EXPECT_TRUE(std::ranges::is_sorted(sorted));
    EXPECT_EQ(sorted.size(), world().is_root() ? 2700U : 0U);
  });
  EXPECT_EQ(std::ranges::count(list, '\n'), 300);
}

TEST_F(QuarantineTest, FieldsOfDelimitedText) {
  const std::string path = folder_.write("sales.csv", "shop,price\na,1\n\"b\",x\n\n\"c \"\"d\"\"\",2\ne,\n");
  const std::string list = list_of([&](const TextOptions& options) {
    Delimited kind = csv();
    kind.has_header = true;
    EXPECT_EQ(delimited(world(), {path}, kind, options)
                  .map([](const Fields& row) { return row.number<std::uint64_t>(1); })
                  .sum(),
              3U);
  });
  EXPECT_THAT(list, testing::StartsWith(path + "\t15\t"));
  EXPECT_THAT(list, HasSubstr("\n" + path + "\t34\t"));
  EXPECT_EQ(std::ranges::count(list, '\n'), 2);
}

TEST_F(QuarantineTest, RecordsThatAreNoText) {
  const auto odd = [](std::uint64_t i) {
    if (i % 400 == 123) {
      throw Error("unlucky");
    }
    return i;
  };
  EXPECT_EQ(list_of([&](const TextOptions& options) {
              EXPECT_EQ(indices(world(), 1000, options).map(odd).sum(), 499'500U - 123 - 523 - 923);
            }),
            "indices\t123\tunlucky\nindices\t523\tunlucky\nindices\t923\tunlucky\n");
  const std::vector<int> numbers = {5, 3, -1, 8};
  EXPECT_EQ(list_of([&](const TextOptions& options) {
              EXPECT_EQ(elements(world(), std::span(numbers), options)
                            .map([&](int i) { return number_of(std::to_string(i)); })
                            .sum(),
                        16U);
            }),
            "indices\t2\t'-1' is no number\n");
  const std::string records = folder_.write("records", "0001000x0002");
  EXPECT_EQ(list_of([&](const TextOptions& options) {
              EXPECT_EQ(binary_records(world(), {records}, 4, options).map(number_of).sum(), 3U);
            }),
            records + "\t4\t'000x' is no number\n");
  const std::string whole = folder_.write("whole", "x");
  EXPECT_EQ(list_of([&](const TextOptions& options) {
              EXPECT_EQ(files(world(), {whole, records}, 100, options)
                            .map([](const WholeFile& file) { return number_of(file.content.substr(0, 3)); })
                            .sum(),
                        0U);
            }),
            whole + "\t0\t'x' is no number\n");
}

TEST_F(QuarantineTest, RowsOfHdf5AreNumbered) {
  const std::string path = folder_.path("a.h5");
  hdf5::write_complete_file(world(), path, [&](const hdf5::File& file) {
    std::vector<std::uint64_t> values(600);
    std::iota(values.begin(), values.end(), 0);
    file.create_dataset<std::uint64_t>("x", {200, 3}).write(values);
  });
  const auto all_but_two = [](std::span<const std::uint64_t> row) {
    return row[1] == 4 || row[2] == 599 ? throw Error("an unlucky row") : row[0];
  };
  EXPECT_EQ(list_of([&](const TextOptions& options) {
              EXPECT_EQ(hdf5_numbers<std::uint64_t>(world(), {path}, "x", 3, options).map(all_but_two).sum(),
                        3U * (199 * 200 / 2 - 1 - 199));
            }),
            path + "\t1\tan unlucky row\n" + path + "\t199\tan unlucky row\n");
}

TEST_F(QuarantineTest, StretchesOfSequences) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += ">a\nACGT\n>b\nNN" + std::string(1, "RYSWKMBDHV"[i % 10]) + "\n>c\nACG\n";
  }
  const std::string path = folder_.write("a.fasta", text);
  const std::string list = list_of([&](const TextOptions& options) {
    (void)sequences(world(), {path}, {.text = options})
        .map([](std::string_view letters) {
          return letters.find('N') != std::string_view::npos ? throw Error("unknown " + std::string(letters))
                                                             : letters.size();
        })
        .sum();
  });
  EXPECT_GE(std::ranges::count(list, '\n'), 60);  // where blocks end, stretches are cut
  EXPECT_THAT(list, testing::StartsWith(path + "\t0\tunknown N"));
  EXPECT_THAT(list, HasSubstr("\tunknown NNV\n"));
  EXPECT_THAT(list, testing::Not(HasSubstr("\t0\tunknown NNV\n")));
}

TEST_F(QuarantineTest, SavedRecordsOfManyBlocks) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) {
    text += (i % 1000 == 77 ? "x" : "") + std::to_string(i) + "\n";
  }
  const std::string path = folder_.path("saved");
  text_lines(world(), {folder_.write("lines", text)}).save(path);
  const std::string list = list_of([&](const TextOptions& options) {
    EXPECT_EQ(load<std::string>(world(), {path}, options).map(number_of).count(), 30'000U - 30);
  });
  EXPECT_EQ(std::ranges::count(list, '\n'), 30);
  EXPECT_THAT(list, HasSubstr("\t'x29077' is no number\n"));
}

TEST_F(QuarantineTest, TheListIsNoInput) {
  const std::string path = folder_.write("text", "1\n");
  Quarantine quarantine(world(), path);
  TextOptions options;
  options.quarantine = &quarantine;
  const Error error = same_error_of([&] { (void)text_lines(world(), {path}, options); });
  EXPECT_THAT(error.what(), HasSubstr("the list of skipped records would replace an input"));
  EXPECT_EQ(error.exit_code(), ExitCode::usage);
}

TEST_F(QuarantineTest, WhatIsReadTwiceIsListedOnce) {
  const std::string path = folder_.write("text", "1\nx\n3\ny\n5\n");
  const std::string list = list_of([&](const TextOptions& options) {
    const auto numbers = text_lines(world(), {path}, options).map(number_of);
    EXPECT_EQ(numbers.sum(), 9U);
    EXPECT_EQ(numbers.count(), 3U);
    const auto numbered = numbers.zip_with_index().collect();
    if (world().is_root()) {
      ASSERT_EQ(numbered.size(), 3U);
      EXPECT_EQ(numbered[2].key, 2U);
      EXPECT_EQ(numbered[2].value, 5U);
    }
  });
  EXPECT_EQ(list, path + "\t2\t'x' is no number\n" + path + "\t6\t'y' is no number\n");
}

TEST_F(QuarantineTest, BehindANumberingTheNumbersOfBadRecordsAreLeftOut) {
  // Numbered words; that of "x" throws only behind the numbers, that of "?" before them.
  const std::string path = folder_.write("text", "1 2\n3 x 4\n5\n6 ? 7\n8 9\n");
  const auto words_of = [](std::string_view line, auto& emit) {
    for (const std::string_view word : words(line)) {
      emit(word == "?" ? throw Error("no word") : word);
    }
  };
  std::vector<std::uint64_t> numbers;
  const std::string list = list_of([&](const TextOptions& options) {
    const auto parsed = text_lines(world(), {path}, options)
                            .flat_map<std::string_view>(words_of)
                            .zip_with_index()
                            .map([](const auto& item) {
                              return KeyValue{item.key, number_of(item.value)};
                            });
    const auto items = parsed.collect();
    if (world().is_root()) {
      const std::vector<KeyValue<std::uint64_t, std::uint64_t>> expected = {
          {0, 1}, {1, 2}, {5, 5}, {6, 8}, {7, 9}};
      EXPECT_EQ(items, expected);
    }
    // Numbered once more: what throws between the numberings has no second number.
    const auto twice =
        parsed.zip_with_index()
            .map([](const auto& item) {
              return KeyValue{item.key, item.value.value != 8 ? item.value.value : throw Error("an eight")};
            })
            .collect();
    if (world().is_root()) {
      const std::vector<KeyValue<std::uint64_t, std::uint64_t>> expected = {{0, 1}, {1, 2}, {2, 5}};
      EXPECT_EQ(twice, expected);
    }
  });
  EXPECT_EQ(list, path + "\t4\t'x' is no number\n" + path + "\t12\tno word\n" + path + "\t18\tan eight\n");
}

TEST_F(QuarantineTest, ASampleIsTheSameWhateverThrowsBehindIt) {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += i % 20 == 3 ? "x\n" : std::to_string(i) + "\n";
  }
  const std::string path = folder_.write("text", text);
  const auto share_of = [&](const TextOptions& options) {
    return text_lines(world(), {path}, options).sample(0.5, 7);
  };
  std::uint64_t sum = 0;
  std::uint64_t n_bad = 0;
  for (const std::string& line : share_of(small_pieces(1)).collect()) {
    n_bad += line == "x" ? 1 : 0;
    sum += line == "x" ? 0 : number_of(line);
  }
  sum = mpi::broadcast_value(world(), sum);
  n_bad = mpi::broadcast_value(world(), n_bad);
  const std::string list =
      list_of([&](const TextOptions& options) { EXPECT_EQ(share_of(options).map(number_of).sum(), sum); });
  EXPECT_EQ(std::ranges::count(list, '\n'), static_cast<std::ptrdiff_t>(n_bad));
  EXPECT_GT(n_bad, 3U);
}

TEST_F(QuarantineTest, SourcesAreListedInTheOrderInWhichTheyWereMade) {
  const std::string z = folder_.write("z", "1\nzzz\n");
  const std::string a = folder_.write("a", "aaa\n1\n");
  const std::string list = list_of([&](const TextOptions& options) {
    const auto first = text_lines(world(), {z}, options).map(number_of);
    const auto second = text_lines(world(), {a}, options).map(number_of);
    EXPECT_EQ(first.union_with(second).sum(), 2U);
  });
  EXPECT_EQ(list, z + "\t2\t'zzz' is no number\n" + a + "\t0\t'aaa' is no number\n");
}

TEST_F(QuarantineTest, MessagesAreOneLine) {
  const std::string path = folder_.write("text", "a\n");
  const std::string list = list_of([&](const TextOptions& options) {
    (void)text_lines(world(), {path}, options)
        .filter([](std::string_view) -> bool {
          throw std::runtime_error("tab\tand\nline" + std::string(600, '.'));
        })
        .count();
  });
  EXPECT_EQ(list, path + "\t0\ttab\\x09and\\nline" + std::string(488, '.') + "...\n");
  EXPECT_EQ(
      list_of([&](const TextOptions& options) {
        (void)text_lines(world(), {path}, options).filter([](std::string_view) -> bool { throw 7; }).count();
      }),
      path + "\t0\tan exception that is no std::exception\n");
}

TEST_F(QuarantineTest, WithNothingToListTheListIsEmpty) {
  const std::string path = folder_.write("text", "1\n2\n");
  EXPECT_EQ(list_of([&](const TextOptions& options) {
              EXPECT_EQ(text_lines(world(), {path}, options).map(number_of).sum(), 3U);
            }),
            "");
}

TEST_F(QuarantineTest, ALimitEndsTheJob) {
  const std::string path = folder_.write("text", "x\nx\nx\nx\n1\nx\nx\n");
  for (const std::uint64_t n_most : {5, 6}) {
    Quarantine quarantine(world(), folder_.path("bad.tsv"), n_most);
    TextOptions options = small_pieces(2);
    options.quarantine = &quarantine;
    const auto numbers = text_lines(world(), {path}, options).map(number_of);
    if (n_most == 6) {
      EXPECT_EQ(numbers.sum(), 1U);
      EXPECT_EQ(quarantine.remark(), "6 records were skipped, listed in " + folder_.path("bad.tsv"));
    } else {
      const Error error = same_error_of([&] { (void)numbers.sum(); });
      EXPECT_THAT(error.what(), HasSubstr("more than 5 records failed; the last: 'x' is no number"));
      EXPECT_EQ(error.path(), path);
      EXPECT_EQ(error.exit_code(), ExitCode::failed);
    }
  }
  EXPECT_THAT(folder_.names(), testing::ElementsAre("text")) << "no list that is not complete";
}

TEST_F(QuarantineTest, WhatIsNotTheRecordsFaultEndsTheJob) {
  const std::string path = folder_.write("text", "1\n2\n");
  Quarantine quarantine(world(), folder_.path("bad.tsv"));
  TextOptions options = small_pieces(2);
  options.quarantine = &quarantine;
  const auto fails_with = [&](auto exception) {
    return same_error_of([&] {
      (void)text_lines(world(), {path}, options)
          .filter([&](std::string_view) -> bool { throw exception; })
          .count();
    });
  };
  EXPECT_THAT(fails_with(std::bad_alloc()).what(), HasSubstr("out of memory"));
  EXPECT_EQ(fails_with(Error("later").exit_code(ExitCode::resumable)).exit_code(), ExitCode::resumable);
  const std::string broken = folder_.write("broken.gz", test::gzip("1\n2\n").substr(0, 12));
  EXPECT_EQ(same_error_of([&] { (void)text_lines(world(), {broken}, options).map(number_of).sum(); }).path(),
            broken);
  const std::string wide = folder_.write("wide.csv", "1,2\n1,2,3\n");
  Delimited kind = csv();
  kind.n_columns = 2;
  EXPECT_THAT(same_error_of([&] {
                (void)delimited(world(), {wide}, kind, options)
                    .map([](const Fields& row) { return row.number<int>(0); })
                    .sum();
              }).what(),
              HasSubstr("3 columns, expected 2"));
  EXPECT_EQ(same_error_of([&] {
              (void)text_lines(world(), {path}, options)
                  .map([](std::string_view) {
                    return KeyValue{1, 1};
                  })
                  .reduce_by_key([](int, int) -> int { throw Error("of the operation"); });
            }).problem(),
            "of the operation");
  EXPECT_EQ(quarantine.n_records(), 0U);
}

TEST_F(QuarantineTest, AResumedJobListsWhatWasSkippedBefore) {
  std::string text;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    sum += i % 50 == 49 ? 0 : i;
    text += i % 50 == 49 ? "x\n" : std::to_string(i) + "\n";
  }
  const std::string path = folder_.write("text", text);
  const auto run = [&](int threads, bool is_resumed, std::uint64_t stop_at) {
    Quarantine quarantine(world(), folder_.path("bad.tsv"));
    TextOptions options = small_pieces(threads);
    options.split_bytes = 100;
    options.quarantine = &quarantine;
    options.job.checkpoint = folder_.path("ledger");
    options.job.checkpoint_every = std::chrono::milliseconds(0);
    options.job.resume = is_resumed;
    const auto words = text_lines(world(), {path}, options).map([stop_at](std::string_view line) {
      const std::uint64_t number = number_of(line);
      return number == stop_at ? throw Error("not now").exit_code(ExitCode::resumable) : number;
    });
    EXPECT_EQ(words.sum(), sum);
    quarantine.write();
  };
  EXPECT_EQ(same_error_of([&] { run(2, false, 444); }).problem(), "not now");
  run(3, true, 1000);
  const std::string list = folder_.read("bad.tsv");
  EXPECT_EQ(std::ranges::count(list, '\n'), 10);
  run(1, true, 1000);
  EXPECT_EQ(folder_.read("bad.tsv"), list) << "all of it from the checkpoint";
  folder_.on_root([&] { std::filesystem::remove_all(folder_.path("ledger")); });
  run(1, false, 1000);
  EXPECT_EQ(folder_.read("bad.tsv"), list) << "as without a stop";
  // Without a quarantine records would be missing, and nobody would know.
  EXPECT_THAT(same_error_of([&] {
                TextOptions options = small_pieces(1);
                options.split_bytes = 100;
                options.job.checkpoint = folder_.path("ledger");
                options.job.resume = true;
                (void)text_lines(world(), {path}, options).map(number_of).sum();
              }).what(),
              HasSubstr("ledger"));
}

}  // namespace
}  // namespace serried::mapreduce
