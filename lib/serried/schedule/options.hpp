/// What a caller may ask of `for_each_index`, and what it tells in return.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include <serried/base/index_set.hpp>
#include <serried/schedule/policy.hpp>

namespace serried::schedule {

/// The largest `n` of a loop.
inline constexpr std::uint64_t max_indices = std::uint64_t{1} << 48;

/// The largest number of indices left to do that can be sorted by their costs. Every rank sorts for itself: 24 bytes
/// an index while it does, 8 bytes an index afterwards.
inline constexpr std::uint64_t max_hinted_indices = std::uint64_t{1} << 24;

/// How far a loop is, over all ranks; what was done before it began is in neither number.
struct Status {
  std::uint64_t n_done = 0;
  std::uint64_t n_total = 0;
  /// Time in bodies by time of the loop and threads, on rank 0's node; not at the end.
  std::optional<double> efficiency{};
};

struct Options {
  Policy policy = Policy::stealing;
  std::uint64_t chunk = 1;  ///< dynamic and cyclic: indices dealt at once
  int threads = 0;          ///< of this rank; 0: mpi::default_threads
  /// Optional hint: longest first. The same function on all ranks; any unit, finite, not negative.
  std::function<double(std::uint64_t)> cost{};
  IndexSet done{};  ///< the same on all ranks; these are not dealt
  /// Local, called on the MPI thread between indices, about every millisecond. Once it is true on any rank, all ranks
  /// stop at their next index.
  std::function<bool()> should_stop{};
  /// Called on rank 0's MPI thread, about every `progress_interval` while the loop runs, and once at the end (not if the
  /// loop throws).
  std::function<void(const Status&)> on_progress{};
  std::chrono::milliseconds progress_interval{200};
};

/// What a loop did: on this rank, unless said otherwise.
struct Summary {
  bool has_stopped = false;         ///< agreed: some rank's should_stop said so and indices are left
  std::uint64_t n_done = 0;         ///< indices whose body returned
  std::uint64_t n_done_in_all = 0;  ///< ... on all ranks
  std::uint64_t n_steals = 0;       ///< ranges taken from another worker of the node
  double seconds = 0;               ///< wall time of the loop
  /// In bodies, summed over the threads. The clock is read after every body of 50 us or more and after up to 16 shorter
  /// ones, so that the dealing between those (some ns each) is counted too.
  double busy_seconds = 0;
  int n_threads = 1;
};

}  // namespace serried::schedule
