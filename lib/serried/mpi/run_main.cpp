#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <thread>

#include <fmt/format.h>

#include <serried/mpi/check.hpp>
#include <serried/mpi/run_main.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried {
namespace {

using namespace std::chrono_literals;

// How long a rank that failed waits for the others to fail too. The lowest speaks first and thereby ends the job; one
// that throws what another rank found leaves the word to that rank, which may be busy freeing its memory.
std::chrono::steady_clock::duration patience(int rank, const Error& failure) {
  constexpr int max_turns = 20;
  const bool is_mine = failure.rank().value_or(rank) == rank;
  return (is_mine ? 2s : 60s) + std::min(rank, max_turns) * 200ms;
}

void print_error(std::string_view app, const Error& error) {
  const std::string line =
      fmt::format("serried-{}: rank {}: {}\n", app, error.rank().value_or(mpi::world_rank()), error.what());
  std::fputs(line.c_str(), stderr);  // one write, so that lines of several ranks do not mix
}

// Without the other ranks' consent. Of the ranks of a node that are out of patience, one speaks, also where cores are so
// short that their turns pass together.
[[noreturn]] void end_job(std::string_view app, const Error& error) {
  const mpi::StatusBoard* board = mpi::StatusBoard::current();
  if (board == nullptr || board->claim_report()) {
    print_error(app, error);
  } else {
    std::this_thread::sleep_for(2s);  // meanwhile the one that speaks ends the job
  }
  MPI_Abort(MPI_COMM_WORLD, static_cast<int>(error.exit_code()));
  std::abort();
}

// From best to worst: of several codes the job ends with the worst.
int severity(ExitCode code) {
  switch (code) {
    case ExitCode::done:
      return 0;
    case ExitCode::some_tasks_failed:
      return 1;
    case ExitCode::resumable:
      return 2;
    case ExitCode::usage:
      return 3;
    case ExitCode::failed:
      return 4;
  }
  return 5;
}

// How the ranks ended, agreed by one MPI_Iallreduce(MIN).
struct Endings {
  static constexpr std::int64_t nobody = std::numeric_limits<std::int64_t>::max();
  static constexpr int code_bits = 8;

  // [0]: rank and code of the lowest rank that threw; [1]: minus severity and code of the worst of the
  // others.
  std::array<std::int64_t, 2> values{nobody, 0};

  static Endings of(int rank, ExitCode code, bool has_thrown) {
    const auto number = static_cast<std::int64_t>(code);
    if (has_thrown) {
      return {{std::int64_t{rank} << code_bits | number, 0}};
    }
    return {{nobody, -(std::int64_t{severity(code)} << code_bits | number)}};
  }
  [[nodiscard]] bool is_first_failure(int rank) const {
    return values[0] != nobody && values[0] >> code_bits == rank;
  }
  [[nodiscard]] int exit_code() const {
    const std::int64_t ending = values[0] == nobody ? -values[1] : values[0];
    return static_cast<int>(ending & ((1 << code_bits) - 1));
  }
};

// Collective if all ranks get here. False if they did not before the deadline. Waits asleep: the others may
// be computing on this very core.
bool agree_on_endings(const mpi::Communicator& comm, Endings& endings,
                      std::optional<std::chrono::steady_clock::time_point> deadline) {
  const mpi::Waiting waiting("end of the job");
  MPI_Request request = MPI_REQUEST_NULL;
  const Endings mine = endings;
  mpi::check(MPI_Iallreduce(mine.values.data(), endings.values.data(), static_cast<int>(mine.values.size()),
                            MPI_INT64_T, MPI_MIN, comm.get(), &request),
             "MPI_Iallreduce");
  auto pause = 10us;
  for (;;) {
    int is_complete = 0;
    mpi::check(MPI_Test(&request, &is_complete, MPI_STATUS_IGNORE), "MPI_Test");
    if (is_complete != 0) {
      return true;
    }
    if (deadline && std::chrono::steady_clock::now() > *deadline) {
      return false;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, 1ms);
  }
}

}  // namespace

int detail::run_main(std::string_view app, int argc, char** argv,
                     const std::function<ExitCode(Environment&)>& body) {
  std::optional<Environment> environment;
  try {
    environment.emplace(argc, argv);
    // Not the world that body uses: what body left unfinished must not meet these messages.
    const mpi::Communicator exits = environment->world().dup();
    ExitCode code = ExitCode::done;
    std::optional<Error> failure;
    try {
      code = body(*environment);
    } catch (...) {
      failure = mpi::found_here(as_error(std::current_exception()));
      code = failure->exit_code();
    }
    Endings endings = Endings::of(exits.rank(), code, failure.has_value());
    std::optional<std::chrono::steady_clock::time_point> deadline;
    if (failure) {
      deadline = std::chrono::steady_clock::now() + patience(exits.rank(), *failure);
    }
    if (!agree_on_endings(exits, endings, deadline)) {
      end_job(app, *failure);
    }
    if (failure && endings.is_first_failure(exits.rank())) {
      print_error(app, *failure);
    }
    return endings.exit_code();
  } catch (...) {
    const Error error = as_error(std::current_exception());
    // What the Environment's ranks agreed upon: one prints it, and nobody ends before that.
    const bool is_everybodys = !environment && error.rank() && !error.mpi_class() && mpi::is_running();
    if (!is_everybodys || *error.rank() == mpi::world_rank()) {
      print_error(app, error);
    }
    if (is_everybodys) {
      MPI_Finalize();
    } else if (mpi::is_running() && environment) {
      MPI_Abort(MPI_COMM_WORLD, static_cast<int>(error.exit_code()));
    }
    return static_cast<int>(error.exit_code());
  }
}

}  // namespace serried
