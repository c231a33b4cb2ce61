#include <omp.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/parallel.hpp>

namespace serried {
namespace {

TEST(OnThreads, EachCallOnceTheFirstOnThisThread) {
  for (const int n : {1, 2, 3, 8}) {
    std::vector<std::atomic<int>> n_calls(static_cast<std::size_t>(n));
    std::thread::id first;
    on_threads(n, [&](int i) {
      ++n_calls[static_cast<std::size_t>(i)];
      if (i == 0) {
        first = std::this_thread::get_id();
      }
    });
    for (const auto& calls : n_calls) {
      EXPECT_EQ(calls, 1);
    }
    EXPECT_EQ(first, std::this_thread::get_id()) << "the thread that may call MPI";
  }
}

TEST(OnThreads, AllCallsEvenWhereThreadsAreFewer) {
  // Inside a parallel region OpenMP gives one thread only.
  const int levels = omp_get_max_active_levels();
  omp_set_max_active_levels(1);
  std::atomic<int> n_calls = 0;
#pragma omp parallel num_threads(2)
  on_threads(5, [&](int) { ++n_calls; });
  omp_set_max_active_levels(levels);
  EXPECT_EQ(n_calls % 5, 0);
  EXPECT_GE(n_calls, 5);
}

TEST(OnThreads, ThrowsWhatTheLowestCallThrewWhenAllHaveReturned) {
  std::atomic<int> n_calls = 0;
  try {
    on_threads(4, [&](int i) {
      ++n_calls;
      if (i % 2 == 1) {
        throw std::runtime_error(std::to_string(i));
      }
    });
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "1");
  }
  EXPECT_EQ(n_calls, 4);
}

TEST(OnThreadsInRounds, CallsAllInEachRound) {
  for (const int n : {0, 1, 3}) {
    std::vector<int> n_calls(static_cast<std::size_t>(n));
    int n_rounds = 0;
    on_threads_in_rounds(
        n, [&](int i) { ++n_calls[static_cast<std::size_t>(i)]; },
        [&](const std::exception_ptr& failure) {
          EXPECT_EQ(failure, nullptr);
          ++n_rounds;
          for (const int calls : n_calls) {
            EXPECT_EQ(calls, n_rounds);
          }
          return n_rounds < 100;
        });
    EXPECT_EQ(n_rounds, 100);
  }
}

TEST(OnThreadsInRounds, HandsOnWhatTheLowestCallThrew) {
  std::vector<std::string> seen;
  const auto throws_once = [&] {
    on_threads_in_rounds(
        4,
        [&](int i) {
          if (i % 2 == 1 && seen.size() == 1) {
            throw std::runtime_error(std::to_string(i));
          }
        },
        [&](const std::exception_ptr& failure) {
          seen.emplace_back();
          try {
            if (failure) {
              std::rethrow_exception(failure);
            }
          } catch (const std::runtime_error& error) {
            seen.back() = error.what();
          }
          if (seen.size() == 3) {
            throw std::logic_error("enough");
          }
          return true;
        });
  };
  EXPECT_THROW(throws_once(), std::logic_error);
  EXPECT_EQ(seen, (std::vector<std::string>{"", "1", ""}));
}

}  // namespace
}  // namespace serried
