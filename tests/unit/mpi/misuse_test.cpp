// Ranks that call different collectives: compiled with SERRIED_CHECK_COLLECTIVES, whatever the preset.
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/reduce.hpp>
#include <serried/mpi/scan.hpp>
#include <serried/mpi/scatter.hpp>
#include <serried/mpi/serialize.hpp>

#include "mpi_test.hpp"

namespace serried::mpi {
namespace {

static_assert(checks_collectives);

// The message of the logic error that `on_last` on the last rank and `elsewhere` on the others end with.
template <class OnLast, class Elsewhere>
std::string complaint(OnLast on_last, Elsewhere elsewhere) {
  try {
    if (world().rank() == world().size() - 1) {
      on_last();
    } else {
      elsewhere();
    }
  } catch (const std::logic_error& error) {
    EXPECT_TRUE(same_everywhere(error.what()));
    return error.what();
  }
  return "no complaint";
}

class Misuse : public testing::Test {
 protected:
  void SetUp() override {
    if (world().size() == 1) {
      GTEST_SKIP() << "needs two ranks that differ";
    }
  }
  std::vector<double> three_ = std::vector<double>(3);
  std::vector<int> four_ = std::vector<int>(4);
  std::string last_ = std::to_string(world().size() - 1);
};

TEST_F(Misuse, DifferentCollectives) {
  EXPECT_EQ(complaint([&] { broadcast(world(), four_); }, [&] { allreduce(world(), three_, max); }),
            "rank 0 calls allreduce of 3 double, rank " + last_ + " calls broadcast of 4 int from root 0");
}

TEST_F(Misuse, ABarrierIsACollectiveToo) {
  EXPECT_EQ(complaint([&] { barrier(world()); }, [&] { allreduce(world(), three_, max); }),
            "rank 0 calls allreduce of 3 double, rank " + last_ + " calls barrier");
}

TEST_F(Misuse, DifferentCounts) {
  std::vector<double> five(5);
  EXPECT_EQ(
      complaint([&] { reduce(world(), five, max, 1); }, [&] { reduce(world(), three_, max, 1); }),
      "rank 0 calls reduce of 3 double to root 1, rank " + last_ + " calls reduce of 5 double to root 1");
  std::vector<double> all;
  EXPECT_EQ(complaint([&] { allgather(world(), five, all); }, [&] { allgather(world(), three_, all); }),
            "rank 0 calls allgather of 3 double, rank " + last_ + " calls allgather of 5 double");
}

TEST_F(Misuse, DifferentTypes) {
  std::vector<float> floats(3);
  EXPECT_EQ(complaint([&] { scan(world(), floats, max); }, [&] { scan(world(), three_, max); }),
            "rank 0 calls scan of 3 double, rank " + last_ + " calls scan of 3 float");
  EXPECT_EQ(
      complaint([&] { (void)gather_ragged(world(), floats); }, [&] { (void)gather_ragged(world(), four_); }),
      "rank 0 calls gather_ragged of int to root 0, rank " + last_ +
          " calls gather_ragged of float to root 0");
}

TEST_F(Misuse, DifferentRoots) {
  EXPECT_EQ(
      complaint([&] { broadcast(world(), four_, 1); }, [&] { broadcast(world(), four_, 0); }),
      "rank 0 calls broadcast of 4 int from root 0, rank " + last_ + " calls broadcast of 4 int from root 1");
}

TEST_F(Misuse, DifferentOperationsAreNamed) {
  const std::string what =
      complaint([&] { allreduce(world(), four_, min); }, [&] { allreduce(world(), four_, max); });
  EXPECT_EQ(what, "rank 0 calls allreduce of 4 int by serried::mpi::Max, rank " + last_ +
                      " calls allreduce of 4 int by serried::mpi::Min");
}

TEST_F(Misuse, NonBlockingOnesAndObjects) {
  EXPECT_EQ(complaint([&] { async_broadcast(world(), three_).wait(); },
                      [&] { async_allreduce(world(), three_, max).wait(); }),
            "rank 0 calls async_allreduce of 3 double, rank " + last_ +
                " calls async_broadcast of 3 double from root 0");
  const std::string what = complaint([&] { (void)allgather_objects(world(), std::vector<int>()); },
                                     [&] { (void)gather_objects(world(), std::vector<int>()); });
  EXPECT_NE(what.find("rank 0 calls gather_objects of std::vector<int"), std::string::npos) << what;
  EXPECT_NE(what.find("rank " + last_ + " calls allgather_objects of std::vector<int"), std::string::npos)
      << what;
}

TEST_F(Misuse, AllWorksAfterwards) {
  std::vector<int> ones(4, 1);
  allreduce(world(), ones, std::plus<>{});
  EXPECT_EQ(ones, std::vector<int>(4, world().size()));
  std::vector<int> twos(my_rank(), 2);  // ragged: the lengths may differ
  EXPECT_EQ(allgather_ragged(world(), twos).size(), n_ranks() * (n_ranks() - 1) / 2);
}

}  // namespace
}  // namespace serried::mpi
