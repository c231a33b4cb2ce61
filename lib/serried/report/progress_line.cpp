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

ProgressStyle progress_style(Progress when) {
  using namespace std::chrono_literals;
  if (when == Progress::never) {
    return {};
  }
  if (is_terminal_watched()) {
    return {.is_shown = true};
  }
  if (when == Progress::always) {
    return {.is_shown = true, .is_overwritten = false, .interval = 10s, .first = 0s};
  }
  return {.is_shown = true, .is_overwritten = false, .interval = 1min, .first = 1min};
}

std::string progress_text(const Moment& moment, double seconds) {
  const bool is_bytes = moment.unit == Moment::Unit::bytes;
  const auto amount = [&](std::uint64_t n) { return is_bytes ? format_bytes(n) : fmt::format("{}", n); };
  const double rate = seconds > 0 ? static_cast<double>(moment.done) / seconds : 0;
  const std::string speed =
      is_bytes ? fmt::format("{:.0f} MB/s", rate / 1e6) : fmt::format("{:.4g} a second", rate);
  const std::string busy =
      moment.efficiency ? fmt::format(", {:.0f} % busy", 100 * *moment.efficiency) : std::string();
  const std::string note = moment.note.empty() ? std::string() : ", " + moment.note;
  if (moment.total == 0) {
    return fmt::format("{}, {}{}{}", amount(moment.done), speed, busy, note);
  }
  const std::uint64_t done = std::min(moment.done, moment.total);
  const double left = rate > 0 ? static_cast<double>(moment.total - done) / rate : -1;
  return fmt::format("{} %, {} of {}, {}, {} left{}{}",
                     static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(moment.total)),
                     amount(done), amount(moment.total), speed, format_seconds(left), busy, note);
}

ProgressLine::ProgressLine(std::string name, ProgressStyle style)
    : name_(std::move(name)), style_(style), next_(start_ + style.first) {}

void ProgressLine::update(const Moment& moment) {
  const auto now = Clock::now();
  if (!style_.is_shown || now < next_) {
    return;
  }
  next_ = now + style_.interval;
  const std::string text = fmt::format(
      "{}: {}", name_, progress_text(moment, std::chrono::duration<double>(now - start_).count()));
  // \r: over the last one; \33[K: and nothing of it left behind.
  const std::string line = style_.is_overwritten ? "\r" + text + "\33[K" : text + "\n";
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  is_on_screen_ = style_.is_overwritten;
}

void ProgressLine::finish() noexcept {
  if (is_on_screen_) {
    std::fputs("\r\33[K", stderr);
    std::fflush(stderr);
    is_on_screen_ = false;
  }
}

}  // namespace serried::report
