/// What the workers of one node share: a line of memory for each, two for the node's common lists, one for flags.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include <serried/schedule/position_range.hpp>

namespace serried::schedule {

/// A cache line.
struct alignas(64) BoardLine {
  RangeWord range;
  std::atomic<std::uint64_t> n_done{0};
  std::atomic<double> busy_seconds{0};
  std::atomic<std::uint32_t> flags{0};
};

/// A view: the memory is the node's, shared by its processes, or in tests and in the simulator anyone's. `n_workers` + 3
/// lines, constructed by one process before another one looks at them.
class NodeBoard {
 public:
  /// Why all workers leave their loops.
  enum Flag : std::uint32_t {
    all_done = 1,  ///< every item of every node is done
    stopped = 2,   ///< someone asked to stop
    failed = 4,    ///< a body threw
  };

  explicit NodeBoard(std::span<BoardLine> lines) : lines_(lines) {}
  [[nodiscard]] static std::size_t n_lines(std::uint32_t n_workers) { return std::size_t{n_workers} + 3; }

  [[nodiscard]] std::uint32_t n_workers() const noexcept {
    return static_cast<std::uint32_t>(lines_.size() - 3);
  }
  /// Where workers take from; two, so that the second is there before the first is empty.
  static constexpr std::size_t n_common = 2;
  [[nodiscard]] RangeWord& common(std::size_t which = 0) const noexcept { return lines_[1 + which].range; }
  [[nodiscard]] RangeWord& range_of(std::uint32_t worker) const noexcept { return lines_[worker + 3].range; }

  /// How many items a worker has done: written by that worker only.
  [[nodiscard]] std::atomic<std::uint64_t>& n_done_by(std::uint32_t worker) const noexcept {
    return lines_[worker + 3].n_done;
  }
  [[nodiscard]] std::uint64_t n_done() const noexcept {
    std::uint64_t sum = 0;
    for (std::uint32_t worker = 0; worker < n_workers(); ++worker) {
      sum += n_done_by(worker).load(std::memory_order_relaxed);
    }
    return sum;
  }

  /// How long a worker was in bodies that have ended: written by that worker only.
  [[nodiscard]] std::atomic<double>& busy_seconds_of(std::uint32_t worker) const noexcept {
    return lines_[worker + 3].busy_seconds;
  }
  [[nodiscard]] double busy_seconds() const noexcept {
    double sum = 0;
    for (std::uint32_t worker = 0; worker < n_workers(); ++worker) {
      sum += busy_seconds_of(worker).load(std::memory_order_relaxed);
    }
    return sum;
  }

  /// Positions of this node that no worker has taken to do next.
  [[nodiscard]] std::uint64_t n_left() const noexcept {
    std::uint64_t sum = common(0).load().size() + common(1).load().size();
    for (std::uint32_t worker = 0; worker < n_workers(); ++worker) {
      sum += range_of(worker).load().size();
    }
    return sum;
  }

  void raise(Flag flag) const noexcept { lines_[0].flags.fetch_or(flag, std::memory_order_relaxed); }
  [[nodiscard]] std::uint32_t flags() const noexcept {
    return lines_[0].flags.load(std::memory_order_relaxed);
  }

 private:
  std::span<BoardLine> lines_;
};

}  // namespace serried::schedule
