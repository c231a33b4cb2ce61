#include <vector>

#include <gtest/gtest.h>

#include <serried/schedule/node_board.hpp>

namespace serried::schedule {
namespace {

TEST(NodeBoard, AddsUpWhatItsWorkersSay) {
  std::vector<BoardLine> lines(NodeBoard::n_lines(3));
  const NodeBoard board(lines);
  EXPECT_EQ(board.n_workers(), 3U);
  EXPECT_EQ(board.n_left(), 0U);
  EXPECT_EQ(board.n_done(), 0U);
  board.common(0).store({0, 60});
  board.common(1).store({60, 100});
  board.range_of(0).store({200, 210});
  board.range_of(2).store({300, 301});
  EXPECT_EQ(board.n_left(), 111U);
  board.n_done_by(0) = 5;
  board.n_done_by(2) = 7;
  EXPECT_EQ(board.n_done(), 12U);
}

TEST(NodeBoard, KeepsFlagsOnceRaised) {
  std::vector<BoardLine> lines(NodeBoard::n_lines(1));
  const NodeBoard board(lines);
  EXPECT_EQ(board.flags(), 0U);
  board.raise(NodeBoard::stopped);
  board.raise(NodeBoard::failed);
  EXPECT_EQ(board.flags(), unsigned{NodeBoard::stopped} | unsigned{NodeBoard::failed});
}

TEST(NodeBoard, GivesEachWorkerACacheLine) { EXPECT_EQ(sizeof(BoardLine), 64U); }

}  // namespace
}  // namespace serried::schedule
