#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/request.hpp>
#include <serried/mpi/scattered.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

// From every rank to the next, itself if it is alone; cut in other places where it is sent than where it arrives.
TEST(Scattered, ArrivesInTheOrderInWhichPiecesWereAdded) {
  const int n = world().size();
  const std::string text = "rank " + std::to_string(world().rank()) + ", in pieces";
  const std::string_view view(text);
  detail::Scattered outgoing;
  outgoing.add(view.substr(0, 3));
  outgoing.add({});
  outgoing.add(view.substr(3, 9));
  outgoing.add(view.substr(12));
  std::vector<char> second(text.size() - 6);
  std::vector<char> first(6);  // after `second` in memory, or before it
  detail::Scattered incoming;
  incoming.add(first);
  incoming.add(second);
  std::vector<MPI_Request> requests;
  incoming.start_receive(world(), (world().rank() + n - 1) % n, requests);
  outgoing.start_send(world(), (world().rank() + 1) % n, requests);
  EXPECT_EQ(requests.size(), 2U);
  Request(std::move(requests), Request::Buffer::is_written).wait();
  std::string expected = text;
  expected[5] = static_cast<char>('0' + (world().rank() + n - 1) % n);
  EXPECT_EQ(std::string(first.begin(), first.end()) + std::string(second.begin(), second.end()), expected);
}

TEST(Scattered, WithoutBytesThereIsNoMessage) {
  detail::Scattered nothing;
  nothing.add({});
  EXPECT_TRUE(nothing.empty());
  std::vector<MPI_Request> requests;
  nothing.start_send(world(), 0, requests);
  nothing.start_receive(world(), 0, requests);
  EXPECT_TRUE(requests.empty());
  nothing.add(std::string_view("x"));
  EXPECT_FALSE(nothing.empty());
  nothing.clear();
  EXPECT_TRUE(nothing.empty());
}

}  // namespace
}  // namespace serried::mpi
