/// Marks the time that this rank spends waiting in the library, so that others can be told what it waits in.
///
///     void barrier(const Communicator& comm) {
///       const Waiting waiting("barrier");
///       check(MPI_Barrier(comm.get()), "MPI_Barrier");
///     }
#pragma once

#include <cstddef>

#include <serried/mpi/activity_name.hpp>

namespace serried::mpi {

class ActivityEntry;

/// Put first into every function that may block. Inside another one it does nothing: what the user called is what is
/// shown. Local; two looks at the clock and seven stores. For the threads that call MPI.
class Waiting {
 public:
  template <std::size_t N>
  explicit Waiting(const char (&name)[N]) noexcept {
    if (depth_++ == 0) {
      begin(ActivityName(name));
    }
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    if (--depth_ == 0) {
      end();
    }
  }

  /// Where this process notes what it does: memory of its own, or its place on the status board while there is one.
  [[nodiscard]] static ActivityEntry& own_entry() noexcept;
  /// From now on this process notes it in `entry`. For the thread that calls MPI.
  static void move_to(ActivityEntry& entry) noexcept;
  static void move_to_own_memory() noexcept;

 private:
  static void begin(const ActivityName& name) noexcept;
  static void end() noexcept;

  static inline constinit thread_local int depth_ = 0;
};

}  // namespace serried::mpi
