#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/located_text.hpp>
#include <serried/mapreduce/pipeline.hpp>
#include <serried/mapreduce/stage.hpp>

#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::SharedFolder;
using test::world;

// Every record's input, offset and bytes, of blocks of all sizes.
class LocatedTextTest : public testing::Test {
 protected:
  SharedFolder folder_;
  const std::string text_ = test::sample_text(400);
  const std::vector<std::string> paths_ = {folder_.write("a", text_), folder_.write("b", ""),
                                           folder_.write("c", "ONE\n\n  two three")};

  [[nodiscard]] std::vector<std::string> records(Separator separator, const TextOptions& options) const {
    const auto source = std::make_shared<const TextSource>(world(), paths_, located_text(separator), options);
    EXPECT_EQ(source->inputs().size(), paths_.size());
    EXPECT_EQ(source->inputs()[2].path, paths_[2]);
    const auto feed = [separator](std::string_view bytes, auto&& sink) {
      const LocatedText block = located(bytes);
      const auto visit = [&](std::string_view record) {
        const auto offset = block.offset + static_cast<std::uint64_t>(record.data() - block.text.data());
        const std::string line = std::to_string(block.input) + " " + std::to_string(offset) + " ";
        sink(std::string_view(line + std::string(record)));
      };
      if (separator == Separator::newline) {
        for_each_line(block.text, visit);
      } else {
        for_each_word(block.text, visit);
      }
    };
    return Pipeline(text_stage(source, feed)).collect();
  }

  [[nodiscard]] std::vector<std::string> naive(Separator separator) const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const std::string text = test::content(paths_[i]);
      const auto visit = [&](std::string_view record) {
        all.push_back(std::to_string(i) + " " + std::to_string(record.data() - text.data()) + " " +
                      std::string(record));
      };
      if (separator == Separator::newline) {
        for_each_line(text, visit);
      } else {
        for_each_word(text, visit);
      }
    }
    return world().is_root() ? all : std::vector<std::string>();
  }
};

TEST_F(LocatedTextTest, EveryRecordKnowsItsFileAndOffset) {
  for (const Separator separator : {Separator::newline, Separator::white_space}) {
    const auto expected = naive(separator);
    for (const std::uint64_t split_bytes : {7u, 64u, 1000u, 1u << 20}) {
      for (const std::size_t window_bytes : {5u, 100u, 1u << 20}) {
        TextOptions options;
        options.job.threads = 2;
        options.split_bytes = split_bytes;
        options.window_bytes = window_bytes;
        EXPECT_EQ(records(separator, options), expected) << split_bytes << " " << window_bytes;
      }
    }
  }
}

TEST_F(LocatedTextTest, FoldingTheCaseLeavesTheNumbersAlone) {
  TextOptions options;
  options.fold_case = true;
  const auto got = records(Separator::white_space, options);
  if (world().is_root()) {
    ASSERT_GT(got.size(), 3u);
    EXPECT_EQ(got[got.size() - 3], "2 0 one");
  }
}

}  // namespace
}  // namespace serried::mapreduce
