// Counts that do not fit MPI's `int`, with memory to match: see CMakeLists.txt.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/point_to_point.hpp>

#include "world.hpp"

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

}  // namespace
}  // namespace serried::mpi
