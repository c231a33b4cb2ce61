#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/text.hpp>
#include <serried/mapreduce/whole_files.hpp>

#include "compress.hpp"
#include "error_of.hpp"
#include "files.hpp"
#include "random_text.hpp"
#include "temporary_directory.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using testing::HasSubstr;

class WholeFilesTest : public testing::Test {
 protected:
  Input write(const std::string& name, std::string_view bytes) {
    test::write_file(folder_.path() / name, bytes);
    return {(folder_.path() / name).string(), bytes.size(),
            name.ends_with(".gz")    ? Encoding::gzip
            : name.ends_with(".zst") ? Encoding::zstd
                                     : Encoding::plain};
  }
  // Content by path, of all splits as a TextSource makes them.
  static std::map<std::string, std::string> contents(const InputList& inputs, std::uint64_t max_bytes,
                                                     std::size_t window_bytes = 100,
                                                     bool has_folded_case = false) {
    const Format format = whole_files(max_bytes);
    const auto reader = format.make_reader(window_bytes, {});
    std::map<std::string, std::string> found;
    for (const Split& split : make_splits(inputs, format.unit)) {
      reader->read(inputs[split.input], split, [&](const Block& block) {
        if (has_folded_case) {
          fold_case(block.text.data(), block.text.size());
        }
        whole_file_feed(std::string_view(block.text.data(), block.text.size()), [&](const WholeFile& file) {
          EXPECT_TRUE(found.emplace(file.path, file.content).second);
          EXPECT_EQ(block.n_bytes, file.content.size());
        });
        return true;
      });
    }
    return found;
  }

  test::TemporaryDirectory folder_;
};

TEST_F(WholeFilesTest, EachOnceWithItsPath) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  InputList inputs;
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 40; ++i) {
    const std::string bytes = random.bytes(random.below(3) == 0 ? 0 : random.below(2000));
    const std::string name = std::to_string(i) + random.bytes(random.below(5), "Az%\n =\xff");
    switch (random.below(3)) {
      case 0:
        inputs.push_back(write(name + ".gz", test::gzip(bytes)));
        break;
      case 1:
        inputs.push_back(write(name + ".zst", test::zstd(bytes)));
        break;
      default:
        inputs.push_back(write(name, bytes));
    }
    expected[inputs.back().path] = bytes;
  }
  for (const std::size_t window_bytes : {std::size_t{1}, std::size_t{10}, std::size_t{100'000}}) {
    EXPECT_EQ(contents(inputs, 2000, window_bytes), expected);
  }
}

TEST_F(WholeFilesTest, UpToTheLimitAndNotBeyond) {
  const std::string bytes(1000, 'x');
  for (const auto& [name, stored] :
       {std::pair("a", bytes), std::pair("a.gz", test::gzip(bytes)), std::pair("a.zst", test::zstd(bytes))}) {
    const InputList inputs = {write(name, stored)};
    for (const std::size_t window_bytes : {std::size_t{7}, std::size_t{1000}, std::size_t{5000}}) {
      EXPECT_EQ(contents(inputs, 1000, window_bytes).at(inputs[0].path), bytes);
      const Error error = error_of([&] { (void)contents(inputs, 999, window_bytes); });
      EXPECT_EQ(error.path(), inputs[0].path);
      EXPECT_THAT(error.what(), HasSubstr("files are taken whole up to 999 bytes"));
    }
  }
}

TEST_F(WholeFilesTest, FoldingTheCaseLeavesThePathAlone) {
  const InputList inputs = {write("A %41 b", "Content")};
  EXPECT_EQ(contents(inputs, 100, 100, true).at(inputs[0].path), "content");
}

TEST_F(WholeFilesTest, DamagedFilesAreErrors) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  const std::string stored = test::gzip(random.bytes(500));
  for (std::size_t n = 0; n < stored.size(); n += random.between(1, 20)) {
    const InputList inputs = {write("a.gz", stored.substr(0, n))};
    EXPECT_EQ(error_of([&] { (void)contents(inputs, 10'000); }).path(), inputs[0].path) << n;
  }
  InputList shrunk = {write("a", "abc")};
  shrunk[0].size = 10;
  EXPECT_THAT(error_of([&] { (void)contents(shrunk, 100); }).what(), HasSubstr("became shorter"));
}

TEST_F(WholeFilesTest, NoPartOfAFileIsARecord) {
  const Input input = write("a", "abcdef");
  whole_files(100).make_reader(10, {})->read(input, {0, {0, 3}}, [](const Block&) {
    ADD_FAILURE();
    return true;
  });
}

TEST_F(WholeFilesTest, StopsWhileItReads) {
  const Input input = write("a", "abcdef");
  whole_files(100).make_reader(10, [] { return true; })->read(input, {0, {0, 6}}, [](const Block&) {
    ADD_FAILURE();
    return true;
  });
}

}  // namespace
}  // namespace serried::mapreduce
