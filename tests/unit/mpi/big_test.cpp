// Counts that do not fit MPI's `int`, with memory to match: see CMakeLists.txt.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/scatter.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

constexpr std::size_t n_bytes = 2'200'000'000;
static_assert(n_bytes > (std::size_t{1} << 31));

class Big : public testing::Test {
 protected:
  void SetUp() override {
    const char* wanted = std::getenv("SERRIED_BIG_TESTS");
    if (wanted == nullptr || std::string_view(wanted) != "1") {
      GTEST_SKIP() << "needs 10 GiB of memory: set SERRIED_BIG_TESTS=1";
    }
    if (world().size() != 2) {
      GTEST_SKIP() << "for two ranks";
    }
  }
};

// A byte that tells its place, also from places 2^30, 2^31 or 2^32 away.
char byte_at(std::size_t i) { return static_cast<char>(i % 251); }

std::vector<char> made() {
  std::vector<char> bytes(n_bytes);
  for (std::size_t i = 0; i < n_bytes; ++i) {
    bytes[i] = byte_at(i);
  }
  return bytes;
}

void expect_made(std::span<const char> bytes) {
  ASSERT_EQ(bytes.size(), n_bytes);
  std::size_t n_wrong = 0;
  for (std::size_t i = 0; i < n_bytes; ++i) {
    n_wrong += bytes[i] != byte_at(i) ? 1 : 0;
  }
  EXPECT_EQ(n_wrong, 0U);
}

TEST_F(Big, SendAndReceive) {
  if (world().is_root()) {
    send(world(), made(), 1);
  } else {
    std::vector<char> buffer(n_bytes + 10);
    const Received received = receive(world(), buffer, 0);
    EXPECT_EQ(received.n_values, n_bytes);
    expect_made(std::span(buffer).first(n_bytes));
  }
}

TEST_F(Big, Broadcast) {
  std::vector<char> bytes;
  if (!world().is_root()) {
    bytes = made();
  }
  broadcast_resized(world(), bytes, 1);
  expect_made(bytes);
}

TEST_F(Big, BroadcastOfStructs) {
  const std::size_t n = n_bytes / sizeof(Padded);
  std::vector<Padded> values(n);
  if (world().is_root()) {
    for (std::size_t i = 0; i < n; ++i) {
      values[i] = {.letter = 'x', .number = i};
    }
  }
  broadcast(world(), values);
  std::size_t n_wrong = 0;
  for (std::size_t i = 0; i < n; ++i) {
    n_wrong += values[i] != Padded{.letter = 'x', .number = i} ? 1 : 0;
  }
  EXPECT_EQ(n_wrong, 0U);
}

TEST_F(Big, AlltoallRagged) {
  const std::vector<char> bytes = world().is_root() ? made() : std::vector<char>{'a', 'b'};
  const std::vector<std::span<const char>> parts = world().is_root()
                                                       ? std::vector<std::span<const char>>{{}, bytes}
                                                       : std::vector<std::span<const char>>{bytes, {}};
  const std::vector<std::vector<char>> received = alltoall_ragged<char>(world(), parts);
  if (world().is_root()) {
    EXPECT_EQ(received[1], (std::vector<char>{'a', 'b'}));
  } else {
    expect_made(received[0]);
  }
}

TEST_F(Big, GatherRagged) {
  const std::vector<char> all = gather_ragged(world(), world().is_root() ? std::vector<char>() : made());
  if (world().is_root()) {
    expect_made(all);
  }
}

// Each rank's part alone is beyond what one message holds.
TEST_F(Big, GatherOfLongParts) {
  const std::size_t n = n_bytes / 2;
  const std::vector<char> mine(n, static_cast<char>('a' + world().rank()));
  std::vector<char> all;
  gather(world(), mine, all);
  if (world().is_root()) {
    ASSERT_EQ(all.size(), 2 * n);
    EXPECT_EQ(std::count(all.begin(), all.end(), 'a'), static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(all[n - 1], 'a');
    EXPECT_EQ(all[n], 'b');
    EXPECT_EQ(all[2 * n - 1], 'b');
  }
}

TEST_F(Big, AllreduceInPieces) {
  std::vector<std::uint8_t> values(n_bytes, 1);
  values[n_bytes - 1] = static_cast<std::uint8_t>(10 + world().rank());
  allreduce(world(), values, std::plus<>{});
  EXPECT_EQ(values[n_bytes - 1], 21);
  EXPECT_EQ(std::count(values.begin(), values.end(), 2), static_cast<std::ptrdiff_t>(n_bytes - 1));
}

TEST_F(Big, ScatterRagged) {
  const std::vector<char> bytes = world().is_root() ? made() : std::vector<char>();
  const std::vector<char> mine = scatter_ragged(world(), bytes, std::vector<std::size_t>{5, n_bytes - 5});
  ASSERT_EQ(mine.size(), world().is_root() ? 5 : n_bytes - 5);
  EXPECT_EQ(mine.back(), byte_at(world().is_root() ? 4 : n_bytes - 1));
}

}  // namespace
}  // namespace serried::mpi
