#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/barrier.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/request.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

static_assert(!std::is_copy_constructible_v<Request> && !std::is_copy_assignable_v<Request>);
static_assert(std::is_nothrow_move_constructible_v<Request> && std::is_nothrow_move_assignable_v<Request>);

TEST(Request, OfNothingIsComplete) {
  Request request;
  EXPECT_TRUE(request.test());
  EXPECT_NO_THROW(request.wait());
}

TEST(Request, IsIncompleteUntilTheMessageHasCome) {
  std::vector<int> buffer(1, -1);
  Request incoming = async_receive(world(), buffer, world().rank(), 21);
  EXPECT_FALSE(incoming.test());
  EXPECT_FALSE(incoming.test());
  send(world(), std::vector<int>{8}, world().rank(), 21);
  while (!incoming.test()) {
  }
  EXPECT_EQ(buffer[0], 8);
  EXPECT_TRUE(incoming.test()) << "a complete request stays complete";
  EXPECT_NO_THROW(incoming.wait());
}

TEST(Request, WaitReturnsWhenTheBufferIsFull) {
  std::vector<int> buffer(1, -1);
  Request incoming = async_receive(world(), buffer, world().rank(), 22);
  const std::vector<int> values = {9};
  Request outgoing = async_send(world(), values, world().rank(), 22);
  incoming.wait();
  EXPECT_EQ(buffer[0], 9);
  outgoing.wait();
  EXPECT_NO_THROW(incoming.wait()) << "a second call does nothing";
}

TEST(Request, MovesItsOperation) {
  std::vector<int> buffer(1, -1);
  Request first = async_receive(world(), buffer, world().rank(), 23);
  Request second(std::move(first));
  Request third;
  third = std::move(second);
  EXPECT_FALSE(third.test());
  send(world(), std::vector<int>{10}, world().rank(), 23);
  third.wait();
  EXPECT_EQ(buffer[0], 10);
}

TEST(Request, IsGivenUpWhileAnExceptionUnwinds) {
  std::vector<int> buffer(1, -1);
  EXPECT_THROW(
      {
        const Request abandoned = async_receive(world(), buffer, world().rank(), 24);
        throw std::runtime_error("something else failed");
      },
      std::runtime_error);
  // The receive was cancelled: the message goes to the next one.
  send(world(), std::vector<int>{11}, world().rank(), 24);
  std::vector<int> other(1, -1);
  (void)receive(world(), other, world().rank(), 24);
  EXPECT_EQ(other[0], 11);
  EXPECT_EQ(buffer[0], -1);
}

TEST(Request, AFailureHasItsClassAndLeavesNothingToWaitFor) {
  for (const bool waits : {true, false}) {
    // In this order: Open MPI 4.1 reports no truncation of a message to oneself whose receive was there
    // first.
    const std::vector<int> values(5, 1);
    Request outgoing = async_send(world(), values, world().rank(), 25);
    std::vector<int> buffer(2, -1);
    Request incoming = async_receive(world(), buffer, world().rank(), 25);
    const Error error = error_of([&] {
      if (waits) {
        incoming.wait();
      }
      while (!incoming.test()) {
      }
    });
    EXPECT_EQ(error.mpi_class(), MPI_ERR_TRUNCATE) << error.what();
    EXPECT_TRUE(incoming.test());
    outgoing.wait();
    // `incoming` is destroyed here, without an exception: it must not count as forgotten.
  }
}

}  // namespace
}  // namespace serried::mpi
