#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mpi/barrier.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/serialize.hpp>
#include <serried/mpi/status_board.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Counts how many ranks of this node have come to each round's barrier, in memory that they share.
int n_that_left_early(const std::function<void(const Communicator&)>& wait) {
  constexpr int n_rounds = 50;
  const Communicator node = world().node();
  int* arrived = nullptr;
  MPI_Win window = MPI_WIN_NULL;
  const MPI_Aint own_bytes = node.is_root() ? n_rounds * static_cast<MPI_Aint>(sizeof(int)) : 0;
  check(MPI_Win_allocate_shared(own_bytes, sizeof(int), MPI_INFO_NULL, node.get(), &arrived, &window),
        "MPI_Win_allocate_shared");
  MPI_Aint n_bytes = 0;
  int unit = 0;
  MPI_Win_shared_query(window, 0, &n_bytes, &unit, &arrived);
  if (node.is_root()) {
    for (int round = 0; round < n_rounds; ++round) {
      __atomic_store_n(&arrived[round], 0, __ATOMIC_SEQ_CST);
    }
  }
  MPI_Barrier(node.get());
  int n_early = 0;
  for (int round = 0; round < n_rounds; ++round) {
    __atomic_fetch_add(&arrived[round], 1, __ATOMIC_SEQ_CST);
    wait(node);
    n_early += __atomic_load_n(&arrived[round], __ATOMIC_SEQ_CST) == node.size() ? 0 : 1;
  }
  MPI_Win_free(&window);
  return n_early;
}

TEST(Barrier, NobodyLeavesBeforeAllHaveCome) { EXPECT_EQ(n_that_left_early(barrier), 0); }

TEST(BarrierFor, NobodyLeavesBeforeAllHaveCome) {
  EXPECT_EQ(n_that_left_early([](const Communicator& node) { barrier_for(node, 60s); }), 0);
}

TEST(BarrierFor, OfOneRankNeedsNoTime) {
  const Communicator alone = world().split(world().rank());
  EXPECT_NO_THROW(barrier_for(alone, 0s));
  EXPECT_NO_THROW(barrier_for(alone, -1s));
}

TEST(BarrierFor, OfDifferentCommunicatorsDoNotMix) {
  const Communicator copy = world().dup();
  const Communicator half = world().split(world().rank() % 2);
  for (int i = 0; i < 50; ++i) {
    barrier_for(i % 3 == 0 ? copy : world(), 60s);
    barrier_for(half, 60s);
    barrier(copy);
  }
}

TEST(BarrierFor, LeavesNothingBehindInACommunicator) {
  for (int i = 0; i < 300; ++i) {
    const Communicator copy = world().dup();
    barrier_for(copy, 60s);
  }
}

TEST(BarrierFor, DoesNotTakeTheUsersMessages) {
  const Communicator copy = world().dup();
  const int next = (copy.rank() + 1) % copy.size();
  const std::vector<int> sent = {copy.rank()};
  std::vector<Request> requests;
  for (int tag = 0; tag < 5; ++tag) {
    requests.push_back(async_send(copy, sent, next, tag));
  }
  barrier_for(copy, 60s);
  for (int tag = 4; tag >= 0; --tag) {
    std::vector<int> received = {-1};
    (void)receive(copy, received, any_source, tag);
    EXPECT_EQ(received[0], (copy.rank() + copy.size() - 1) % copy.size());
  }
  for (Request& request : requests) {
    request.wait();
  }
}

// The last rank comes when the others have given up; what all of them then threw.
Error error_without_the_last(const Communicator& comm, std::chrono::milliseconds deadline) {
  const bool is_last = comm.rank() == comm.size() - 1;
  if (is_last) {
    MPI_Barrier(MPI_COMM_WORLD);
  }
  const Error error = error_of([&] { barrier_for(comm, deadline); });
  if (!is_last) {
    MPI_Barrier(MPI_COMM_WORLD);
  }
  return error;
}

TEST(BarrierFor, NamesWhoHasNotComeAndWhatItDoes) {
  if (world().size() == 1) {
    GTEST_SKIP() << "everybody has come";
  }
  const StatusBoard board(world());
  const Communicator comm = world().dup();
  barrier(world());
  const Error error = error_without_the_last(comm, 1s);
  const std::string size = std::to_string(world().size());
  EXPECT_THAT(error.what(), StartsWith("1 of " + size + " ranks has not come to the barrier within 1 s: " +
                                       board.name(world().size() - 1) + ": in its own code for "));
  EXPECT_THAT(error.what(), HasSubstr(", after barrier"));
  EXPECT_THAT(error.what(), Not(HasSubstr(board.name(0))));
  ASSERT_TRUE(error.rank().has_value()) << "who gave up first";
  EXPECT_LT(*error.rank(), world().size() - 1);
  EXPECT_EQ(error.host(), host_name());
  MPI_Barrier(MPI_COMM_WORLD);  // the board is read until here
}

TEST(BarrierFor, WithoutABoardAsksTheRanks) {
  if (world().size() == 1) {
    GTEST_SKIP() << "everybody has come";
  }
  const Communicator comm = world().dup();
  const Error error = error_without_the_last(comm, 200ms);
  EXPECT_THAT(error.what(), HasSubstr("not come to the barrier within 0.2 s: "));
  EXPECT_THAT(error.what(), HasSubstr("rank " + std::to_string(world().size() - 1) + ": does not answer"));
}

TEST(BarrierFor, ThatWasGivenUpIsSpent) {
  if (world().size() == 1) {
    GTEST_SKIP() << "everybody has come";
  }
  const Communicator comm = world().dup();
  const Error first = error_without_the_last(comm, 50ms);
  for (int i = 0; i < 2; ++i) {
    const Error error = error_of([&] { barrier_for(comm, 60s); });
    EXPECT_EQ(error.problem(),
              "this communicator has no barrier_for any more, one was given up: " + first.problem());
  }
  EXPECT_NO_THROW(barrier(comm)) << "everything else works";
  // Objects travel where the barrier's messages may still lie.
  const auto longer = [](const std::string& a, const std::string& b) { return a + b; };
  const std::string all(static_cast<std::size_t>(world().size()), 'x');
  std::string joined = "x";
  allreduce_object(comm, joined, longer);
  EXPECT_EQ(joined, all);
  joined = "x";
  scan_object(comm, joined, longer);
  EXPECT_EQ(joined, all.substr(0, my_rank() + 1));
  EXPECT_NO_THROW(barrier_for(world(), 60s)) << "and so does every other communicator";
  EXPECT_NO_THROW(barrier_for(comm.dup(), 60s));
}

}  // namespace
}  // namespace serried::mpi
