#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mpi/agree.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/check.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

using testing::HasSubstr;

Error error_of_rank(int rank) {
  return Error("rank " + std::to_string(rank) + " cannot read")
      .at("part" + std::to_string(rank), static_cast<std::uint64_t>(rank) << 40)
      .hint("look at it")
      .exit_code(ExitCode::usage);
}

void expect_same_facts_everywhere(const Error& error) { EXPECT_TRUE(same_everywhere(error.to_bytes())); }

TEST(Agree, NobodyThrowsIfNobodyFailed) { EXPECT_NO_THROW(agree(world(), std::nullopt)); }

TEST(Agree, EveryRankThrowsTheOneError) {
  for (int failing = 0; failing < world().size(); ++failing) {
    std::optional<Error> mine;
    if (world().rank() == failing) {
      mine = error_of_rank(failing);
    }
    const Error error = error_of([&] { agree(world(), mine); });
    EXPECT_STREQ(error.what(), error_of_rank(failing).what());
    EXPECT_EQ(error.path(), "part" + std::to_string(failing));
    EXPECT_EQ(error.offset(), static_cast<std::uint64_t>(failing) << 40);
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
    EXPECT_EQ(error.rank(), failing) << "who found it";
    EXPECT_FALSE(error.host().empty());
    expect_same_facts_everywhere(error);
  }
}

TEST(Agree, TheLowestRanksErrorWins) {
  const int lowest = world().size() / 2;
  std::optional<Error> mine;
  if (world().rank() >= lowest) {
    mine = error_of_rank(world().rank());
  }
  const Error error = error_of([&] { agree(world(), mine); });
  EXPECT_EQ(error.rank(), lowest);
  EXPECT_STREQ(error.what(), error_of_rank(lowest).what());
  expect_same_facts_everywhere(error);
}

TEST(Agree, KeepsTheRankThatAnErrorCameWith) {
  const Error error = error_of([&] { agree(world(), Error("old").on_rank(4711, "elsewhere")); });
  EXPECT_EQ(error.rank(), 4711);
  EXPECT_EQ(error.host(), "elsewhere");
}

TEST(Agree, NamesRanksOfTheWorldAlsoInAPart) {
  // Rank 0 of each part is another rank of the world.
  const Communicator part = world().split(world().rank() % 2);
  std::optional<Error> mine;
  if (part.is_root()) {
    mine = Error("x");
  }
  EXPECT_EQ(error_of([&] { agree(part, mine); }).rank(), world().rank() % 2);
}

TEST(Agree, LeavesTheCommunicatorUsable) {
  for (int round = 0; round < 10; ++round) {
    EXPECT_THROW(agree(world(), Error("again")), Error);
    EXPECT_NO_THROW(agree(world(), std::nullopt));
  }
}

TEST(Together, ReturnsWhatEachRankComputed) {
  EXPECT_EQ(together(world(), [] { return 10 + world().rank(); }), 10 + world().rank());
  EXPECT_EQ(*together(world(), [] { return std::make_unique<int>(3); }), 3)
      << "a result that can only be moved";
  bool was_called = false;
  together(world(), [&] { was_called = true; });
  EXPECT_TRUE(was_called);
}

TEST(Together, ThrowsEverywhereWhateverWasThrown) {
  const int failing = world().size() - 1;
  const auto message_if = [&](auto exception) {
    const Error error = error_of([&] {
      together(world(), [&] {
        if (world().rank() == failing) {
          throw exception;
        }
      });
    });
    EXPECT_EQ(error.rank(), failing);
    expect_same_facts_everywhere(error);
    return std::string(error.what());
  };
  EXPECT_EQ(message_if(std::runtime_error("it rains")), "it rains");
  EXPECT_THAT(message_if(std::logic_error("x < y")), HasSubstr("bug: x < y"));
  EXPECT_THAT(message_if(std::bad_alloc()), HasSubstr("out of memory"));
  EXPECT_THAT(message_if(42), HasSubstr("no std::exception"));
  EXPECT_EQ(message_if(usage_error("no input")), "no input");
  EXPECT_EQ(message_if(std::runtime_error("a\nb\x1b")), "a\\nb\\x1b");
}

TEST(Together, WithAResultThrowsEverywhereToo) {
  const Error error = error_of([] {
    (void)together(world(), []() -> std::string {
      if (world().is_root()) {
        throw Error("no index").exit_code(ExitCode::resumable);
      }
      return "index";
    });
  });
  EXPECT_STREQ(error.what(), "no index");
  EXPECT_EQ(error.exit_code(), ExitCode::resumable);
}

TEST(OnRoot, RunsOnTheRootAlone) {
  int n_calls = 0;
  on_root(world(), [&] { ++n_calls; });
  EXPECT_EQ(n_calls, world().is_root() ? 1 : 0);
}

TEST(OnRoot, ItsFailureIsEverybodys) {
  const Error error = error_of([] { on_root(world(), [] { throw Error("cannot make").at("out.tsv"); }); });
  EXPECT_STREQ(error.what(), "out.tsv: cannot make");
  EXPECT_EQ(error.path(), "out.tsv");
  EXPECT_EQ(error.rank(), 0);
  expect_same_facts_everywhere(error);
}

}  // namespace
}  // namespace serried::mpi
