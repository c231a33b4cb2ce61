#include <algorithm>

#include <fmt/format.h>

#include <serried/mpi/absentees.hpp>
#include <serried/mpi/status_board.hpp>

namespace serried::mpi {
namespace {

constexpr std::uint64_t max_lines = 8;

}  // namespace

std::string name_of_rank(int world_rank) {
  const StatusBoard* board = StatusBoard::current();
  return board != nullptr ? board->name(world_rank) : fmt::format("rank {}", world_rank);
}

Absentees absentees_here(std::span<const int> world_ranks, std::uint64_t barrier_id, std::uint64_t epoch) {
  Absentees absentees;
  const StatusBoard* board = StatusBoard::current();
  if (board == nullptr) {
    return absentees;
  }
  const int here = board->board_of(board->own_rank());
  for (const int rank : world_ranks) {
    if (board->board_of(rank) != here) {
      continue;
    }
    const Activity activity = board->read(rank);
    const bool has_come = activity.barrier_id == barrier_id && activity.barrier_epoch >= epoch;
    absentees.n_absent += has_come ? 0 : 1;
    if ((!has_come || !board->can_run(rank)) && absentees.n_remarkable++ < max_lines) {
      absentees.append(board->describe(rank) + '\n');
    }
  }
  return absentees;
}

Absentees absentees_silent(int first, std::size_t n_ranks) {
  Absentees absentees{.n_absent = n_ranks, .n_remarkable = 1};
  absentees.append(
      n_ranks == 1 ? name_of_rank(first) + ": does not answer"
                   : fmt::format("{} ranks of the host of {}: none answers", n_ranks, name_of_rank(first)));
  return absentees;
}

std::string describe_absentees(std::span<const Absentees> groups, int n_ranks,
                               std::chrono::duration<double> deadline) {
  std::uint64_t n_absent = 0;
  std::uint64_t n_remarkable = 0;
  std::uint64_t n_lines = 0;
  std::string list;
  for (const Absentees& group : groups) {
    n_absent += group.n_absent;
    n_remarkable += group.n_remarkable;
    for (std::string_view rest = group.text(); !rest.empty() && n_lines < max_lines; ++n_lines) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      list += fmt::format("{}{}", n_lines == 0 ? ": " : "; ", line);
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
  }
  if (n_remarkable > n_lines) {
    list += fmt::format("; and {} more", n_remarkable - n_lines);
  }
  const std::string time = fmt::format("within {:g} s", deadline.count());
  if (n_absent == 0) {
    return fmt::format("all ranks have come to the barrier, but have not all got through {}{}", time, list);
  }
  return fmt::format("{} of {} ranks {} not come to the barrier {}{}", n_absent, n_ranks,
                     n_absent == 1 ? "has" : "have", time, list);
}

}  // namespace serried::mpi
