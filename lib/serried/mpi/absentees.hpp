/// Who of a group of ranks has not come to a barrier_for, in words. Part of roll_call.cpp.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace serried::mpi {

/// What is known of the ranks on one status board. Sent as it lies in memory, up to the end of the text.
struct Absentees {
  std::uint64_t n_absent = 0;
  std::uint64_t n_remarkable = 0;  ///< the absent, and those who have come but cannot run
  std::array<char, 3800>
      bytes{};  ///< a line for the first of these; MPI sends so little without asking the receiver

  [[nodiscard]] std::string_view text() const { return bytes.data(); }
  /// As much as there is room for.
  void append(std::string_view more) {
    const std::size_t size = text().size();
    more.copy(bytes.data() + size, bytes.size() - 1 - size);
  }
};

/// Names are "rank 3 (host b, pid 123)", or "rank 3" where there is no status board.
[[nodiscard]] std::string name_of_rank(int world_rank);

/// Those of `world_ranks` on this rank's board who have not come to this barrier; none where there is no board.
[[nodiscard]] Absentees absentees_here(std::span<const int> world_ranks, std::uint64_t barrier_id,
                                       std::uint64_t epoch);

/// All of a group's ranks, of whom none has answered. `first` is the lowest, in the world.
[[nodiscard]] Absentees absentees_silent(int first, std::size_t n_ranks);

/// "2 of 4 ranks have not come to the barrier within 2 s: rank 1 (…): …; rank 3 (…): …".
[[nodiscard]] std::string describe_absentees(std::span<const Absentees> groups, int n_ranks,
                                             std::chrono::duration<double> deadline);

}  // namespace serried::mpi
