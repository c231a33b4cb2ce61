#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <cereal/types/memory.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/async_serialize.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/hidden_tags.hpp>
#include <serried/mpi/request.hpp>

#include "mpi_test.hpp"
#include "objects.hpp"

namespace serried::mpi {
namespace {

using testing::HasSubstr;

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
  if (checks_collectives) {
    GTEST_SKIP() << "the check waits for the partner";
  }
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

// A list of what is under way that is searched at every start would take minutes.
TEST(AsyncObjects, ThousandsAreBegunWithoutAPartner) {
  if (checks_collectives) {
    GTEST_SKIP() << "the check waits for the partner";
  }
  constexpr std::size_t n = 2000;
  const std::string sent(10'000, 'x');  // too long to leave before it is received
  std::vector<std::string> texts(n);
  std::vector<ObjectRequest> requests;
  const auto begin_all = [&] {
    for (std::string& text : texts) {
      text = my_rank() == 0 ? sent : "";
      requests.push_back(async_broadcast_object(world(), text));
    }
  };
  if (my_rank() == 0) {
    begin_all();
  }
  MPI_Barrier(MPI_COMM_WORLD);
  if (my_rank() != 0) {
    begin_all();
  }
  // One after the other, each with a reply from rank 0, would take long where ranks share a core.
  std::size_t n_complete = 0;
  while (n_complete < n) {
    n_complete = 0;
    for (ObjectRequest& request : requests) {
      n_complete += request.test() ? 1 : 0;
    }
  }
  Request all_have_theirs = async_barrier(world());
  while (!all_have_theirs.test()) {
    std::this_thread::sleep_for(
        std::chrono::microseconds(100));  // rank 0 leaves its core to those who receive
  }
  EXPECT_EQ(texts, std::vector<std::string>(n, sent));
}

// The exception comes from wait, when all objects have come: the next operation is as if nothing had been.
TEST(AsyncObjects, AnOperationThatThrowsEndsTheRequest) {
  std::string text = letter_of(my_rank()) + std::string(100'000, 'x');
  const auto fail = [](const std::string&, const std::string&) -> std::string {
    throw std::runtime_error("no sum");
  };
  const Communicator own = world().dup();
  ObjectRequest request = async_reduce_object(own, text, fail);
  if (my_rank() == 0 && n_ranks() > 1) {
    EXPECT_THROW(request.wait(), std::runtime_error);
  } else {
    EXPECT_NO_THROW(request.wait());
  }
  EXPECT_TRUE(request.test());
  std::string letters = letter_of(my_rank());
  async_allreduce_object(own, letters, Concatenate{}).wait();
  EXPECT_EQ(letters, all_letters(n_ranks()));
}

// Not associative: what is combined with what shows.
struct InBrackets {
  std::string operator()(const std::string& a, const std::string& b) const { return "(" + a + b + ")"; }
};

TEST(AsyncObjects, ReductionsCombineAsTheBlockingOnesDo) {
  const auto text = [] { return letter_of(my_rank()); };
  std::string expected = text();
  std::string sum = text();
  allreduce_object(world(), expected, InBrackets{});
  async_allreduce_object(world(), sum, InBrackets{}).wait();
  EXPECT_EQ(sum, expected);
  expected = sum = text();
  scan_object(world(), expected, InBrackets{});
  async_scan_object(world(), sum, InBrackets{}).wait();
  EXPECT_EQ(sum, expected);
  expected = sum = text();
  exscan_object(world(), expected, InBrackets{});
  async_exscan_object(world(), sum, InBrackets{}).wait();
  EXPECT_EQ(sum, expected);
}

// As on one rank, for any number of them: the pairs of step 1, the pairs of these, …
TEST(AsyncObjects, TreeFoldPairsNeighbours) {
  for (std::size_t n = 1; n <= 20; ++n) {
    std::vector<std::string> texts;
    std::string sum;
    detail::TreeFold<std::string, InBrackets> fold{sum, InBrackets{}};
    for (std::size_t i = 0; i < n; ++i) {
      texts.push_back(letter_of(i));
      fold.add(letter_of(i));
    }
    fold.finish();
    for (std::size_t distance = 1; distance < n; distance *= 2) {
      for (std::size_t i = 0; i + distance < n; i += 2 * distance) {
        texts[i] = InBrackets{}(texts[i], texts[i + distance]);
      }
    }
    EXPECT_EQ(sum, texts.front()) << n << " objects";
  }
}

TEST(AsyncObjects, OfMoveOnlyTypesAndOperations) {
  using Number = std::unique_ptr<std::size_t>;
  const auto new_sum = [] {
    return [zero = std::make_unique<std::size_t>(0)](const Number& a, const Number& b) {
      return std::make_unique<std::size_t>(*zero + *a + *b);
    };
  };
  const auto own = [] { return std::make_unique<std::size_t>(my_rank()); };
  const std::size_t total = n_ranks() * (n_ranks() - 1) / 2;
  Number number = own();
  async_allreduce_object(world(), number, new_sum()).wait();
  EXPECT_EQ(*number, total);
  number = own();
  async_reduce_object(world(), number, new_sum()).wait();
  EXPECT_EQ(*number, my_rank() == 0 ? total : my_rank());
  number = own();
  async_scan_object(world(), number, new_sum()).wait();
  EXPECT_EQ(*number, my_rank() * (my_rank() + 1) / 2);
  number = own();
  async_exscan_object(world(), number, new_sum()).wait();
  EXPECT_EQ(number == nullptr, my_rank() == 0);
  number = own();
  async_broadcast_object(world(), number).wait();
  EXPECT_EQ(*number, 0U);
  std::vector<Number> all;
  async_allgather_objects(world(), own(), all).wait();
  EXPECT_EQ(*all.at(n_ranks() - 1), n_ranks() - 1);
  async_gather_objects(world(), own(), all).wait();
  EXPECT_EQ(all.size(), my_rank() == 0 ? n_ranks() : 0);
  std::vector<Number> outgoing;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    outgoing.push_back(own());
  }
  async_alltoall_objects(world(), outgoing, all).wait();
  EXPECT_EQ(*all.at(n_ranks() - 1), n_ranks() - 1);
  async_scatter_objects(world(), outgoing, number).wait();
  EXPECT_EQ(*number, 0U);
}

TEST(AsyncObjects, OfBool) {
  const bool is_first = my_rank() == 0;
  std::vector<bool> expected(n_ranks());
  expected[0] = true;
  std::vector<bool> all;
  async_allgather_objects(world(), is_first, all).wait();
  EXPECT_EQ(all, expected);
  async_gather_objects(world(), is_first, all).wait();
  EXPECT_EQ(all, is_first ? expected : std::vector<bool>());
  async_alltoall_objects(world(), std::vector<bool>(n_ranks(), is_first), all).wait();
  EXPECT_EQ(all, expected);
  bool mine = false;
  async_scatter_objects(world(), expected, mine).wait();
  EXPECT_EQ(mine, is_first);
  async_broadcast_object(world(), mine).wait();
  EXPECT_TRUE(mine);
  bool any = is_first;
  async_allreduce_object(world(), any, std::logical_or<>{}).wait();
  EXPECT_TRUE(any);
  any = is_first;
  async_reduce_object(world(), any, std::logical_or<>{}).wait();
  EXPECT_EQ(any, is_first);
  any = is_first;
  async_scan_object(world(), any, std::logical_or<>{}).wait();
  EXPECT_TRUE(any);
  any = is_first;
  async_exscan_object(world(), any, std::logical_or<>{}).wait();
  EXPECT_EQ(any, !is_first);
}

template <class Comm>
concept CanBegin = requires(Comm&& comm, std::string& text) {
  async_broadcast_object(std::forward<Comm>(comm), text);
};
static_assert(CanBegin<const Communicator&> && CanBegin<Communicator&>);
static_assert(!CanBegin<Communicator> && !CanBegin<const Communicator>);

TEST(AsyncObjects, ARootThatIsNoRankIsRefused) {
  for (const int root : {-1, world().size()}) {
    std::string text = letter_of(my_rank());
    std::vector<std::string> texts(n_ranks());
    EXPECT_THROW((void)async_broadcast_object(world(), text, root), std::logic_error);
    EXPECT_THROW((void)async_gather_objects(world(), text, texts, root), std::logic_error);
    EXPECT_THROW((void)async_scatter_objects(world(), texts, text, root), std::logic_error);
    EXPECT_THROW((void)async_reduce_object(world(), text, Concatenate{}, root), std::logic_error);
    EXPECT_EQ(text, letter_of(my_rank()));
  }
}

TEST(AsyncObjects, AMisuseOnOneRankDoesNotShiftLaterOperations) {
  const Communicator own = world().dup();
  const bool is_last = my_rank() + 1 == n_ranks();
  std::vector<std::string> all;
  std::string text = letter_of(my_rank());
  const auto begin = [&] {
    if (is_last) {
      (void)async_alltoall_objects(own, {}, all);
    } else {
      async_broadcast_object(own, text).wait();
    }
  };
  if (is_last || checks_collectives) {
    EXPECT_THROW(begin(), std::logic_error);
  } else {
    EXPECT_NO_THROW(begin());
  }
  async_allgather_objects(own, std::to_string(my_rank()), all).wait();
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    EXPECT_EQ(all.at(rank), std::to_string(rank));
  }
}

void begin_operations(const Communicator& comm, int n) {
  for (int i = 0; i < n; ++i) {
    const detail::ObjectMessages operation(comm);
  }
}

// With the same tag, so that nothing but their number tells them apart.
TEST(AsyncObjects, ObjectsOfAnotherOperationAreRefused) {
  const Communicator own = world().dup();
  if (my_rank() == 0) {
    begin_operations(own, hidden_tags::n_operations);
  }
  std::string text = letter_of(my_rank());
  ObjectRequest request = async_broadcast_object(own, text);
  if (my_rank() == 0) {
    request.wait();
  } else {
    EXPECT_THAT(error_of([&] { request.wait(); }).what(), HasSubstr("rank 0 sent is not of the operation"));
    EXPECT_TRUE(request.test());
  }
  EXPECT_EQ(text, letter_of(my_rank()));
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST(AsyncObjects, MoreThanTheTagsTellApartAreRefused) {
  for (const std::size_t n_bytes : {0U, 5U, 100'000U}) {
    const Communicator own = world().dup();
    std::string first = std::string(my_rank() == 0 ? n_bytes : 0, 'x');
    std::string second = my_rank() == 0 ? "second" : "";
    ObjectRequest first_request = async_broadcast_object(own, first);
    begin_operations(own, hidden_tags::n_operations - 1);
    ObjectRequest second_request = async_broadcast_object(own, second);
    if (my_rank() == 0) {
      first_request.wait();
      second_request.wait();
    } else {
      EXPECT_THAT(error_of([&] { second_request.wait(); }).what(),
                  HasSubstr("more than 15000 are outstanding"));
      EXPECT_THAT(error_of([&] { first_request.wait(); }).what(),
                  HasSubstr("more than 15000 are outstanding"));
      EXPECT_EQ(first + second, "");
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
}

TEST(ObjectRequest, DoesNothingBeforeItIsAskedFor) {
  int n_calls = 0;
  ObjectRequest request([&] {
    if (++n_calls == 2) {
      throw std::runtime_error("failed");
    }
    return false;
  });
  EXPECT_EQ(n_calls, 0);
  EXPECT_FALSE(request.test());
  EXPECT_THROW(request.wait(), std::runtime_error);
  request.wait();
  EXPECT_EQ(n_calls, 2);
}

TEST(ObjectRequest, OfNothingIsComplete) {
  ObjectRequest request;
  EXPECT_TRUE(request.test());
  request.wait();
}

}  // namespace
}  // namespace serried::mpi
