/// What every rank of this node is doing and since when, readable by all of them while they do it.
///
///     const StatusBoard* board = StatusBoard::current();      // that of the Environment
///     for (const int rank : board->ranks_here()) {
///       std::puts(board->describe(rank).c_str());
///     }
///
///     rank 0 (host a, pid 122): waiting in barrier for 2.1 s
///     rank 1 (host a, pid 123): in its own code for 2.1 s, after barrier, asleep
///
/// The ranks write it in passing (waiting.hpp); a reader disturbs nobody, and needs no answer: the rank that is read may
/// compute, sleep, or be stopped. It is memory without a name, so that nothing is left behind when a job is killed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <serried/mpi/activity.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::mpi {

/// One at a time in a process: the Environment's. Ranks are those in MPI_COMM_WORLD.
class StatusBoard {
 public:
  /// Collective over `world`, which holds all ranks in the order of MPI_COMM_WORLD. A rank that cannot share memory with
  /// the others of its node gets a board of its own, and they cannot see it: nothing is thrown for that.
  explicit StatusBoard(const Communicator& world);
  StatusBoard(const StatusBoard&) = delete;
  StatusBoard& operator=(const StatusBoard&) = delete;
  /// Local; does not call MPI.
  ~StatusBoard();

  /// nullptr where there is no Environment.
  [[nodiscard]] static const StatusBoard* current() noexcept;

  /// The ranks whose entries are seen from here, this one included, in ascending order.
  [[nodiscard]] const std::vector<int>& ranks_here() const noexcept { return ranks_here_; }
  [[nodiscard]] int own_rank() const noexcept { return own_rank_; }
  /// Ranks with the same number see each other.
  [[nodiscard]] int board_of(int rank) const { return place_of(rank).board; }
  [[nodiscard]] std::string host_of(int rank) const { return place_of(rank).host.data(); }

  /// Local. What a rank of ranks_here() does now.
  [[nodiscard]] Activity read(int rank) const { return entry(rank).read(); }
  /// Local. False if its process has ended, or stands still because of a signal or a debugger.
  [[nodiscard]] bool can_run(int rank) const;
  /// Local. "rank 3 (host b, pid 123)".
  [[nodiscard]] std::string name(int rank) const;
  /// Local. "rank 3 (host b, pid 123): in its own code for 2.1 s, after barrier, asleep".
  [[nodiscard]] std::string describe(int rank) const;

  /// Local; true for the first rank of this board that asks. Thread-safe.
  [[nodiscard]] bool claim_report() const noexcept;

 private:
  // What a rank tells the others when the board is made.
  struct Place {
    std::uint64_t node = 0;    // the same for processes that see each other in /proc
    std::int32_t pid = 0;      // ... and this is what they see
    std::int32_t memory = -1;  // the descriptor of the memory that it offers; -1: it has none
    std::int32_t board = 0;    // the lowest rank of those that share one board
    std::array<char, 68> host{};
  };

  [[nodiscard]] const Place& place_of(int rank) const { return places_.at(static_cast<std::size_t>(rank)); }
  [[nodiscard]] ActivityEntry& entry(int rank) const noexcept;
  [[nodiscard]] std::size_t n_bytes() const noexcept;
  [[nodiscard]] bool map(int descriptor) noexcept;

  int own_rank_;
  std::vector<Place> places_;  // of all ranks of the world
  std::vector<int> ranks_here_;
  void* memory_ = nullptr;  // an entry for each rank of the world; those of other nodes are never touched
};

}  // namespace serried::mpi
