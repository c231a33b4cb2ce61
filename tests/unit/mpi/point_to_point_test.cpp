#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/barrier.hpp>
#include <serried/mpi/point_to_point.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

int next_rank() { return (world().rank() + 1) % world().size(); }
int previous_rank() { return (world().rank() + world().size() - 1) % world().size(); }

// Sends around the ring (with one rank: to itself) and returns what came.
template <class R, class Buffer>
Received around_the_ring(const R& values, Buffer& buffer, int tag = 3) {
  Request request = async_send(world(), values, next_rank(), tag);
  const Received received = receive(world(), buffer, previous_rank(), tag);
  request.wait();
  return received;
}

template <class T>
class MessagesOf : public testing::Test {};
using Types = testing::Types<char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                             std::uint32_t, std::int64_t, std::uint64_t, float, double, long double>;
TYPED_TEST_SUITE(MessagesOf, Types);

TYPED_TEST(MessagesOf, NumbersArriveAsTheyWere) {
  const std::vector<TypeParam> values = {static_cast<TypeParam>(world().rank()), static_cast<TypeParam>(-1)};
  std::vector<TypeParam> buffer(2);
  const Received received = around_the_ring(values, buffer);
  EXPECT_EQ(received.n_values, 2U);
  EXPECT_EQ(received.source, previous_rank());
  EXPECT_EQ(received.tag, 3);
  EXPECT_EQ(buffer[0], static_cast<TypeParam>(previous_rank()));
  EXPECT_EQ(buffer[1], static_cast<TypeParam>(-1));
}

TEST(PointToPoint, StructsAndTexts) {
  const std::array<Padded, 2> structs = {Padded{.letter = 'a', .number = my_rank()}, Padded{}};
  std::array<Padded, 2> buffer{};
  EXPECT_EQ(around_the_ring(structs, buffer).n_values, 2U) << "values, not bytes";
  EXPECT_EQ(buffer[0], (Padded{.letter = 'a', .number = static_cast<std::uint64_t>(previous_rank())}));

  std::string text(5, '?');
  (void)around_the_ring(std::string("hello"), text);
  EXPECT_EQ(text, "hello");
}

TEST(PointToPoint, AShorterMessageFillsTheBeginning) {
  std::vector<int> buffer(10, -1);
  EXPECT_EQ(around_the_ring(std::vector<int>{7, 8}, buffer).n_values, 2U);
  EXPECT_EQ(buffer, (std::vector<int>{7, 8, -1, -1, -1, -1, -1, -1, -1, -1}));
}

TEST(PointToPoint, EmptyMessagesArrive) {
  std::vector<int> buffer(1, -1);
  const Received into_space = around_the_ring(std::vector<int>(), buffer, 9);
  EXPECT_EQ(into_space.n_values, 0U);
  EXPECT_EQ(into_space.tag, 9);
  EXPECT_EQ(buffer[0], -1);
  std::vector<int> none;
  EXPECT_EQ(around_the_ring(std::vector<int>(), none).n_values, 0U);
}

TEST(PointToPoint, AnySourceAndAnyTagAreTold) {
  if (!world().is_root()) {
    send(world(), std::vector<int>{world().rank()}, 0, 40 + world().rank());
    return;
  }
  std::vector<bool> seen(n_ranks());
  for (int i = 1; i < world().size(); ++i) {
    std::vector<int> buffer(3);
    const Received received = receive(world(), buffer);
    EXPECT_EQ(received.n_values, 1U);
    EXPECT_EQ(received.source, buffer[0]);
    EXPECT_EQ(received.tag, 40 + buffer[0]);
    EXPECT_FALSE(seen.at(static_cast<std::size_t>(buffer[0])));
    seen.at(static_cast<std::size_t>(buffer[0])) = true;
  }
}

TEST(PointToPoint, TagsChooseAmongMessages) {
  const std::vector<int> one = {1};
  const std::vector<int> two = {2};
  Request first = async_send(world(), one, world().rank(), 1);
  Request second = async_send(world(), two, world().rank(), 2);
  std::vector<int> buffer(1);
  (void)receive(world(), buffer, world().rank(), 2);
  EXPECT_EQ(buffer[0], 2);
  (void)receive(world(), buffer, any_source, 1);
  EXPECT_EQ(buffer[0], 1);
  first.wait();
  second.wait();
}

TEST(PointToPoint, MessagesOfOnePairKeepTheirOrder) {
  constexpr int n = 200;
  std::vector<int> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<Request> requests;
  for (const int& number : numbers) {
    requests.push_back(async_send(world(), std::span(&number, 1), next_rank()));
  }
  for (int i = 0; i < n; ++i) {
    int received = -1;
    (void)receive(world(), std::span(&received, 1), previous_rank());
    ASSERT_EQ(received, i);
  }
  for (Request& request : requests) {
    request.wait();
  }
}

