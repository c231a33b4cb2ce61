#include <signal.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mpi/allgather.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/waiting.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// The tests' ranks are all on one host.
std::vector<int> all_ranks() {
  std::vector<int> ranks(n_ranks());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    ranks[i] = static_cast<int>(i);
  }
  return ranks;
}

TEST(StatusBoard, ShowsTheRanksOfThisHost) {
  EXPECT_EQ(StatusBoard::current(), nullptr);
  {
    const StatusBoard board(world());
    EXPECT_EQ(StatusBoard::current(), &board);
    EXPECT_EQ(board.own_rank(), world().rank());
    EXPECT_EQ(board.ranks_here(), all_ranks());
    const std::vector<int> pids = allgather_value(world(), static_cast<int>(getpid()));
    for (const int rank : all_ranks()) {
      EXPECT_EQ(board.board_of(rank), 0);
      EXPECT_EQ(board.host_of(rank), host_name());
      EXPECT_EQ(board.name(rank), "rank " + std::to_string(rank) + " (host " + host_name() + ", pid " +
                                      std::to_string(pids[static_cast<std::size_t>(rank)]) + ")");
    }
  }
  EXPECT_EQ(StatusBoard::current(), nullptr);
}

TEST(StatusBoard, SaysWhoWaitsInWhat) {
  const StatusBoard board(world());
  {
    std::optional<Waiting> waiting;
    if (world().rank() % 2 == 0) {
      waiting.emplace("an even call");
    } else {
      const Waiting over("an odd call");
    }
    MPI_Barrier(MPI_COMM_WORLD);
    for (const int rank : all_ranks()) {
      const Activity activity = board.read(rank);
      EXPECT_EQ(activity.is_waiting, rank % 2 == 0);
      EXPECT_EQ(activity.name, rank % 2 == 0 ? "an even call" : "an odd call");
      EXPECT_TRUE(board.can_run(rank));
      const std::string what = rank % 2 == 0
                                   ? ": waiting in an even call for [0-9]+\\.[0-9] s"
                                   : ": in its own code for [0-9]+\\.[0-9] s, after an odd call(, .*)?";
      EXPECT_THAT(board.describe(rank), MatchesRegex("rank [0-9]+ \\(host .*, pid [0-9]+\\)" + what));
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
}

TEST(StatusBoard, TellsARankThatIsStopped) {
  const StatusBoard board(world());
  const std::vector<int> pids = allgather_value(world(), static_cast<int>(getpid()));
  const int last = world().size() - 1;
  if (world().size() > 1 && world().is_root()) {
    ASSERT_EQ(kill(pids.back(), SIGSTOP), 0);
    while (board.can_run(last)) {
    }
    EXPECT_THAT(board.describe(last), HasSubstr(": stopped by a signal, "));
    EXPECT_EQ(kill(pids.back(), SIGCONT), 0);
    while (!board.can_run(last)) {
    }
    EXPECT_THAT(board.describe(last), testing::Not(HasSubstr("stopped")));
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST(StatusBoard, LetsOneRankReport) {
  const StatusBoard board(world());
  int n_reports = board.claim_report() ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &n_reports, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_EQ(n_reports, 1);
  EXPECT_FALSE(board.claim_report()) << "it has been claimed";
}

TEST(StatusBoard, IsOneAtATime) {
  const StatusBoard board(world());
  EXPECT_THROW(StatusBoard another(world()), std::logic_error);
  EXPECT_EQ(StatusBoard::current(), &board);
}

TEST(StatusBoard, LeavesTheMarksWorkingWhenItIsGone) {
  { const StatusBoard board(world()); }
  const Waiting waiting("afterwards");
  EXPECT_EQ(Waiting::own_entry().read().name, "afterwards");
}

}  // namespace
}  // namespace serried::mpi
