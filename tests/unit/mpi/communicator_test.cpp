#include <array>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allgather.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/point_to_point.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

static_assert(!std::is_copy_constructible_v<Communicator> && !std::is_copy_assignable_v<Communicator>);
static_assert(std::is_nothrow_move_constructible_v<Communicator>);

int compare(MPI_Comm a, MPI_Comm b) {
  int result = MPI_UNEQUAL;
  MPI_Comm_compare(a, b, &result);
  return result;
}

TEST(Communicator, KnowsItsRankAndSize) {
  int rank = -1;
  int size = -1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  EXPECT_EQ(world().rank(), rank);
  EXPECT_EQ(world().size(), size);
  EXPECT_EQ(world().is_root(), rank == 0);
}

TEST(Communicator, DuplicateHasTheSameRanksAndMessagesOfItsOwn) {
  const Communicator copy = world().dup();
  EXPECT_EQ(compare(copy.get(), world().get()), MPI_CONGRUENT);
  EXPECT_EQ(copy.rank(), world().rank());
  EXPECT_EQ(copy.size(), world().size());
  // To oneself: a message in one is not seen in the other.
  const int seven = 7;
  Request request = async_send(copy, std::span(&seven, 1), copy.rank(), 1);
  EXPECT_FALSE(local_probe(world(), world().rank(), 1));
  int received = 0;
  (void)receive(copy, std::span(&received, 1), copy.rank(), 1);
  request.wait();
  EXPECT_EQ(received, 7);
}

TEST(Communicator, HasAnIdOfItsOwnThatIsTheSameOnAllItsRanks) {
  const Communicator copy = world().dup();
  const Communicator part = world().split(world().rank() % 2);
  const Communicator part_of_one_more_color = part.split(0);
  const std::vector<std::uint64_t> ids = {world().id(), copy.id(), part.id(), part_of_one_more_color.id()};
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_EQ(copy.hidden().id(), copy.id());
  for (const Communicator* comm : {&world(), &copy, &part, &part_of_one_more_color}) {
    EXPECT_NE(comm->id(), 0U);
    EXPECT_EQ(allgather_value(*comm, comm->id()),
              std::vector(static_cast<std::size_t>(comm->size()), comm->id()));
  }
  // The two colours are different communicators.
  const std::vector<std::uint64_t> of_parts = allgather_value(world(), part.id());
  EXPECT_EQ(std::set(of_parts.begin(), of_parts.end()).size(), world().size() > 1 ? 2U : 1U);
}

TEST(Communicator, ReturnsErrorsAlsoWhereItsSourceWouldAbort) {
  MPI_Comm fatal = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &fatal);
  MPI_Comm_set_errhandler(fatal, MPI_ERRORS_ARE_FATAL);
  {
    const Communicator comm = Communicator::duplicate_of(fatal);
    EXPECT_THROW(send(comm, std::string("x"), comm.size()), Error);
  }
  MPI_Comm_free(&fatal);
}

TEST(Communicator, SplitGroupsByColor) {
  const Communicator part = world().split(world().rank() % 3);
  EXPECT_EQ(part.rank(), world().rank() / 3);
  const std::vector<int> members = allgather_value(part, world().rank());
  for (std::size_t i = 0; i < members.size(); ++i) {
    EXPECT_EQ(members[i], world().rank() % 3 + 3 * static_cast<int>(i));
  }
  EXPECT_EQ(part.size(), (world().size() - world().rank() % 3 + 2) / 3);
}

TEST(Communicator, SplitOrdersByKeyThenByRank) {
  const Communicator reversed = world().split(0, -world().rank());
  EXPECT_EQ(reversed.rank(), world().size() - 1 - world().rank());
  const Communicator same = world().split(5, 1);
  EXPECT_EQ(same.rank(), world().rank());
}

TEST(Communicator, SplitRefusesANegativeColor) {
  EXPECT_THROW((void)world().split(-1), std::logic_error);  // on all ranks, before MPI is called
}

TEST(Communicator, NodeHoldsTheRanksOfThisHost) {
  const Communicator node = world().node();
  const auto name_of = [](const std::string& name) {
    std::array<char, MPI_MAX_PROCESSOR_NAME> text{};
    name.copy(text.data(), text.size());
    return text;
  };
  const auto names = allgather_value(world(), name_of(host_name()));
  int n_here = 0;
  int n_before = 0;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    const bool is_here = names[rank] == names[my_rank()];
    n_here += is_here ? 1 : 0;
    n_before += is_here && rank < my_rank() ? 1 : 0;
  }
  EXPECT_EQ(node.size(), n_here);
  EXPECT_EQ(node.rank(), n_before);
}

TEST(Communicator, NodeLeadersAreTheFirstRanksOfTheNodes) {
  const Communicator node = world().node();
  const std::optional<Communicator> leaders = world().node_leaders();
  ASSERT_EQ(leaders.has_value(), node.is_root());
  const std::vector<int> is_leader = allgather_value(world(), node.is_root() ? 1 : 0);
  int n_leaders = 0;
  for (const int one : is_leader) {
    n_leaders += one;
  }
  if (leaders) {
    EXPECT_EQ(leaders->size(), n_leaders);
    EXPECT_EQ(leaders->is_root(), world().is_root());
  }
}

TEST(Communicator, MovesItsGroup) {
  Communicator first = world().split(0, -world().rank());
  const MPI_Comm handle = first.get();
  const int rank = first.rank();
  Communicator second(std::move(first));
  EXPECT_EQ(second.get(), handle);
  EXPECT_EQ(second.rank(), rank);

  Communicator third = world().split(world().rank());
  EXPECT_EQ(third.size(), 1);
  third = std::move(second);
  EXPECT_EQ(third.get(), handle);
  EXPECT_EQ(third.rank(), rank);
  EXPECT_EQ(third.size(), world().size());
  EXPECT_NO_THROW(barrier(third));
}

TEST(Communicator, IsFreedWithItsObject) {
  // MPI has some 65,000 communicators at most; Open MPI fails or slows down long before if none comes back.
  for (int i = 0; i < 1000; ++i) {
    const Communicator copy = world().dup();
    ASSERT_EQ(copy.size(), world().size());
  }
  EXPECT_NO_THROW(barrier(world()));
}

}  // namespace
}  // namespace serried::mpi
