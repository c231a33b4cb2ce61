#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <serried/mpi/activity.hpp>

namespace serried::mpi {
namespace {

TEST(ActivityName, HoldsUpTo23Letters) {
  ActivityEntry entry;
  const auto read_back = [&](const ActivityName& name) {
    entry.begin(name);
    return entry.read().name;
  };
  EXPECT_EQ(read_back(ActivityName("")), "");
  EXPECT_EQ(read_back(ActivityName("12345678901234567890123")), "12345678901234567890123");
  EXPECT_EQ(read_back(ActivityName("receive")), "receive");
}

TEST(ActivityEntry, SaysWhatAndSinceWhen) {
  ActivityEntry entry;
  EXPECT_FALSE(entry.read().is_waiting);
  EXPECT_EQ(entry.read().name, "");

  const std::int64_t before = coarse_now_ns();
  entry.begin(ActivityName("receive"));
  const Activity inside = entry.read();
  EXPECT_TRUE(inside.is_waiting);
  EXPECT_EQ(inside.name, "receive");
  EXPECT_GE(inside.since_ns, before);
  EXPECT_LE(inside.since_ns, coarse_now_ns());
  EXPECT_GE(inside.seconds(), 0.0);

  entry.end();
  const Activity outside = entry.read();
  EXPECT_FALSE(outside.is_waiting);
  EXPECT_EQ(outside.name, "receive") << "the last one";
  EXPECT_GE(outside.since_ns, inside.since_ns);

  entry.begin(ActivityName("receive"));
  EXPECT_NE(entry.read().n_changes, inside.n_changes) << "another call of the same name";
}

TEST(ActivityEntry, HoldsTheLatestBarrier) {
  ActivityEntry entry;
  EXPECT_EQ(entry.read().barrier_id, 0U);
  entry.begin(ActivityName("barrier_for"));
  entry.come_to_barrier(7, 3);
  entry.end();
  EXPECT_EQ(entry.read().barrier_id, 7U);
  EXPECT_EQ(entry.read().barrier_epoch, 3U);
  EXPECT_EQ(entry.read().name, "barrier_for");
}

TEST(ActivityEntry, ContinuesElsewhere) {
  ActivityEntry first;
  first.begin(ActivityName("gather"));
  first.come_to_barrier(5, 6);
  ActivityEntry second;
  second.continue_from(first);
  EXPECT_TRUE(second.read().is_waiting);
  EXPECT_EQ(second.read().name, "gather");
  EXPECT_EQ(second.read().since_ns, first.read().since_ns);
  EXPECT_EQ(second.read().barrier_id, 5U);
  EXPECT_EQ(second.read().barrier_epoch, 6U);
}

TEST(ActivityEntry, ThatWasNeverWrittenBeginsWhereItContinues) {
  const std::int64_t before = coarse_now_ns();
  const ActivityEntry first;
  ActivityEntry second;
  second.continue_from(first);
  EXPECT_FALSE(second.read().is_waiting);
  EXPECT_GE(second.read().since_ns, before);
}

TEST(ActivityEntry, IsReadWholeWhileItChanges) {
  ActivityEntry entry;
  entry.begin(ActivityName("aaaaaaaaaaaaaaaaaaaaaaa"));
  entry.come_to_barrier(1, 1);
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    for (std::uint64_t i = 2; !is_over; ++i) {
      if (i % 2 == 0) {
        entry.begin(ActivityName("bbbbbbbbbbbbbbbbbbbbbbb"));
      } else {
        entry.begin(ActivityName("aaaaaaaaaaaaaaaaaaaaaaa"));
      }
      entry.come_to_barrier(i, i);
      if (i % 64 == 0) {
        std::this_thread::yield();
      }
    }
  });
  int n_whole = 0;
  int n_torn = 0;
  while (n_whole < 20000) {  // where cores are short, the writer is often stopped in the middle of a change
    const Activity activity = entry.read();
    if (!activity.is_whole) {
      std::this_thread::yield();
      continue;
    }
    ++n_whole;
    n_torn += activity.name == std::string(23, activity.name[0]) ? 0 : 1;
    n_torn += activity.barrier_id == activity.barrier_epoch ? 0 : 1;
  }
  is_over = true;
  writer.join();
  EXPECT_EQ(n_torn, 0);
}

}  // namespace
}  // namespace serried::mpi
