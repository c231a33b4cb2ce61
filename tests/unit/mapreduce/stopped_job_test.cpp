#include <atomic>
#include <csignal>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce.hpp>

#include "shared_folder.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of;
using test::SharedFolder;
using test::world;
using testing::ElementsAre;
using testing::HasSubstr;

// A signal while the output is written ends the job as one that can go on, and leaves no part of it.
TEST(StoppedJob, LeavesNoPartOfAnOutput) {
  const SharedFolder folder;
  std::string text;
  for (int i = 0; i < 300'000; ++i) {
    text += std::to_string(i) + "\n";
  }
  const std::string path = folder.write("words", text);
  TextOptions options;
  options.job.threads = 2;
  options.job.checkpoint = folder.path("ledger");
  const auto count = [&](const std::function<void()>& on_line) {
    text_words(world(), {path}, options)
        .map([](std::string_view word) {
          return KeyValue{word, std::uint64_t{1}};
        })
        .reduce_by_key(std::plus<>{})
        .write_lines(folder.path("out"), [&](const auto& item, auto& line) {
          on_line();
          line << item.key;
        });
  };
  std::atomic<bool> is_raised = false;
  const Error error = error_of([&] {
    count([&] {
      if (world().is_root() && !is_raised.exchange(true)) {
        std::raise(SIGUSR1);
      }
    });
  });
  EXPECT_THAT(error.what(), HasSubstr("stopped by SIGUSR1 while writing what was read"));
  EXPECT_EQ(error.exit_code(), ExitCode::resumable);
  EXPECT_THAT(folder.names(), ElementsAre("ledger", "words"));
  options.job.resume = true;
  count([] {});
  EXPECT_THAT(folder.names(), ElementsAre("ledger", "out", "words"));
}

}  // namespace
}  // namespace serried::mapreduce
