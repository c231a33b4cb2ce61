/// One line on the terminal that says how far a job is: done, rate, time left.
///
///     ProgressLine progress("serried-wordcount", Progress::automatic);
///     progress.update(bytes_done, bytes_total);     // as often as you like: shown five times a second
///     progress.finish();                            // wipes the line
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace serried::report {

enum class Progress : std::uint8_t {
  automatic,  ///< if a person is watching: standard error is a terminal, or that of the mpirun that started
              ///< us is
  always,
  never,
};

/// True if what this process writes to standard error appears on a terminal, also by way of mpirun, which
/// puts a pipe between.
[[nodiscard]] bool is_terminal_watched();

/// The text of the line, without the name: "45 %, 1.20 GiB of 2.67 GiB, 312 MB/s, 0:05 left". Pure.
[[nodiscard]] std::string progress_text(std::uint64_t done_bytes, std::uint64_t total_bytes, double seconds);

/// For one rank, usually rank 0. Writes to standard error only.
class ProgressLine {
 public:
  ProgressLine(std::string name, Progress when);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { finish(); }

  /// Bytes done of all ranks; a total of 0 is unknown.
  void update(std::uint64_t done_bytes, std::uint64_t total_bytes);
  void finish() noexcept;
  [[nodiscard]] bool is_shown() const noexcept { return is_shown_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::string name_;
  bool is_shown_;
  bool is_on_screen_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_;
};

}  // namespace serried::report
