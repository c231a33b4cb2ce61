/// Marks the time that this rank spends waiting in the library, so that others can be told what it waits in.
///
///     void barrier(const Communicator& comm) {
///       const Waiting waiting("barrier");
///       check(MPI_Barrier(comm.get()), "MPI_Barrier");
///     }
#pragma once

#include <atomic>
#include <cstddef>

#include <serried/mpi/activity.hpp>

namespace serried::mpi {

/// Put first into every function that may block. Inside another one it does nothing: what the user called is what is
/// shown. Local; two looks at the clock and seven stores. For the threads that call MPI.
class Waiting {
 public:
  template <std::size_t N>
  explicit Waiting(const char (&name)[N]) noexcept {
    if (depth_++ == 0) {
      own_entry().begin(ActivityName(name));
    }
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    if (--depth_ == 0) {
      own_entry().end();
    }
  }

  /// Where this process notes what it does: memory of its own, or its place on the status board while there is one.
  [[nodiscard]] static ActivityEntry& own_entry() noexcept {
    return *own_entry_.load(std::memory_order_acquire);
  }
  /// From now on this process notes it in `entry`. For the thread that calls MPI.
  static void move_to(ActivityEntry& entry) noexcept {
    entry.continue_from(own_entry());
    own_entry_.store(&entry, std::memory_order_release);
  }
  static void move_to_own_memory() noexcept { move_to(own_memory_); }

 private:
  static inline ActivityEntry own_memory_;
  static inline std::atomic<ActivityEntry*> own_entry_{&own_memory_};
  static inline constinit thread_local int depth_ = 0;
};

}  // namespace serried::mpi
