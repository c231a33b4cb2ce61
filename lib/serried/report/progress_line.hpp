/// How far a job is, for the person who waits: done of all, rate, time left, how busy the cores are.
///
///     ProgressLine progress("serried-wordcount", progress_style(Progress::automatic));
///     progress.update({.done = n_done, .total = n_total});     // as often as you like
///     progress.finish();                                       // wipes the line
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace serried::report {

/// When progress is shown.
enum class Progress : std::uint8_t {
  automatic,  ///< on a terminal as it goes, in a log file once a minute
  always,     ///< on a terminal as it goes, in a log file every ten seconds, from the start
  never,
};

/// True if what this process writes to standard error appears on a terminal, also by way of mpirun, which
/// puts a pipe between.
[[nodiscard]] bool is_terminal_watched();

/// How progress is shown: one line that is written over five times a second, or a line of its own each time.
struct ProgressStyle {
  bool is_shown = false;
  bool is_overwritten = true;
  std::chrono::milliseconds interval{200};
  std::chrono::milliseconds first{0};  ///< after the start
};

/// The style for standard error as it is.
[[nodiscard]] ProgressStyle progress_style(Progress when);

/// A moment of a job, over all ranks.
struct Moment {
  enum class Unit : std::uint8_t { bytes, items };

  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0: unknown
  Unit unit = Unit::bytes;
  std::optional<double> efficiency{};  ///< share of the time that the threads spent at work, in [0, 1]
  std::string note{};                  ///< what else there is to say
};

/// The text of the line, without the name: "45 %, 1.20 GiB of 2.67 GiB, 312 MB/s, 0:05 left". Pure.
[[nodiscard]] std::string progress_text(const Moment& moment, double seconds);

/// For one rank, usually rank 0. Writes to standard error only.
class ProgressLine {
 public:
  ProgressLine(std::string name, ProgressStyle style);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { finish(); }

  void update(const Moment& moment);
  void finish() noexcept;
  [[nodiscard]] bool is_shown() const noexcept { return style_.is_shown; }

 private:
  using Clock = std::chrono::steady_clock;

  std::string name_;
  ProgressStyle style_;
  bool is_on_screen_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
};

}  // namespace serried::report
