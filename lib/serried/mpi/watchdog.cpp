#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include <serried/base/background_thread.hpp>
#include <serried/base/duration.hpp>
#include <serried/base/error.hpp>
#include <serried/mpi/activity.hpp>
#include <serried/mpi/status_board.hpp>
#include <serried/mpi/waiting.hpp>
#include <serried/mpi/watchdog.hpp>

namespace serried::mpi {
namespace {

using namespace std::chrono_literals;

// Of the ranks on this board, or of this process alone.
void print_report(const Activity& mine) {
  constexpr const char* prefix = "serried: watchdog: ";
  const StatusBoard* board = StatusBoard::current();
  const std::string who =
      board != nullptr ? board->name(board->own_rank()) : fmt::format("process {}", ::getpid());
  std::string report =
      fmt::format("{}{} has waited in {} for {:.1f} s, longer than SERRIED_WATCHDOG allows\n", prefix, who,
                  mine.name, mine.seconds());
  if (board != nullptr) {
    for (const int rank : board->ranks_here()) {
      report += prefix + board->describe(rank) + '\n';
    }
  }
  report += fmt::format("{}ends the job\n", prefix);
  std::fputs(report.c_str(), stderr);
  std::fflush(stderr);
}

// The first end of a process ends the others: time for this node's report to be written, and for those of other nodes.
[[noreturn]] void end_job(const Activity& mine) {
  const StatusBoard* board = StatusBoard::current();
  if (board == nullptr || board->claim_report()) {
    print_report(mine);
    std::this_thread::sleep_for(300ms);
  } else {
    std::this_thread::sleep_for(2s);
  }
  ::_exit(static_cast<int>(ExitCode::failed));
}

}  // namespace

std::optional<std::chrono::milliseconds> watchdog_limit() {
  const char* text = std::getenv("SERRIED_WATCHDOG");
  if (text == nullptr || *text == '\0') {
    return std::nullopt;
  }
  try {
    const std::chrono::milliseconds limit = parse_duration(text);
    if (limit == 0ms) {
      throw usage_error("the watchdog's limit must be above zero");
    }
    return limit;
  } catch (const Error& error) {
    throw usage_error("SERRIED_WATCHDOG: " + error.problem());
  }
}

Watchdog::Watchdog(std::chrono::milliseconds limit)
    : limit_(limit), thread_(background_thread([this] { watch(); })) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
}

void Watchdog::watch() {
  const std::chrono::nanoseconds limit = limit_;
  const std::chrono::nanoseconds period = std::clamp<std::chrono::nanoseconds>(limit / 10, 1ms, 1s);
  std::int64_t awake_since = coarse_now_ns();
  std::int64_t last_look = awake_since;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, period, [this] { return is_over_; })) {
    const std::int64_t now = coarse_now_ns();
    if (now - last_look > 10 * period.count() + 1'000'000'000) {
      awake_since = now;  // the process was stopped, and perhaps the whole job
    }
    last_look = now;
    const Activity mine = Waiting::own_entry().read();
    if (mine.is_waiting && now - std::max(mine.since_ns, awake_since) > limit.count()) {
      end_job(mine);
    }
  }
}

}  // namespace serried::mpi
