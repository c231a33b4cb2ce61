#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <new>
#include <numeric>

#include <fmt/format.h>

#include <serried/base/contract.hpp>
#include <serried/base/hash.hpp>
#include <serried/base/scope_guard.hpp>
#include <serried/mpi/allgather.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {
namespace {

std::atomic<const StatusBoard*> current_board{nullptr};

// Behind the entries: whether somebody has claimed the report.
using Claim = std::atomic<int>;
static_assert(sizeof(Claim) <= sizeof(ActivityEntry) && Claim::is_always_lock_free);

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string target_of_link(const char* path) {
  std::array<char, 128> target{};
  const ssize_t size = ::readlink(path, target.data(), target.size());
  return {target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

// Process numbers mean something between processes of one kernel and one pid namespace. With the host's name, for that
// is what MPI calls a node.
std::uint64_t this_node(const std::string& host) {
  return hash_bytes(host + '\n' + text_of("/proc/sys/kernel/random/boot_id") +
                    target_of_link("/proc/self/ns/pid"));
}

// The letter of /proc/PID/stat behind the program's name, which may hold anything; X: there is no such process.
char process_state(int pid) {
  const std::string stat = text_of(fmt::format("/proc/{}/stat", pid).c_str());
  const std::size_t end_of_name = stat.rfind(')');
  return end_of_name == std::string::npos || end_of_name + 2 >= stat.size() ? 'X' : stat[end_of_name + 2];
}

bool has_ended(char state) { return state == 'X' || state == 'x' || state == 'Z'; }
bool is_stopped(char state) { return state == 'T' || state == 't'; }

std::string describe_activity(const Activity& activity, char state) {
  if (!activity.is_whole) {
    return fmt::format("{}entering a call of the library", has_ended(state) ? "its process has ended, " : "");
  }
  const std::string after = activity.name.empty() ? "" : ", after " + activity.name;
  if (has_ended(state)) {
    return activity.is_waiting ? fmt::format("its process has ended, in {}", activity.name)
                               : fmt::format("its process has ended, in its own code{}", after);
  }
  std::string text;
  if (is_stopped(state)) {
    text = state == 'T' ? "stopped by a signal, " : "stopped by a debugger, ";
  }
  if (activity.is_waiting) {
    return text + fmt::format("waiting in {} for {:.1f} s", activity.name, activity.seconds());
  }
  text += fmt::format("in its own code for {:.1f} s{}", activity.seconds(), after);
  switch (state) {
    case 'R':
      return text + ", running";
    case 'S':
      return text + ", asleep";
    case 'D':
      return text + ", waiting for a device";
    default:
      return text;
  }
}

}  // namespace

StatusBoard::StatusBoard(const Communicator& world) : own_rank_(world.rank()) {
  expects(current() == nullptr, "there is one status board at a time");
  places_.resize(static_cast<std::size_t>(world.size()));
  Place mine;
  const std::string host = host_name();
  host.copy(mine.host.data(), mine.host.size() - 1);
  mine.node = this_node(host);
  mine.pid = ::getpid();
  const int memory = ::memfd_create("serried-status-board", MFD_CLOEXEC);
  const ScopeGuard close_it([&] { ::close(memory); });
  mine.memory = ::ftruncate(memory, static_cast<off_t>(n_bytes())) == 0 ? memory : -1;
  allgather(world, std::span<const Place>(&mine, 1), places_);

  const auto first = std::ranges::find(places_, mine.node, &Place::node);
  const int first_rank = static_cast<int>(first - places_.begin());
  int theirs = -1;
  if (first_rank != world.rank() && first->memory >= 0) {
    theirs = ::open(fmt::format("/proc/{}/fd/{}", first->pid, first->memory).c_str(), O_RDWR | O_CLOEXEC);
  }
  const ScopeGuard close_theirs([&] { ::close(theirs); });
  mine.board = theirs >= 0 && map(theirs) ? first_rank : world.rank();
  if (memory_ == nullptr && !map(mine.memory) && !map(-1)) {
    throw std::bad_alloc();
  }
  Waiting::move_to(entry(world.rank()));
  // Also keeps the first rank's descriptor open until everybody has used it.
  allgather(world, std::span<const Place>(&mine, 1), places_);
  for (int rank = 0; rank < world.size(); ++rank) {
    if (board_of(rank) == mine.board) {
      ranks_here_.push_back(rank);
    }
  }
  current_board.store(this, std::memory_order_release);
}

StatusBoard::~StatusBoard() {
  current_board.store(nullptr, std::memory_order_release);
  Waiting::move_to_own_memory();
  ::munmap(memory_, n_bytes());
}

const StatusBoard* StatusBoard::current() noexcept { return current_board.load(std::memory_order_acquire); }

std::size_t StatusBoard::n_bytes() const noexcept { return (places_.size() + 1) * sizeof(ActivityEntry); }

// Fresh memory is zero, and zero bytes are entries that nobody has written.
bool StatusBoard::map(int descriptor) noexcept {
  const int flags = descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void* const memory = ::mmap(nullptr, n_bytes(), PROT_READ | PROT_WRITE, flags, descriptor, 0);
  if (memory == MAP_FAILED) {
    return false;
  }
  memory_ = memory;
  return true;
}

ActivityEntry& StatusBoard::entry(int rank) const noexcept {
  return static_cast<ActivityEntry*>(memory_)[rank];
}

bool StatusBoard::can_run(int rank) const {
  const char state = process_state(place_of(rank).pid);
  return !has_ended(state) && !is_stopped(state);
}

std::string StatusBoard::name(int rank) const {
  return fmt::format("rank {} (host {}, pid {})", rank, host_of(rank), place_of(rank).pid);
}

std::string StatusBoard::describe(int rank) const {
  if (!std::ranges::binary_search(ranks_here_, rank)) {
    return name(rank) + ": cannot be seen from here";
  }
  return name(rank) + ": " + describe_activity(read(rank), process_state(place_of(rank).pid));
}

bool StatusBoard::claim_report() const noexcept {
  auto& claim = *reinterpret_cast<Claim*>(&entry(static_cast<int>(places_.size())));
  int nobody = 0;
  return claim.compare_exchange_strong(nobody, ::getpid());
}

}  // namespace serried::mpi
