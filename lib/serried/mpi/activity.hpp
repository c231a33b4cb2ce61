/// What a rank is doing, as it notes it itself and as others read it: in which call of the library and since when.
///
///     ActivityEntry entry;                  // in memory that the reader shares
///     entry.begin(ActivityName("receive"));
///     …
///     const Activity activity = entry.read();
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>

#include <serried/mpi/activity_name.hpp>

namespace serried::mpi {

/// Nanoseconds of a clock that all processes of a node share and that stands still for none. Its steps are some
/// milliseconds long, for it is read at every call of the library: 10 ns instead of 28 for the fine one.
[[nodiscard]] inline std::int64_t coarse_now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// One look at an entry.
struct Activity {
  bool is_whole = false;    ///< false: the writer was stopped amid a change; the rest is of both sides of it
  bool is_waiting = false;  ///< in the library; otherwise in its own code
  std::string name;         ///< the call it is in, or the last one that it was in; empty: none yet
  std::int64_t since_ns = 0;        ///< by coarse_now_ns
  std::uint64_t n_changes = 0;      ///< tells two calls of the same name apart
  std::uint64_t barrier_id = 0;     ///< the communicator of its latest barrier_for, 0: none yet
  std::uint64_t barrier_epoch = 0;  ///< the how-manieth it was on that communicator

  [[nodiscard]] double seconds() const noexcept {
    return static_cast<double>(coarse_now_ns() - since_ns) * 1e-9;
  }
};

/// Written by one thread, read by any thread of any process that shares the memory, without a lock on either side (a
/// seqlock). Two threads that call MPI at the same time (ThreadLevel::multiple) may mix their names; nothing breaks.
class alignas(64) ActivityEntry {
 public:
  /// The writer enters a call of the library, leaves it, or comes to a barrier_for.
  void begin(const ActivityName& name) noexcept {
    const Change change(*this);
    for (std::size_t i = 0; i < name_.size(); ++i) {
      name_[i].store(name.words()[i], std::memory_order_release);
    }
    since_ns_.store(coarse_now_ns(), std::memory_order_release);
  }
  void end() noexcept { since_ns_.store(-coarse_now_ns(), std::memory_order_release); }
  void come_to_barrier(std::uint64_t id, std::uint64_t epoch) noexcept {
    const Change change(*this);
    barrier_id_.store(id, std::memory_order_release);
    barrier_epoch_.store(epoch, std::memory_order_release);
  }

  /// The writer moves here from `other`. What was never written begins now.
  void continue_from(const ActivityEntry& other) noexcept {
    const Change change(*this);
    for (std::size_t i = 0; i < name_.size(); ++i) {
      name_[i].store(other.name_[i].load(std::memory_order_acquire), std::memory_order_release);
    }
    const std::int64_t since_ns = other.since_ns_.load(std::memory_order_acquire);
    since_ns_.store(since_ns != 0 ? since_ns : -coarse_now_ns(), std::memory_order_release);
    barrier_id_.store(other.barrier_id_.load(std::memory_order_acquire), std::memory_order_release);
    barrier_epoch_.store(other.barrier_epoch_.load(std::memory_order_acquire), std::memory_order_release);
  }

  /// A writer that was stopped or killed in the middle of a change is not waited for.
  [[nodiscard]] Activity read() const {
    constexpr int max_tries = 1000;
    ActivityName::Words name{};
    Activity activity;
    for (int i = 0; i < max_tries && !activity.is_whole; ++i) {
      activity.n_changes = n_changes_.load(std::memory_order_acquire);
      const std::int64_t since_ns = since_ns_.load(std::memory_order_acquire);
      activity.is_waiting = since_ns > 0;
      activity.since_ns = since_ns > 0 ? since_ns : -since_ns;
      for (std::size_t word = 0; word < name.size(); ++word) {
        name[word] = name_[word].load(std::memory_order_acquire);
      }
      activity.barrier_id = barrier_id_.load(std::memory_order_acquire);
      activity.barrier_epoch = barrier_epoch_.load(std::memory_order_acquire);
      activity.is_whole =
          activity.n_changes % 2 == 0 && n_changes_.load(std::memory_order_relaxed) == activity.n_changes;
    }
    std::array<char, ActivityName::max_size + 1> text{};
    std::memcpy(text.data(), name.data(), ActivityName::max_size);
    activity.name = text.data();
    return activity;
  }

 private:
  // Odd while a change is under way. Every store releases, so that none is seen before the odd number; on x86-64 that
  // costs nothing, and there is no fence for the thread sanitizer to misunderstand.
  class Change {
   public:
    explicit Change(ActivityEntry& entry) noexcept : entry_(entry) {
      number_ = entry_.n_changes_.load(std::memory_order_relaxed) + 1;
      entry_.n_changes_.store(number_, std::memory_order_relaxed);
    }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    ~Change() { entry_.n_changes_.store(number_ + 1, std::memory_order_release); }

   private:
    ActivityEntry& entry_;
    std::uint64_t number_;
  };

  std::atomic<std::uint64_t> n_changes_{0};
  std::atomic<std::int64_t> since_ns_{0};  // negative: out of the library since then
  std::array<std::atomic<std::uint64_t>, ActivityName::Words().size()> name_{};
  std::atomic<std::uint64_t> barrier_id_{0};
  std::atomic<std::uint64_t> barrier_epoch_{0};
};
static_assert(sizeof(ActivityEntry) == 64 && std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace serried::mpi
