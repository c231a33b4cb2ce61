// The ranks of a loop as nodes and workers, and the memory and messages that they share. Internal to the module.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <optional>
#include <vector>

#include <serried/mpi/communicator.hpp>
#include <serried/mpi/notices.hpp>
#include <serried/schedule/node_board.hpp>

namespace serried::schedule {

class Team {
 public:
  // Collective. `ranks_a_node` > 0: so many ranks of a node pass for a node, for tests on one machine.
  Team(const mpi::Communicator& comm, int n_threads, int ranks_a_node);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  // Collective. Drops the notices under way, frees the board. Without it, both are leaked: a destructor cannot wait.
  void close();

  [[nodiscard]] const NodeBoard& board() const { return *board_; }
  [[nodiscard]] const std::vector<std::uint32_t>& workers_of_node() const { return workers_of_node_; }
  [[nodiscard]] std::uint32_t node() const { return node_number_; }
  // The worker that is this rank's thread 0: in its node, and among all.
  [[nodiscard]] std::uint32_t first_worker() const { return first_worker_; }
  [[nodiscard]] std::uint32_t first_global_worker() const { return first_global_worker_; }
  [[nodiscard]] std::uint32_t n_workers() const { return n_workers_; }
  // The lowest rank of its node.
  [[nodiscard]] bool is_leader() const { return node_comm_.is_root(); }
  // On leaders, if there are several nodes.
  [[nodiscard]] std::optional<mpi::Notices>& notices() { return notices_; }

  // Collective over the node: after it, each sees what the others wrote to the board before.
  void wait_for_node();

 private:
  void number_workers(const mpi::Communicator& comm, std::uint32_t n_threads);
  void make_board(std::uint32_t n_workers_here);

  mpi::Communicator node_comm_;
  std::optional<mpi::Notices> notices_;
  std::vector<BoardLine> own_lines_;  // of a node with one rank
  MPI_Win window_ = MPI_WIN_NULL;     // of others
  std::optional<NodeBoard> board_;
  std::vector<std::uint32_t> workers_of_node_;
  std::uint32_t node_number_ = 0;
  std::uint32_t first_worker_ = 0;
  std::uint32_t first_global_worker_ = 0;
  std::uint32_t n_workers_ = 0;
};

}  // namespace serried::schedule
