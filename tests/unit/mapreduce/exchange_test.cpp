#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mapreduce/exchange.hpp>
#include <serried/mpi/communicator.hpp>

#include "random_text.hpp"
#include "world.hpp"

namespace serried::mapreduce {
namespace {

using test::my_rank;
using test::n_ranks;
using test::world;
using Items = std::vector<std::pair<std::string, std::uint64_t>>;

std::size_t threads_of(std::size_t rank) { return 1 + rank * 2 % 3; }

struct Addressed {
  std::size_t part;
  std::string key;
  std::uint64_t value;
};

// What thread `thread` of rank `rank` sends: every rank can tell.
std::vector<Addressed> rows_of(std::size_t rank, std::size_t thread, std::size_t n_rows,
                               std::size_t n_parts) {
  test::Random random(1000 * rank + thread);
  std::vector<Addressed> rows;
  for (std::size_t i = 0; i < n_rows; ++i) {
    const std::size_t part = random.below(n_parts);
    rows.push_back({part, random.bytes(random.below(50)), random.bits()});
  }
  return rows;
}

template <class V>
Items items_of(const Delivery<V>& delivery) {
  Items items;
  delivery.for_each([&](const HashedKey& hashed, const V& value) {
    EXPECT_EQ(hashed.hash, hash_bytes(hashed.key.view()));
    items.emplace_back(hashed.key.view(), value);
  });
  EXPECT_EQ(items.size(), delivery.n_rows());
  return items;
}

void expect_delivered(std::size_t n_rows, bool to_one_part, bool reserves) {
  mpi::NodeExchange nodes(world());
  const Layout layout(world(), static_cast<int>(threads_of(my_rank())));
  const std::size_t only = layout.n_parts() / 2;
  std::vector<Sender<std::uint64_t>> senders;
  std::vector<std::vector<Addressed>> kept;  // local rows refer to their long keys
  for (std::size_t thread = 0; thread < threads_of(my_rank()); ++thread) {
    Sender<std::uint64_t>& sender = senders.emplace_back(layout, my_rank());
    if (reserves) {
      sender.reserve(n_rows);
    }
    kept.push_back(rows_of(my_rank(), thread, n_rows, layout.n_parts()));
    for (const Addressed& row : kept.back()) {
      sender.add(to_one_part ? only : row.part, {store_key(row.key).key, row.value});
    }
  }
  const auto exchange = Exchange<std::uint64_t>::run(nodes, layout, senders);
  senders.clear();

  ASSERT_EQ(exchange.deliveries.size(), threads_of(my_rank()));
  for (std::size_t i = 0; i < exchange.deliveries.size(); ++i) {
    const std::size_t part = layout.first_part(my_rank()) + i;
    Items expected;
    for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
      for (std::size_t thread = 0; thread < threads_of(rank); ++thread) {
        for (const Addressed& row : rows_of(rank, thread, n_rows, layout.n_parts())) {
          if ((to_one_part ? only : row.part) == part) {
            expected.emplace_back(row.key, row.value);
          }
        }
      }
    }
    Items got = items_of(exchange.deliveries[i]);
    std::ranges::sort(expected);
    std::ranges::sort(got);
    EXPECT_TRUE(got == expected) << "part " << part;
  }
}

TEST(Layout, CountsThreadsThatDifferFromRankToRank) {
  const Layout layout(world(), static_cast<int>(threads_of(my_rank())));
  std::size_t n_parts = 0;
  for (std::size_t rank = 0; rank < n_ranks(); ++rank) {
    EXPECT_EQ(layout.first_part(rank), n_parts);
    EXPECT_EQ(layout.n_parts_of(rank), threads_of(rank));
    n_parts += threads_of(rank);
  }
  EXPECT_EQ(layout.n_parts(), n_parts);
}

TEST(Exchange, DeliversEveryRowOnce) {
  expect_delivered(2000, false, true);
  expect_delivered(2000, false, false);
  expect_delivered(3, false, true);
}

TEST(Exchange, OfNothing) { expect_delivered(0, false, true); }

TEST(Exchange, AllToOnePart) { expect_delivered(500, true, false); }

TEST(Exchange, RepeatedWithoutMixingMessages) {
  for (std::size_t round = 0; round < 20; ++round) {
    expect_delivered(round, false, false);
  }
}

TEST(Wire, RowsComeBackFromTheirBytes) {
  test::Random random(3);
  std::vector<char> bytes;
  Items expected;
  for (std::size_t size = 0; size < 40; ++size) {
    expected.emplace_back(random.bytes(size), random.bits());
    append_wire(bytes, Row<std::uint64_t>{store_key(expected.back().first).key, expected.back().second});
  }
  Items got;
  for_each_wire<std::uint64_t>(
      bytes, [&](const HashedKey& key, std::uint64_t value) { got.emplace_back(key.key.view(), value); });
  EXPECT_EQ(got, expected);
  for_each_wire<std::uint64_t>({}, [](const HashedKey&, std::uint64_t) { FAIL() << "no bytes, no rows"; });
}

}  // namespace
}  // namespace serried::mapreduce
