#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <numeric>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/exscan.hpp>
#include <serried/schedule/team.hpp>

namespace serried::schedule {

namespace {

mpi::Communicator node_of(const mpi::Communicator& comm, int ranks_a_node) {
  mpi::Communicator node = comm.node();
  return ranks_a_node > 0 ? node.split(node.rank() / ranks_a_node) : std::move(node);
}

}  // namespace

Team::Team(const mpi::Communicator& comm, int n_threads, int ranks_a_node)
    : node_comm_(node_of(comm, ranks_a_node)) {
  number_workers(comm, static_cast<std::uint32_t>(n_threads));
  make_board(workers_of_node_[node_number_]);
}

void Team::number_workers(const mpi::Communicator& comm, std::uint32_t n_threads) {
  first_worker_ = mpi::exscan_value(node_comm_, n_threads, std::plus<>{});
  const std::uint32_t n_here = mpi::allreduce_value(node_comm_, n_threads, std::plus<>{});
  if (node_comm_.size() == comm.size()) {
    workers_of_node_ = {n_here};
  } else {
    const mpi::Communicator leaders_or_rest = comm.split(is_leader() ? 0 : 1);
    if (is_leader()) {
      node_number_ = static_cast<std::uint32_t>(leaders_or_rest.rank());
      workers_of_node_ = mpi::allgather_value(leaders_or_rest, n_here);
      notices_.emplace(leaders_or_rest);
    }
    node_number_ = mpi::broadcast_value(node_comm_, node_number_);
    mpi::broadcast_resized(node_comm_, workers_of_node_);
  }
  const auto mine = workers_of_node_.begin() + node_number_;
  first_global_worker_ = std::accumulate(workers_of_node_.begin(), mine, first_worker_);
  n_workers_ = std::accumulate(mine, workers_of_node_.end(), first_global_worker_ - first_worker_);
}

void Team::make_board(std::uint32_t n_workers_here) {
  const std::size_t n_lines = NodeBoard::n_lines(n_workers_here);
  if (node_comm_.size() == 1) {
    own_lines_ = std::vector<BoardLine>(n_lines);
    board_.emplace(own_lines_);
    return;
  }
  const std::size_t n_bytes = (n_lines + 1) * sizeof(BoardLine);  // one more, to align
  void* memory = nullptr;
  mpi::check(MPI_Win_allocate_shared(is_leader() ? static_cast<MPI_Aint>(n_bytes) : 0, 1, MPI_INFO_NULL,
                                     node_comm_.get(), &memory, &window_),
             "MPI_Win_allocate_shared");
  MPI_Aint size = 0;
  int unit = 0;
  mpi::check(MPI_Win_shared_query(window_, 0, &size, &unit, &memory), "MPI_Win_shared_query");
  // Mapped at whole pages, so that the same line is aligned in every process.
  std::size_t space = n_bytes;
  auto* const lines =
      static_cast<BoardLine*>(std::align(alignof(BoardLine), n_lines * sizeof(BoardLine), memory, space));
  expects(lines != nullptr, "the lines fit the window");
  if (is_leader()) {
    std::uninitialized_default_construct_n(lines, n_lines);
  }
  board_.emplace(std::span<BoardLine>(lines, n_lines));
}

void Team::wait_for_node() {
  std::atomic_thread_fence(std::memory_order_release);
  mpi::barrier(node_comm_);
  std::atomic_thread_fence(std::memory_order_acquire);
}

void Team::close() {
  if (notices_) {
    (void)notices_->close();
    notices_.reset();
  }
  if (window_ != MPI_WIN_NULL) {
    mpi::check(MPI_Win_free(&window_), "MPI_Win_free");
  }
}

}  // namespace serried::schedule
