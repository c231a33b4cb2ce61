/// Marks the time that this rank spends waiting in the library, so that others can be told what it waits in.
///
///     void barrier(const Communicator& comm) {
///       const Waiting waiting("barrier");
///       check(MPI_Barrier(comm.get()), "MPI_Barrier");
///     }
#pragma once

#include <array>
#include <cstddef>

namespace serried::mpi {

/// Put first into every function that may block. Inside another one it does nothing: what the user called is what is
/// shown. Local; costs some nanoseconds. For the thread that calls MPI.
class Waiting {
 public:
  static constexpr std::size_t max_name = 24;
  using Name = std::array<char, max_name>;

  template <std::size_t N>
  explicit Waiting(const char (&name)[N]) noexcept {
    static_assert(N <= max_name);
    if (depth()++ == 0) {
      current() = Name{};
      for (std::size_t i = 0; i < N; ++i) {
        current()[i] = name[i];
      }
    }
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    if (--depth() == 0) {
      current() = Name{};
    }
  }

  /// The outermost call under way in this process; all zero outside the library.
  [[nodiscard]] static Name& current() noexcept {
    static Name name{};
    return name;
  }

 private:
  static int& depth() noexcept {
    static int depth = 0;
    return depth;
  }
};

}  // namespace serried::mpi
