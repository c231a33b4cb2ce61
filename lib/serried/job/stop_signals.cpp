#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>

#include <serried/job/stop_signals.hpp>

namespace serried::job {
namespace {

constexpr std::array signals = {SIGTERM, SIGINT, SIGUSR1};

// What a handler may touch: lock-free and static.
std::atomic<int> received_signal = 0;
std::atomic<std::int64_t> received_at_ms = 0;
static_assert(std::atomic<int>::is_always_lock_free);
std::atomic<int> n_listeners = 0;
std::array<struct sigaction, signals.size()> actions_before;

void put_back() {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], &actions_before[i], nullptr);
  }
}

std::int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);  // allowed in a handler
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

extern "C" void note_signal(int signal) {
  constexpr std::int64_t echo_ms = 1000;
  const int error_of_interrupted_code = errno;
  if (received_signal == 0) {
    received_at_ms = now_ms();
    received_signal = signal;
  } else if (now_ms() - received_at_ms >= echo_ms) {
    put_back();
    ::raise(signal);  // once this handler has returned
  }
  errno = error_of_interrupted_code;
}

}  // namespace

StopSignals::StopSignals() {
  if (n_listeners++ > 0) {
    return;
  }
  received_signal = 0;
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;  // nobody is to be told by a read that fails
  ::sigemptyset(&action.sa_mask);
  for (const int signal : signals) {
    ::sigaddset(&action.sa_mask, signal);
  }
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], nullptr, &actions_before[i]);
  }
  for (const int signal : signals) {
    ::sigaction(signal, &action, nullptr);
  }
}

StopSignals::~StopSignals() {
  if (--n_listeners == 0) {
    put_back();
  }
}

std::optional<int> StopSignals::received() noexcept {
  const int signal = received_signal;
  return signal == 0 ? std::nullopt : std::optional(signal);
}

const char* signal_name(int signal) noexcept {
  switch (signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGUSR1:
      return "SIGUSR1";
    default:
      return "a signal";
  }
}

}  // namespace serried::job
