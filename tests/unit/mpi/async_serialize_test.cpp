#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/async_serialize.hpp>
#include <serried/mpi/broadcast.hpp>

#include "mpi_test.hpp"
#include "objects.hpp"

namespace serried::mpi {
namespace {

std::string all_letters(std::size_t end) { return serial_fold(end, letter_of, Concatenate{}); }

TEST(AsyncObjects, BroadcastEqualsTheRoots) {
  for (int root = 0; root < world().size(); ++root) {
    Task task = task_of(my_rank());
    async_broadcast_object(world(), task, root).wait();
    EXPECT_EQ(task, task_of(static_cast<std::size_t>(root)));
  }
}

TEST(AsyncObjects, GatherIsInRankOrder) {
  std::vector<Task> expected;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    expected.push_back(task_of(rank));
  }
  std::vector<Task> everywhere(3);
  async_allgather_objects(world(), task_of(my_rank()), everywhere).wait();
  EXPECT_EQ(everywhere, expected);
  for (int root = 0; root < world().size(); ++root) {
    std::vector<Task> tasks(3);
    async_gather_objects(world(), task_of(my_rank()), tasks, root).wait();
    EXPECT_EQ(tasks, world().rank() == root ? expected : std::vector<Task>());
  }
}

TEST(AsyncObjects, ScatterAndAlltoallGiveEachItsOwn) {
  std::vector<std::string> outgoing;
  std::vector<std::string> expected;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    outgoing.push_back(std::to_string(my_rank()) + ">" + std::to_string(rank));
    expected.push_back(std::to_string(rank) + ">" + std::to_string(my_rank()));
  }
  std::vector<std::string> received;
  async_alltoall_objects(world(), outgoing, received).wait();
  EXPECT_EQ(received, expected);
  for (int root = 0; root < world().size(); ++root) {
    std::string own = "old";
    const bool is_root = world().rank() == root;
    async_scatter_objects(world(), is_root ? outgoing : std::vector<std::string>(), own, root).wait();
    EXPECT_EQ(own, expected[static_cast<std::size_t>(root)]);
  }
}

TEST(AsyncObjects, ReductionsFoldInRankOrder) {
  for (int root = 0; root < world().size(); ++root) {
    std::string text = letter_of(my_rank());
    async_reduce_object(world(), text, Concatenate{}, root).wait();
    if (world().rank() == root) {
      EXPECT_EQ(text, all_letters(n_ranks())) << "root " << root;
    }
  }
  std::string everywhere = letter_of(my_rank());
  async_allreduce_object(world(), everywhere, Concatenate{}).wait();
  EXPECT_EQ(everywhere, all_letters(n_ranks()));
  std::string up_to_here = letter_of(my_rank());
  async_scan_object(world(), up_to_here, Concatenate{}).wait();
  EXPECT_EQ(up_to_here, all_letters(my_rank() + 1));
  std::string before = letter_of(my_rank());
  async_exscan_object(world(), before, Concatenate{}).wait();
  EXPECT_EQ(before, my_rank() == 0 ? "" : all_letters(my_rank()));
}

// Several at a time, which each rank completes in an order of its own, with other collectives between.
TEST(AsyncObjects, DoNotMix) {
  constexpr std::size_t n = 7;
  std::vector<std::string> sums(n, letter_of(my_rank()));
  std::vector<std::vector<std::string>> lists(n);
  std::vector<ObjectRequest> requests;
  for (std::size_t i = 0; i < n; ++i) {
    requests.push_back(async_allreduce_object(world(), sums[i], Concatenate{}));
    requests.push_back(async_allgather_objects(world(), std::string(i * 1000, 'x'), lists[i]));
    if (i % 3 == my_rank() % 3) {
      (void)requests[i].test();
    }
    EXPECT_EQ(allreduce_value(world(), 1, std::plus<>{}), world().size());
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[(i * 5 + my_rank()) % requests.size()].wait();
  }
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_EQ(sums[i], all_letters(n_ranks()));
    EXPECT_EQ(lists[i], std::vector<std::string>(n_ranks(), std::string(i * 1000, 'x')));
  }
}

TEST(AsyncObjects, AreBegunWithoutAPartner) {
  std::string text = my_rank() == 0 ? std::string(10'000'000, 'x') : "";
  ObjectRequest request;
  if (my_rank() == 0) {
    request = async_broadcast_object(world(), text);  // returns although nobody receives yet
  }
  MPI_Barrier(MPI_COMM_WORLD);
  if (my_rank() != 0) {
    request = async_broadcast_object(world(), text);
  }
  request.wait();
  EXPECT_EQ(text.size(), 10'000'000U);
}

TEST(AsyncObjects, AnOperationThatThrowsEndsTheRequest) {
  std::string text = letter_of(my_rank());
  const auto fail = [](const std::string&, const std::string&) -> std::string {
    throw std::runtime_error("no sum");
  };
  const auto sum = [&] { async_reduce_object(world().split(world().rank() / 2), text, fail).wait(); };
  if (my_rank() % 2 == 0 && my_rank() + 1 < n_ranks()) {
    EXPECT_THROW(sum(), std::runtime_error);
  } else {
    EXPECT_NO_THROW(sum());
  }
}

TEST(ObjectRequest, OfNothingIsComplete) {
  ObjectRequest request;
  EXPECT_TRUE(request.test());
  request.wait();
}

}  // namespace
}  // namespace serried::mpi
