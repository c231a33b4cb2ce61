/// The part of `for_each_index` that does not depend on the body. Use for_each_index.hpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

#include <serried/mpi/communicator.hpp>
#include <serried/schedule/dealer.hpp>
#include <serried/schedule/index_order.hpp>
#include <serried/schedule/options.hpp>

namespace serried::schedule::detail {

class LoopWorker;

/// One loop on this rank, shared by its threads.
class Loop {
 public:
  /// Collective. Options must outlive the loop.
  Loop(const mpi::Communicator& comm, std::uint64_t n, const Options& options, int ranks_a_node);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  [[nodiscard]] int n_threads() const noexcept;
  [[nodiscard]] const IndexOrder& order() const noexcept;

  /// Any thread: `index` failed; all workers leave soon.
  void fail(std::uint64_t index, std::exception_ptr exception) noexcept;

  /// Collective, on the MPI thread, after all threads left. Throws the one error on all ranks if there is any.
  [[nodiscard]] Summary finish();

 private:
  friend class LoopWorker;
  struct State;
  std::unique_ptr<State> state_;
};

/// One thread in a loop.
class LoopWorker {
 public:
  LoopWorker(Loop& loop, int thread);

  [[nodiscard]] bool must_leave() const noexcept { return board_.flags() != 0; }

  /// The next position, or nothing for now.
  [[nodiscard]] std::optional<std::uint32_t> next() {
    const std::optional<std::uint32_t> position = dealer_.next();
    if (n_rests_ != 0 && position) [[unlikely]] {
      resume();
    }
    return position;
  }
  [[nodiscard]] std::uint64_t index_of(std::uint64_t item) noexcept {
    return order_->index_of(item, cursor_);
  }

  [[nodiscard]] int thread() const noexcept { return thread_; }
  /// In the middle of a body: attends to others if this is the thread for it; true if a body failed somewhere.
  [[nodiscard]] bool has_failed();

  /// After a body that returned.
  void count_one() {
    n_done_on_board_->store(++n_done_, std::memory_order_relaxed);
    if (--until_clock_ == 0) [[unlikely]] {
      look_at_clock();
    }
  }
  /// With nothing to do: attends to others, then sleeps a little, the longer the more often.
  void rest();
  /// Last: adds this thread's numbers to the loop's.
  void leave();

 private:
  void resume();
  void look_at_clock();

  Loop* loop_;
  NodeBoard board_;
  const IndexOrder* order_;
  IndexOrder::Cursor cursor_;
  Dealer dealer_;
  std::atomic<std::uint64_t>* n_done_on_board_;
  std::uint64_t n_done_ = 0;
  std::uint32_t until_clock_ = 1;  // bodies until the clock is read again
  std::uint32_t stride_ = 1;
  std::atomic<double>* busy_on_board_;
  int thread_;
  int n_rests_ = 0;
  double busy_since_;
  double busy_seconds_ = 0;
};

}  // namespace serried::schedule::detail
