#include <fcntl.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <serried/base/scope_guard.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/environment.hpp>
#include <serried/mpi/open_mpi_defaults.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/status_service.hpp>
#include <serried/mpi/waiting.hpp>
#include <serried/mpi/watchdog.hpp>

namespace serried {
namespace {

// The next file or pipe that is opened gets the lowest free number: where standard output is closed, MPI
// would make a pipe of its own number 1, and results would go there. What is put in the place can neither be
// read nor written (EBADF), nor, as a link that is not to be followed, be opened by the name of /dev/stdin.
void keep_closed_streams_closed() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0 && ::open("/proc/self/exe", O_PATH | O_NOFOLLOW) != stream) {
      throw system_error("open in the place of a standard stream that is closed", errno, "/proc/self/exe");
    }
  }
}

// A write beyond the limit on the size of files (ulimit -f) is to fail as on a full disk (EFBIG), not to end
// the process without a word.
void ignore_file_size_signal() {
  struct sigaction action {};
  if (::sigaction(SIGXFSZ, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGXFSZ, &action, nullptr);
  }
}

int mpi_level(ThreadLevel level) {
  switch (level) {
    case ThreadLevel::funneled:
      return MPI_THREAD_FUNNELED;
    case ThreadLevel::serialized:
      return MPI_THREAD_SERIALIZED;
    case ThreadLevel::multiple:
      return MPI_THREAD_MULTIPLE;
  }
  return MPI_THREAD_FUNNELED;
}

// A launcher of another MPI, or srun without PMIx, starts n processes that each believe to be alone: n copies
// of the job that overwrite each other's output.
void expect_launcher_understood(int n_ranks) {
  struct Launcher {
    const char* variable;  // holds the number of processes
    const char* present;   // only set inside a step of that launcher
    const char* hint;
  };
  for (const Launcher& launcher :
       {Launcher{"SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "use srun --mpi=pmix, or mpirun"},
        Launcher{"PMI_SIZE", "PMI_SIZE", "use the mpirun of Open MPI"}}) {
    const char* text = std::getenv(launcher.variable);
    const bool is_step = std::getenv(launcher.present) != nullptr;
    const bool is_open_mpi = std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr;
    if (n_ranks == 1 && text != nullptr && is_step && !is_open_mpi && std::atoi(text) > 1) {
      throw Error("the launcher started " + std::string(text) + " processes, but MPI sees each of them alone")
          .hint(launcher.hint);
    }
  }
}

}  // namespace

struct Environment::Services {
  Services(const mpi::Communicator& world, std::optional<std::chrono::milliseconds> limit) : board(world) {
    std::vector<int> ranks(static_cast<std::size_t>(world.size()));
    std::iota(ranks.begin(), ranks.end(), 0);
    const auto is_elsewhere = [&](int rank) { return board.board_of(rank) != board.board_of(0); };
    if (std::ranges::any_of(ranks, is_elsewhere)) {
      service.emplace(world);
    }
    if (limit) {
      watchdog.emplace(*limit);
    }
  }

  mpi::StatusBoard board;
  std::optional<mpi::StatusService> service;  // goes before the board, which it reads
  std::optional<mpi::Watchdog> watchdog;      // likewise
};

Environment::Environment(int& argc, char**& argv, ThreadLevel level)
    : n_exceptions_at_start_(std::uncaught_exceptions()) {
  keep_closed_streams_closed();
  ignore_file_size_signal();
  mpi::set_open_mpi_defaults();
  int provided = MPI_THREAD_SINGLE;
  mpi::check(MPI_Init_thread(&argc, &argv, mpi_level(level), &provided), "MPI_Init_thread");
  if (provided < mpi_level(level)) {
    throw Error("this MPI does not offer the thread level that was asked for");
  }
  mpi::check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  world_ = mpi::Communicator::duplicate_of(MPI_COMM_WORLD);
  expect_launcher_understood(world_->size());
  const auto limit = mpi::together(*world_, mpi::watchdog_limit);
  services_ = new Services(*world_, limit);
}

Environment::~Environment() {
  const ScopeGuard last([this] { delete services_; });
  if (!mpi::is_running()) {
    return;
  }
  if (std::uncaught_exceptions() > n_exceptions_at_start_) {
    std::fprintf(stderr, "serried: rank %d: ends the job because of an exception (run_main would show it)\n",
                 world_->rank());
    MPI_Abort(MPI_COMM_WORLD, static_cast<int>(ExitCode::failed));
  }
  const mpi::Waiting waiting("end of MPI");
  world_.reset();
  MPI_Finalize();
}

}  // namespace serried
