#include <chrono>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mpi/check.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/status_service.hpp>
#include <serried/mpi/waiting.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::uint64_t barrier_id = 77;
constexpr std::uint64_t epoch = 3;

std::optional<StatusInquiry::Answer> answer_within(const StatusInquiry& inquiry, std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  std::optional<StatusInquiry::Answer> answer;
  while (!(answer = inquiry.next_answer()) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
  }
  return answer;
}

std::vector<int> every_rank() {
  std::vector<int> ranks(n_ranks());
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

TEST(StatusService, AnswersWhileItsRankDoesSomethingElse) {
  const StatusBoard board(world());
  const StatusService service(world());
  EXPECT_EQ(StatusService::current(), &service);
  if (world().rank() % 2 == 0) {
    Waiting::own_entry().come_to_barrier(barrier_id, epoch);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  if (my_rank() == 0) {
    for (const int rank : every_rank()) {  // all of which sleep in a barrier of MPI's
      const StatusInquiry inquiry(barrier_id, epoch);
      inquiry.ask(rank, every_rank());
      const auto answer = answer_within(inquiry, 20s);
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->rank, rank);
      EXPECT_EQ(answer->absentees.n_absent, n_ranks() / 2);
      if (n_ranks() > 1) {
        EXPECT_THAT(std::string(answer->absentees.text()),
                    HasSubstr(board.name(1) + ": in its own code for "));
      }
    }
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST(StatusService, IsNotDisturbedByOtherDatagrams) {
  const StatusBoard board(world());
  const StatusService service(world());
  const StatusInquiry inquiry(barrier_id, epoch);
  const std::vector<int> many(20'000, 0);  // more than one datagram takes
  inquiry.ask(world().rank(), many);
  inquiry.ask(world().rank(), {});
  ASSERT_TRUE(answer_within(inquiry, 20s).has_value());
  const auto answer = answer_within(inquiry, 20s);
  ASSERT_TRUE(answer.has_value());
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST(StatusInquiry, WithoutAServiceHasNoAnswer) {
  const StatusInquiry inquiry(barrier_id, epoch);
  inquiry.ask(0, every_rank());
  EXPECT_FALSE(inquiry.next_answer().has_value());
}

}  // namespace
}  // namespace serried::mpi
