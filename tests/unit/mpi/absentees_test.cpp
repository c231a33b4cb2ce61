#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/absentees.hpp>

namespace serried::mpi {
namespace {

using namespace std::chrono_literals;

Absentees absent(int n) {
  Absentees absentees;
  for (int i = 0; i < n; ++i) {
    ++absentees.n_absent;
    ++absentees.n_remarkable;
    absentees.append("rank " + std::to_string(i) + ": asleep\n");
  }
  return absentees;
}

TEST(DescribeAbsentees, NamesThemInASentence) {
  EXPECT_EQ(describe_absentees(std::vector{absent(1)}, 4, 500ms),
            "1 of 4 ranks has not come to the barrier within 0.5 s: rank 0: asleep");
  EXPECT_EQ(describe_absentees(std::vector{absent(0), absent(2), absent(1)}, 8, 2min),
            "3 of 8 ranks have not come to the barrier within 120 s: rank 0: asleep; rank 1: asleep; rank 0: "
            "asleep");
}

TEST(DescribeAbsentees, CutsALongList) {
  const std::string text = describe_absentees(std::vector{absent(5), absent(7)}, 20, 1s);
  EXPECT_TRUE(text.starts_with("12 of 20 ranks have not come to the barrier within 1 s: rank 0: asleep; "));
  EXPECT_TRUE(text.ends_with("rank 4: asleep; rank 0: asleep; rank 1: asleep; rank 2: asleep; and 4 more"))
      << text;
}

TEST(DescribeAbsentees, OfWhomNoneAnswersCountsThemAll) {
  EXPECT_EQ(
      describe_absentees(std::vector{absent(0), absentees_silent(4, 1), absentees_silent(5, 12)}, 20, 1s),
      "13 of 20 ranks have not come to the barrier within 1 s: rank 4: does not answer; 12 ranks of the host "
      "of "
      "rank 5: none answers");
}

TEST(DescribeAbsentees, SaysSoWhenAllHaveCome) {
  EXPECT_EQ(describe_absentees(std::vector{absent(0)}, 4, 1s),
            "all ranks have come to the barrier, but have not all got through within 1 s");
  Absentees stopped;
  stopped.n_remarkable = 1;
  stopped.append("rank 1: stopped\n");
  EXPECT_EQ(describe_absentees(std::vector{stopped}, 4, 1s),
            "all ranks have come to the barrier, but have not all got through within 1 s: rank 1: stopped");
}

TEST(Absentees, KeepWhatThereIsRoomFor) {
  Absentees absentees;
  for (int i = 0; i < 3; ++i) {
    absentees.append(std::string(2000, 'x'));
  }
  EXPECT_EQ(absentees.text(), std::string(absentees.bytes.size() - 1, 'x'));
}

TEST(AbsenteesHere, AreNoneWithoutABoard) {
  const Absentees absentees = absentees_here(std::vector{0, 1, 2}, 1, 1);
  EXPECT_EQ(absentees.n_absent, 0U);
  EXPECT_EQ(absentees.text(), "");
}

}  // namespace
}  // namespace serried::mpi
