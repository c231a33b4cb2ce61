#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mpi/check.hpp>
#include <serried/schedule/for_each_index.hpp>

#include "counted_loop.hpp"
#include "same_error_of.hpp"

namespace serried::schedule {
namespace {

using test::same_error_of;
using testing::HasSubstr;

TEST(Failure, OfABodyIsThrownOnAllRanksWithItsIndex) {
  for (const Policy policy : all_policies) {
    for (const int ranks_a_node : node_sizes) {
      for (const std::uint64_t bad : {0, 17, 299}) {
        const Options options{.policy = policy, .threads = 1};
        SCOPED_TRACE(described(options, 300, ranks_a_node));
        bool is_mine = false;
        const auto body = [&](std::uint64_t index, int) {
          if (index == bad) {
            is_mine = true;
            throw std::runtime_error("it rains");
          }
        };
        const Error error = same_error_of(
            [&] { detail::for_each_index_on_nodes(world(), 300, options, body, ranks_a_node); });
        EXPECT_EQ(error.what(), "index " + std::to_string(bad) + ": it rains");
        if (is_mine) {
          EXPECT_EQ(error.rank(), mpi::world_rank());
        }
      }
    }
  }
}

TEST(Failure, KeepsTheFactsOfTheError) {
  const auto body = [](std::uint64_t index, int) {
    if (index == 5) {
      throw Error("cannot read").at("data.bin", 99).hint("look at it").exit_code(ExitCode::resumable);
    }
  };
  const Error error = same_error_of([&] { for_each_index(world(), 10, {.threads = 1}, body); });
  EXPECT_EQ(error.problem(), "index 5: cannot read");
  EXPECT_STREQ(error.what(), "data.bin, byte 99: index 5: cannot read (look at it)");
  EXPECT_EQ(error.path(), "data.bin");
  EXPECT_EQ(error.offset(), 99U);
  EXPECT_EQ(error.exit_code(), ExitCode::resumable);
  EXPECT_FALSE(error.host().empty());
}

TEST(Failure, ThatSaysWhoFoundItStaysAsItIs) {
  const Error error = same_error_of([] {
    (void)for_each_index(world(), 20, {.threads = 1}, [](std::uint64_t, int) {
      throw mpi::found_here(Error("no such file").at("a.txt"));
    });
  });
  EXPECT_STREQ(error.what(), "a.txt: no such file");
}

TEST(Failure, ABodyMayAskWhetherAnotherHasFailed) {
  // Index 0 fails; all others wait for that, on whatever rank and thread they are.
  const Error error = same_error_of([] {
    (void)for_each_index(world(), 3, {.policy = Policy::cyclic, .threads = 2},
                         [](std::uint64_t index, Caller& caller) {
                           if (index == 0) {
                             throw Error("it rains");
                           }
                           while (!caller.has_failed()) {
                             std::this_thread::sleep_for(std::chrono::microseconds(100));
                           }
                         });
  });
  EXPECT_STREQ(error.what(), "index 0: it rains");
}

TEST(Failure, OnAnyThread) {
  const auto body = [](std::uint64_t, int thread) {
    if (thread == 1) {
      throw std::runtime_error("thread 1");
    }
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  };
  const Error error =
      same_error_of([&] { for_each_index(world(), 10'000, {.policy = Policy::cyclic, .threads = 2}, body); });
  EXPECT_THAT(error.what(), HasSubstr(": thread 1"));
}

TEST(Failure, OfManyTheLowestIndexIsNamed) {
  // Static: one index a rank, and the barrier makes sure that all of them fail.
  const auto n_ranks = static_cast<std::uint64_t>(world().size());
  const auto body = [](std::uint64_t index, int) {
    MPI_Barrier(MPI_COMM_WORLD);
    throw Error("bad " + std::to_string(index));
  };
  for (int round = 0; round < 5; ++round) {
    const Error error = same_error_of(
        [&] { for_each_index(world(), n_ranks, {.policy = Policy::static_block, .threads = 1}, body); });
    EXPECT_STREQ(error.what(), "index 0: bad 0");
    EXPECT_EQ(error.rank(), 0);
  }
}

TEST(Failure, EndsTheLoopSoon) {
  std::atomic<std::uint64_t> n_done{0};
  const auto body = [&](std::uint64_t index, int) {
    if (index == 0) {
      throw Error("at once");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++n_done;
  };
  (void)same_error_of([&] { detail::for_each_index_on_nodes(world(), 100'000, {.threads = 1}, body, 2); });
  EXPECT_LT(n_done.load(), 50'000U);
}

TEST(Failure, OfACallbackHasNoIndex) {
  const auto sleep = [](std::uint64_t, int) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); };
  Options options{.threads = 1};
  options.should_stop = [] {
    throw Error("cannot ask");
    return false;
  };
  EXPECT_STREQ(same_error_of([&] { for_each_index(world(), 1000, options, sleep); }).what(), "cannot ask");

  options = {.threads = 1, .on_progress = [](const Status& status) {
               if (status.n_done == status.n_total) {
                 throw Error("cannot show");
               }
             }};
  EXPECT_STREQ(same_error_of([&] { for_each_index(world(), 3, options, sleep); }).what(), "cannot show");

  options = {.threads = 1, .cost = [](std::uint64_t) -> double { throw Error("cannot guess"); }};
  EXPECT_STREQ(same_error_of([&] { for_each_index(world(), 3, options, sleep); }).what(), "cannot guess");
}

TEST(Failure, RanksMustWantTheSame) {
  if (world().size() == 1) {
    GTEST_SKIP() << "one rank agrees with itself";
  }
  const auto body = [](std::uint64_t, int) {};
  const bool is_odd = world().is_root();
  const auto message_of = [&](std::uint64_t n, const Options& options) {
    return std::string(same_error_of([&] { for_each_index(world(), n, options, body); }).what());
  };
  EXPECT_THAT(message_of(is_odd ? 3 : 4, {}), HasSubstr("the ranks disagree about a loop: n"));
  EXPECT_THAT(message_of(9, {.policy = is_odd ? Policy::guided : Policy::stealing}), HasSubstr("disagree"));
  EXPECT_THAT(message_of(9, {.done = is_odd ? IndexSet({{0, 1}}) : IndexSet()}), HasSubstr("disagree"));
  const auto rising = [](std::uint64_t index) { return static_cast<double>(index); };
  const auto flat = [](std::uint64_t) { return 1.0; };
  EXPECT_THAT(
      message_of(9, {.threads = 1, .cost = is_odd ? std::function<double(std::uint64_t)>(rising) : flat}),
      HasSubstr("disagree about a loop: the costs"));
  EXPECT_THAT(message_of(9, {.cost = is_odd ? std::function<double(std::uint64_t)>(rising) : nullptr}),
              HasSubstr("disagree"));
}

TEST(Failure, ImpossibleOptionsAreBugsOnAllRanks) {
  const auto body = [](std::uint64_t, int) {};
  const auto message_of = [&](std::uint64_t n, const Options& options) {
    return std::string(same_error_of([&] { for_each_index(world(), n, options, body); }).what());
  };
  EXPECT_THAT(message_of(max_indices + 1, {}), HasSubstr("n is at most 2^48"));
  EXPECT_THAT(message_of(1, {.chunk = 0}), HasSubstr("chunk is positive"));
  EXPECT_THAT(message_of(1, {.threads = -1}), HasSubstr("threads is not negative"));
  const auto negative = [](std::uint64_t index) { return 0.5 - static_cast<double>(index); };
  EXPECT_THAT(message_of(2, {.threads = 1, .cost = negative}), HasSubstr("the cost of index 1 is -0.5"));
  EXPECT_THAT(message_of(max_hinted_indices + 1, {.threads = 1, .cost = negative}),
              HasSubstr("too many to sort"));
}

}  // namespace
}  // namespace serried::schedule
