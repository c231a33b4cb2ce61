#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/barrier.hpp>
#include <serried/mpi/notices.hpp>
#include <serried/mpi/point_to_point.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

// Polls until a notice arrives; the test's deadline ends a wait in vain.
ReceivedNotice wait_for_one(Notices& notices) {
  for (;;) {
    if (const std::optional<ReceivedNotice> notice = notices.poll()) {
      return *notice;
    }
  }
}

TEST(Notices, NothingPostedIsNothingRead) {
  Notices notices(world());
  EXPECT_FALSE(notices.poll().has_value());
  EXPECT_TRUE(notices.close().empty());
}

TEST(Notices, ArriveWithKindValueAndSource) {
  Notices notices(world());
  const int next = (world().rank() + 1) % world().size();
  const int previous = (world().rank() + world().size() - 1) % world().size();
  notices.post(next, {.kind = 7, .value = ~my_rank()});  // with one rank: to itself
  const ReceivedNotice received = wait_for_one(notices);
  EXPECT_EQ(received.source, previous);
  EXPECT_EQ(received.notice.kind, 7U);
  EXPECT_EQ(received.notice.value, ~static_cast<std::uint64_t>(previous));
  EXPECT_TRUE(notices.close().empty()) << "what was read does not come again";
}

TEST(Notices, ToAllReachesEveryOtherRankOnce) {
  Notices notices(world());
  notices.post_to_all({.kind = 1, .value = my_rank()});
  const std::vector<ReceivedNotice> rest = notices.close();
  std::vector<int> n_from(n_ranks(), 0);
  for (const ReceivedNotice& received : rest) {
    EXPECT_EQ(received.notice.value, static_cast<std::uint64_t>(received.source));
    ++n_from.at(static_cast<std::size_t>(received.source));
  }
  std::vector<int> expected(n_ranks(), 1);
  expected[my_rank()] = 0;
  EXPECT_EQ(n_from, expected);
}

TEST(Notices, OfOneRankKeepTheirOrder) {
  constexpr std::uint64_t n = 5000;
  Notices notices(world());
  if (!world().is_root()) {
    for (std::uint64_t i = 0; i < n; ++i) {
      notices.post(0, {.kind = 0, .value = i});
    }
  }
  std::vector<std::uint64_t> next(n_ranks(), 0);
  const auto take = [&](const ReceivedNotice& received) {
    ASSERT_EQ(received.notice.value, next.at(static_cast<std::size_t>(received.source))++);
  };
  if (world().is_root() && world().size() > 1) {
    for (std::uint64_t i = 0; i < n / 2; ++i) {  // some are polled ...
      take(wait_for_one(notices));
    }
  }
  for (const ReceivedNotice& received : notices.close()) {  // ... the others are left for the end
    take(received);
  }
  if (world().is_root()) {
    for (std::size_t rank = 1; rank < n_ranks(); ++rank) {
      EXPECT_EQ(next[rank], n) << "from rank " << rank;
    }
  }
}

TEST(Notices, UnreadOnesDoNotHoldUpTheSender) {
  // Everybody posts to everybody and nobody reads before all have posted.
  constexpr std::size_t n = 300;
  Notices notices(world());
  for (std::size_t i = 0; i < n; ++i) {
    notices.post_to_all({.kind = i, .value = i});
  }
  barrier(world());
  EXPECT_EQ(notices.close().size(), n * (n_ranks() - 1));
}

TEST(Notices, DoNotMeetOtherMessages) {
  Notices notices(world());
  Notices others(world());
  const std::uint64_t number = 5;
  Request request = async_send(world(), std::span(&number, 1), world().rank());
  EXPECT_FALSE(notices.poll().has_value());
  notices.post(world().rank(), {.kind = 1, .value = 1});
  EXPECT_FALSE(others.poll().has_value());
  std::uint64_t received = 0;
  (void)receive(world(), std::span(&received, 1), world().rank());
  request.wait();
  EXPECT_EQ(received, 5U);
  EXPECT_EQ(notices.close().size(), 1U);
  EXPECT_TRUE(others.close().empty());
}

TEST(Notices, CanBeUsedAgainAfterClose) {
  Notices notices(world());
  for (std::size_t round = 1; round <= 3; ++round) {
    notices.post_to_all({.kind = round, .value = 0});
    const std::vector<ReceivedNotice> rest = notices.close();
    EXPECT_EQ(rest.size(), n_ranks() - 1);
    for (const ReceivedNotice& received : rest) {
      EXPECT_EQ(received.notice.kind, round);
    }
  }
}

TEST(Notices, ToARankThatIsNotThereIsAnErrorAndChangesNothing) {
  Notices notices(world());
  EXPECT_EQ(error_of([&] { notices.post(world().size(), {}); }).mpi_class(), MPI_ERR_RANK);
  EXPECT_EQ(error_of([&] { notices.post(-7, {}); }).mpi_class(), MPI_ERR_RANK);
  notices.post(world().rank(), {.kind = 3, .value = 4});
  EXPECT_EQ(notices.close().size(), 1U);
}

}  // namespace
}  // namespace serried::mpi
