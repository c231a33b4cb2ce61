#include <atomic>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/on_threads.hpp>

namespace serried::mapreduce {
namespace {

TEST(ForEachOnThreads, CallsEachOnce) {
  for (const int n_threads : {1, 3, 8}) {
    std::vector<std::atomic<int>> n_calls(100);
    for_each_on_threads(n_threads, n_calls.size(), [&](std::size_t i, std::size_t thread) {
      EXPECT_LT(thread, static_cast<std::size_t>(n_threads));
      ++n_calls[i];
    });
    EXPECT_EQ(std::accumulate(n_calls.begin(), n_calls.end(), 0), 100);
  }
  for_each_on_threads(4, 0, [](std::size_t, std::size_t) { ADD_FAILURE(); });
}

TEST(ForEachOnThreads, ThrowsWhatTheLowestThrew) {
  for (int round = 0; round < 200; ++round) {
    try {
      for_each_on_threads(8, 100, [](std::size_t i, std::size_t) {
        if (i >= 37) {
          throw std::runtime_error(std::to_string(i));
        }
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      ASSERT_STREQ(error.what(), "37");
    }
  }
}

}  // namespace
}  // namespace serried::mapreduce
