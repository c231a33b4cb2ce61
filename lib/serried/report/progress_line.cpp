#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

#include <fmt/format.h>

#include <serried/base/quantity.hpp>
#include <serried/report/progress_line.hpp>

namespace serried::report {

bool is_terminal_watched() {
  if (::isatty(STDERR_FILENO) != 0) {
    return true;
  }
  // Open MPI's mpirun is this rank's parent, on the node where it was typed.
  const std::string parent = fmt::format("/proc/{}", ::getppid());
  std::string command;
  std::ifstream(parent + "/comm") >> command;
  if (command != "mpirun" && command != "mpiexec" && command != "orterun" && command != "prterun") {
    return false;
  }
  std::array<char, 64> target{};
  const ssize_t n = ::readlink((parent + "/fd/2").c_str(), target.data(), target.size());
  const std::string_view name(target.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  return name.starts_with("/dev/pts/") || name.starts_with("/dev/tty");
}

std::string progress_text(std::uint64_t done_bytes, std::uint64_t total_bytes, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done_bytes) / seconds : 0;
  const std::string speed = fmt::format("{:.0f} MB/s", rate / 1e6);
  if (total_bytes == 0) {
    return fmt::format("{}, {}", format_bytes(done_bytes), speed);
  }
  const std::uint64_t done = std::min(done_bytes, total_bytes);
  const double left = rate > 0 ? static_cast<double>(total_bytes - done) / rate : -1;
  return fmt::format("{} %, {} of {}, {}, {} left",
                     static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(total_bytes)),
                     format_bytes(done), format_bytes(total_bytes), speed, format_seconds(left));
}

ProgressLine::ProgressLine(std::string name, Progress when)
    : name_(std::move(name)),
      is_shown_(when == Progress::always || (when == Progress::automatic && is_terminal_watched())) {}

void ProgressLine::update(std::uint64_t done_bytes, std::uint64_t total_bytes) {
  constexpr auto interval = std::chrono::milliseconds(200);
  const auto now = Clock::now();
  if (!is_shown_ || now < next_) {
    return;
  }
  next_ = now + interval;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  // \r: over the last one; \33[K: and nothing of it left behind.
  const std::string line =
      fmt::format("\r{}: {}\33[K", name_, progress_text(done_bytes, total_bytes, seconds));
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  is_on_screen_ = true;
}

void ProgressLine::finish() noexcept {
  if (is_on_screen_) {
    std::fputs("\r\33[K", stderr);
    std::fflush(stderr);
    is_on_screen_ = false;
  }
}

}  // namespace serried::report