TEST(PointToPoint, LongMessagesOverlapInBothDirections) {
  const std::vector<std::uint64_t> values(500'000, my_rank());
  std::vector<std::uint64_t> buffer(values.size());
  Request incoming = async_receive(world(), buffer, previous_rank(), 4);
  Request outgoing = async_send(world(), values, next_rank(), 4);
  incoming.wait();
  outgoing.wait();
  EXPECT_EQ(buffer, std::vector<std::uint64_t>(values.size(), static_cast<std::uint64_t>(previous_rank())));
}

TEST(PointToPoint, AMessageLongerThanTheBufferIsTruncated) {
  const std::vector<int> values(5, 1);
  Request request = async_send(world(), values, next_rank(), 6);
  std::vector<int> buffer(2);
  const Error error = error_of([&] { (void)receive(world(), buffer, previous_rank(), 6); });
  EXPECT_EQ(error.mpi_class(), MPI_ERR_TRUNCATE);
  EXPECT_EQ(error.rank(), world().rank());
  request.wait();
  // It is gone: the next message is the next one.
  std::vector<int> next(2);
  EXPECT_EQ(around_the_ring(std::vector<int>{3, 4}, next, 6).n_values, 2U);
  EXPECT_EQ(next, (std::vector<int>{3, 4}));
}

TEST(PointToPoint, RanksAndTagsThatDoNotExist) {
  std::vector<int> buffer(1);
  EXPECT_EQ(error_of([&] { send(world(), buffer, world().size()); }).mpi_class(), MPI_ERR_RANK);
  EXPECT_EQ(error_of([&] { send(world(), buffer, -5); }).mpi_class(), MPI_ERR_RANK);
  EXPECT_EQ(error_of([&] { send(world(), buffer, 0, -5); }).mpi_class(), MPI_ERR_TAG);
  EXPECT_EQ(error_of([&] { (void)receive(world(), buffer, world().size()); }).mpi_class(), MPI_ERR_RANK);
  EXPECT_EQ(error_of([&] { (void)async_send(world(), buffer, world().size()); }).mpi_class(), MPI_ERR_RANK);
  EXPECT_EQ(error_of([&] { (void)async_receive(world(), buffer, world().size()); }).mpi_class(),
            MPI_ERR_RANK);
}

TEST(LocalProbe, SeesWhatHasArrivedAndLeavesItThere) {
  EXPECT_FALSE(local_probe(world(), world().rank(), 11));
  const std::vector<int> values = {5};
  Request request = async_send(world(), values, world().rank(), 11);
  while (!local_probe(world(), world().rank(), 11)) {
  }
  EXPECT_FALSE(local_probe(world(), world().rank(), 12)) << "another tag";
  EXPECT_TRUE(local_probe(world(), any_source, 11));
  std::vector<int> buffer(1);
  (void)receive(world(), buffer, world().rank(), 11);
  request.wait();
  EXPECT_FALSE(local_probe(world(), world().rank(), 11));
}

// How many values go into each message and how many there are of them, without sending 2^30 bytes.
std::vector<std::size_t> message_lengths(std::size_t n_values) {
  std::vector<std::size_t> lengths;
  std::size_t expected_offset = 0;
  const std::size_t done =
      detail::for_each_message<std::uint64_t>(n_values, [&](std::size_t offset, std::size_t n) {
        EXPECT_EQ(offset, expected_offset);
        expected_offset += n;
        lengths.push_back(n);
        return n;
      });
  EXPECT_EQ(done, n_values);
  return lengths;
}

TEST(PointToPoint, LongDataIsCutSoThatTheLastMessageIsShort) {
  constexpr std::size_t full = max_values_per_message<std::uint64_t>();
  using Lengths = std::vector<std::size_t>;
  EXPECT_EQ(message_lengths(0), (Lengths{0}));
  EXPECT_EQ(message_lengths(full - 1), (Lengths{full - 1}));
  EXPECT_EQ(message_lengths(full), (Lengths{full, 0}));
  EXPECT_EQ(message_lengths(full + 1), (Lengths{full, 1}));
  EXPECT_EQ(message_lengths(3 * full), (Lengths{full, full, full, 0}));
  EXPECT_EQ(message_lengths(5 * full + 17), (Lengths{full, full, full, full, full, 17}));
}

TEST(PointToPoint, AReceiverOfLongDataStopsAtTheShortMessage) {
  constexpr std::size_t full = max_values_per_message<std::uint64_t>();
  int n_messages = 0;  // a buffer for 10 full messages; the sender had one full one and 5 values more
  const std::size_t done =
      detail::for_each_message<std::uint64_t>(10 * full, [&](std::size_t /*offset*/, std::size_t n) {
        EXPECT_EQ(n, full);
        return ++n_messages == 1 ? full : std::size_t{5};
      });
  EXPECT_EQ(n_messages, 2);
  EXPECT_EQ(done, full + 5);
}

}  // namespace
}  // namespace serried::mpi
