#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/alltoall.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

template <class T>
using Parts = std::vector<std::vector<T>>;

template <class T>
Parts<T> exchange(const Parts<T>& outgoing) {
  std::vector<std::span<const T>> spans(outgoing.begin(), outgoing.end());
  return alltoall_ragged<T>(world(), spans);
}

TEST(Alltoall, TransposesTheMatrixOfRanks) {
  std::vector<std::uint64_t> values(n_ranks());
  for (std::size_t to = 0; to < n_ranks(); ++to) {
    values[to] = 1000 * my_rank() + to;
  }
  const std::vector<std::uint64_t> received = alltoall(world(), values);
  ASSERT_EQ(received.size(), n_ranks());
  for (std::size_t from = 0; from < n_ranks(); ++from) {
    EXPECT_EQ(received[from], 1000 * from + my_rank());
  }
}

TEST(Alltoall, MovesStructsAndNarrowTypes) {
  std::vector<Padded> structs(n_ranks(), Padded{.letter = 'x', .number = my_rank()});
  const std::vector<Padded> received = alltoall(world(), structs);
  std::vector<std::int8_t> bytes(n_ranks(), static_cast<std::int8_t>(-1 - world().rank()));
  const std::vector<std::int8_t> received_bytes = alltoall(world(), bytes);
  for (std::size_t from = 0; from < n_ranks(); ++from) {
    EXPECT_EQ(received[from], (Padded{.letter = 'x', .number = from}));
    EXPECT_EQ(received_bytes[from], static_cast<std::int8_t>(-1 - static_cast<int>(from)));
  }
}

TEST(Alltoall, NeedsAsManyValuesForEachRank) {
  if (world().size() == 1) {
    return;  // any number is
  }
  // On all ranks, before anything is sent.
  EXPECT_THROW((void)alltoall(world(), std::vector<int>(n_ranks() + 1)), std::logic_error);
  EXPECT_THROW((void)alltoall(world(), std::vector<int>(n_ranks() - 1)), std::logic_error);
}

TEST(Alltoall, SeveralValuesForEachRankInEveryForm) {
  std::vector<std::uint64_t> values;
  std::vector<std::uint64_t> expected;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    for (std::size_t i = 0; i < 3; ++i) {
      values.push_back(100 * my_rank() + 10 * rank + i);
      expected.push_back(100 * rank + 10 * my_rank() + i);
    }
  }
  std::vector<std::uint64_t> received(1);
  alltoall(world(), values, received);
  EXPECT_EQ(received, expected);
  std::vector<std::uint64_t> later;
  Request request = async_alltoall(world(), values, later);
  request.wait();
  EXPECT_EQ(later, expected);
  alltoall_in_place(world(), values);
  EXPECT_EQ(values, expected);
}

// Rank `from` sends `n` values to `to`, which tell both and their place.
std::vector<std::uint64_t> message(std::size_t from, std::size_t to, std::size_t n) {
  std::vector<std::uint64_t> values(n);
  std::iota(values.begin(), values.end(), (from << 40) + (to << 20));
  return values;
}

void expect_exchanged(std::size_t (*length)(std::size_t from, std::size_t to)) {
  Parts<std::uint64_t> outgoing;
  for (std::size_t to = 0; to < n_ranks(); ++to) {
    outgoing.push_back(message(my_rank(), to, length(my_rank(), to)));
  }
  const Parts<std::uint64_t> received = exchange(outgoing);
  ASSERT_EQ(received.size(), n_ranks());
  for (std::size_t from = 0; from < n_ranks(); ++from) {
    EXPECT_EQ(received[from], message(from, my_rank(), length(from, my_rank()))) << "from rank " << from;
  }
}

TEST(AlltoallRagged, PartsOfDifferentLengths) {
  expect_exchanged([](std::size_t from, std::size_t to) { return 3 * from + to; });
}

TEST(AlltoallRagged, PartsTooLongToBeBufferedByMpi) {
  expect_exchanged([](std::size_t from, std::size_t to) { return std::size_t{50'000} + 1000 * from + to; });
}

TEST(AlltoallRagged, EmptyParts) {
  expect_exchanged([](std::size_t, std::size_t) { return std::size_t{0}; });
  expect_exchanged([](std::size_t from, std::size_t) { return from == 0 ? std::size_t{5} : 0; });
  expect_exchanged([](std::size_t, std::size_t to) { return to == 0 ? std::size_t{5} : 0; });
  expect_exchanged([](std::size_t from, std::size_t to) { return from == to ? std::size_t{5} : 0; });
}

TEST(AlltoallRagged, OneRoundDoesNotMixWithTheNext) {
  for (int round = 0; round < 20; ++round) {
    expect_exchanged([](std::size_t from, std::size_t to) { return from + 2 * to; });
  }
}

TEST(AlltoallRagged, Structs) {
  const Parts<Padded> received =
      exchange(Parts<Padded>(n_ranks(), std::vector<Padded>(3, {.letter = 'p', .number = my_rank()})));
  for (std::size_t from = 0; from < n_ranks(); ++from) {
    EXPECT_EQ(received[from], std::vector<Padded>(3, {.letter = 'p', .number = from}));
  }
}

TEST(AlltoallRagged, NeedsOnePartARank) {
  EXPECT_THROW((void)exchange(Parts<int>(n_ranks() + 1)), std::logic_error);
  EXPECT_THROW((void)exchange(Parts<int>(n_ranks() - 1)), std::logic_error);
}

TEST(AlltoallRagged, OneBufferEachWay) {
  const auto length = [](std::size_t from, std::size_t to) { return from == to ? 0 : 2000 * from + to; };
  std::vector<std::uint64_t> values;
  std::vector<std::uint64_t> expected;
  std::vector<std::size_t> counts;
  std::vector<std::size_t> expected_counts;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    const auto outgoing = message(my_rank(), rank, length(my_rank(), rank));
    const auto incoming = message(rank, my_rank(), length(rank, my_rank()));
    values.insert(values.end(), outgoing.begin(), outgoing.end());
    counts.push_back(outgoing.size());
    expected.insert(expected.end(), incoming.begin(), incoming.end());
    expected_counts.push_back(incoming.size());
  }
  std::vector<std::uint64_t> received(3);
  std::vector<std::size_t> received_counts;
  alltoall_ragged(world(), values, counts, received, received_counts);
  EXPECT_EQ(received, expected);
  EXPECT_EQ(received_counts, expected_counts);

  std::vector<std::uint64_t> later;
  Request request = async_alltoall_ragged(world(), values, counts, later, received_counts);
  request.wait();
  EXPECT_EQ(later, expected);
}

}  // namespace
}  // namespace serried::mpi
