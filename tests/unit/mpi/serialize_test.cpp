#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/serialize.hpp>

#include "mpi_test.hpp"
#include "objects.hpp"

namespace serried::mpi {
namespace {

static_assert(Serializable<std::string>);
static_assert(Serializable<Nested>);
static_assert(Serializable<Task>);
static_assert(!Serializable<Padded>);

TEST(BroadcastObject, EqualsTheRoots) {
  for (int root = 0; root < world().size(); ++root) {
    Task task = task_of(my_rank());
    broadcast_object(world(), task, root);
    EXPECT_EQ(task, task_of(static_cast<std::size_t>(root)));
  }
}

TEST(GatherObjects, InRankOrderOnTheRoot) {
  const std::vector<Task> everywhere = allgather_objects(world(), task_of(my_rank()));
  ASSERT_EQ(everywhere.size(), n_ranks());
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    EXPECT_EQ(everywhere[rank], task_of(rank));
  }
  for (int root = 0; root < world().size(); ++root) {
    const std::vector<Task> tasks = gather_objects(world(), task_of(my_rank()), root);
    EXPECT_EQ(tasks, world().rank() == root ? everywhere : std::vector<Task>());
  }
}

TEST(ScatterObjects, EachRankGetsItsOwn) {
  for (int root = 0; root < world().size(); ++root) {
    std::vector<Task> tasks;
    for (std::size_t rank = 0; rank < n_ranks() && world().rank() == root; ++rank) {
      tasks.push_back(task_of(rank));
    }
    EXPECT_EQ(scatter_objects(world(), tasks, root), task_of(my_rank()));
  }
}

TEST(AlltoallObjects, FromEachToEach) {
  std::vector<std::vector<std::string>> outgoing;
  for (std::size_t to = 0; to < n_ranks(); ++to) {
    outgoing.push_back(std::vector<std::string>(to, std::to_string(my_rank()) + ">" + std::to_string(to)));
  }
  const auto received = alltoall_objects(world(), outgoing);
  ASSERT_EQ(received.size(), n_ranks());
  for (std::size_t from = 0; from < n_ranks(); ++from) {
    EXPECT_EQ(received[from],
              std::vector<std::string>(my_rank(), std::to_string(from) + ">" + std::to_string(my_rank())));
  }
}

TEST(ReduceObject, FoldsInRankOrderWhateverTheRoot) {
  const std::string expected = serial_fold(n_ranks(), letter_of, Concatenate{});
  for (int root = 0; root < world().size(); ++root) {
    std::string text = letter_of(my_rank());
    reduce_object(world(), text, Concatenate{}, root);
    if (world().rank() == root) {
      EXPECT_EQ(text, expected) << "root " << root;
    }
    std::string everywhere = letter_of(my_rank());
    allreduce_object(world(), everywhere, Concatenate{});
    EXPECT_EQ(everywhere, expected);
  }
}

TEST(ReduceObject, MergesMapsWithAClosure) {
  using Counts = std::map<std::string, std::uint64_t>;
  Counts counts = {{"all", 1}, {letter_of(my_rank()), my_rank()}};
  std::uint64_t n_calls = 0;
  allreduce_object(world(), counts, [&](Counts a, const Counts& b) {
    for (const auto& [word, n] : b) {
      a[word] += n;
    }
    ++n_calls;
    return a;
  });
  Counts expected = {{"all", n_ranks()}};
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    expected[letter_of(rank)] += rank;
  }
  EXPECT_EQ(counts, expected);
  EXPECT_LE(n_calls, n_ranks());
}

TEST(ScanObject, FoldsTheRanksUpToHere) {
  std::string upto = letter_of(my_rank());
  scan_object(world(), upto, Concatenate{});
  EXPECT_EQ(upto, serial_fold(my_rank() + 1, letter_of, Concatenate{}));
  std::string before = letter_of(my_rank());
  exscan_object(world(), before, Concatenate{});
  EXPECT_EQ(before + letter_of(my_rank()), upto);
}

// On all ranks, before anything is sent.
TEST(SerializedObjects, ARootThatIsNoRankIsRefused) {
  for (const int root : {-1, world().size()}) {
    std::string text = letter_of(my_rank());
    const std::vector<std::string> texts(n_ranks());
    EXPECT_THROW(broadcast_object(world(), text, root), std::logic_error);
    EXPECT_THROW((void)gather_objects(world(), text, root), std::logic_error);
    EXPECT_THROW((void)scatter_objects(world(), texts, root), std::logic_error);
    EXPECT_THROW(reduce_object(world(), text, Concatenate{}, root), std::logic_error);
    EXPECT_EQ(text, letter_of(my_rank()));
  }
}

}  // namespace
}  // namespace serried::mpi
