// Files of saved records and damaged ones: an error or the right records, never a crash, never other records.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/saved_file.hpp>
#include <serried/mapreduce/saved_records.hpp>

#include "error_of.hpp"
#include "files.hpp"
#include "naive_saved.hpp"
#include "random_text.hpp"
#include "temporary_directory.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using test::naive_saved;
using testing::HasSubstr;

class SavedFileTest : public testing::Test {
 protected:
  // All records, split by split, as a pipeline would read them.
  std::vector<std::string> load(std::string_view bytes, std::uint64_t split_bytes = 1 << 20,
                                std::size_t window_bytes = 1 << 20) const {
    test::write_file(path_, bytes);
    const Format format = saved_records("text");
    const Input input{path_, bytes.size()};
    static_cast<void>(detail::SavedFile(input, "text"));  // as Format::prepare does
    const auto reader = format.make_reader(window_bytes, {});
    std::vector<std::string> records;
    for (const Split& split : make_splits({input}, split_bytes)) {
      reader->read(input, split, [&](const Block& block) {
        SavedRecordFeed<std::string>()(std::string_view(block.text.data(), block.text.size()),
                                       [&](std::string_view record) { records.emplace_back(record); });
        return true;
      });
    }
    return records;
  }

  static std::vector<std::string> some_records(test::Random& random, std::size_t n_bytes,
                                               std::size_t longest) {
    std::vector<std::string> records;
    for (std::size_t n = 0; n < n_bytes; n += records.back().size() + 4) {
      records.push_back(random.bytes(random.below(1 + random.below(longest))));
    }
    return records;
  }

  test::TemporaryDirectory folder_;
  std::string path_ = (folder_.path() / "file").string();
};

TEST_F(SavedFileTest, IsReadInAnySplits) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  for (const auto& [n_bytes, longest] :
       {std::pair(0, 1), std::pair(100, 10), std::pair(400'000, 5000), std::pair(1'000'000, 300'000)}) {
    const auto records =
        some_records(random, static_cast<std::size_t>(n_bytes), static_cast<std::size_t>(longest));
    const std::string file = naive_saved("text", records);
    for (const std::uint64_t split_bytes : {1000, 65536, 3 * 65536, 1 << 20}) {
      for (const std::size_t window_bytes : {1, 150'000, 1 << 20}) {
        EXPECT_TRUE(load(file, split_bytes, window_bytes) == records) << n_bytes << " " << split_bytes;
      }
    }
  }
}

TEST_F(SavedFileTest, EveryFaultSaysWhatAndWhere) {
  const std::vector<std::string> records(30'000, "record");
  const std::string good = naive_saved("text", records);
  const std::size_t data = 24;  // header: 8, 4, 4, 4, 4
  const auto expect_error = [&](std::string bytes, std::uint64_t offset, const std::string& what) {
    const Error error = error_of([&] { static_cast<void>(load(bytes)); });
    EXPECT_EQ(error.path(), path_);
    EXPECT_EQ(error.offset().value_or(~std::uint64_t{0}), offset) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(what));
  };
  const auto changed = [&](std::size_t at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    return bytes;
  };
  expect_error("", 0, "is empty: no file of saved records");
  expect_error("text\n", 0, "is no file of saved records");
  expect_error(changed(0), 0, "is no file of saved records");
  expect_error(changed(8), 8, "saved records of version 0, but this program reads version 1");
  expect_error(changed(17), 8, "the header of the saved records is damaged");
  expect_error(naive_saved("key_value(text, u64)", records), 16,
               "holds records of type key_value(text, u64), not text");
  const std::uint64_t n_pieces = (data + 30'000 * 10 + 65535) / 65536;
  const std::uint64_t index = data + 30'000 * 10;
  expect_error(changed(data), data, "saved records are damaged");
  expect_error(changed(data + 65'550), 65'544, "saved records are damaged");
  expect_error(changed(index), index, "the index of the saved records is damaged");
  expect_error(changed(index + 24 * n_pieces + 20), index + 24 * n_pieces, "the index");
  expect_error(changed(good.size() - 1), good.size() - 40, "does not end as it should");
  expect_error(changed(good.size() - 30), good.size() - 40, "does not end as it should");
  expect_error(good.substr(0, good.size() - 1), good.size() - 41, "it is cut or damaged");
  expect_error(good.substr(0, 30), 0, "it is cut or damaged");
  expect_error(good + good, good.size() * 2 - 40, "it is cut or damaged");

  const Error error = error_of([&] {
    static_cast<void>(detail::SavedFile({path_, 100, Encoding::gzip}, "text"));
  });
  EXPECT_THAT(error.what(), HasSubstr("neither compressed"));
  const Error shorter = error_of([&] {
    test::write_file(path_, good.substr(0, 1000));
    static_cast<void>(detail::SavedFile({path_, good.size()}, "text"));
  });
  EXPECT_THAT(shorter.what(), HasSubstr("became shorter"));
}

TEST_F(SavedFileTest, NoDamageIsTakenForRecords) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  for (const auto& [n_bytes, n_rounds] : {std::pair(0, 500), std::pair(300, 3000), std::pair(150'000, 500)}) {
    const auto records = some_records(random, static_cast<std::size_t>(n_bytes), 100);
    const std::string good = naive_saved("text", records);
    ASSERT_TRUE(load(good) == records);
    std::size_t n_errors = 0;
    for (int round = 0; round < n_rounds; ++round) {
      std::string bytes = good;
      switch (random.below(4)) {
        case 0:
          bytes.resize(random.below(bytes.size()));
          break;
        case 1:
          bytes += random.bytes(1 + random.below(100));
          break;
        case 2:
          bytes.insert(random.below(bytes.size()),
                       bytes.substr(random.below(bytes.size()), 1 + random.below(50)));
          break;
        default:
          for (std::size_t n = random.between(1, 3); n > 0; --n) {
            // Nearer to the ends, where numbers are that say how much there is.
            const std::size_t from_end = random.below(1 + random.below(bytes.size()));
            const std::size_t at = random.below(2) == 0 ? from_end : bytes.size() - 1 - from_end;
            bytes[at] = random.below(2) == 0 ? static_cast<char>(random.bits())
                                             : static_cast<char>(bytes[at] ^ (1 << random.below(8)));
          }
      }
      try {
        const auto loaded = load(bytes);
        EXPECT_TRUE(loaded == records);
        EXPECT_TRUE(bytes == good) << "not noticed";
      } catch (const Error& error) {
        EXPECT_EQ(error.path(), path_);
        EXPECT_TRUE(bytes != good) << error.what();
        ++n_errors;
      }
    }
    EXPECT_GT(n_errors, static_cast<std::size_t>(n_rounds) / 2);
  }
}

}  // namespace
}  // namespace serried::mapreduce
