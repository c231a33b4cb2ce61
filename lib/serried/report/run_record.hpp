/// What a run did, as a JSON file: where it came from, and for each of its phases what every rank did.
///
///     RunRecord record(origin);
///     record.add_phase(world, "map", {.seconds = 2.5, .busy_seconds = 4.9, .n_threads = 2});
///     record.json();                                    // on rank 0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <serried/base/provenance.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::report {

/// What one rank did in one phase.
struct PhaseOfRank {
  double seconds = 0;       ///< wall time
  double busy_seconds = 0;  ///< at work, summed over the threads
  int n_threads = 1;
  std::uint64_t n_indices = 0;
  std::uint64_t n_bytes = 0;  ///< of input
  std::uint64_t n_steals = 0;

  /// Of the threads, together.
  [[nodiscard]] double waiting_seconds() const;
};

/// The record of a run; complete on rank 0, empty on the others. What it holds differs from run to run, unlike the
/// result.
///
/// The file: {"provenance": {"program", "version", "command_line", "host", "started", "ranks", "seed"?},
/// "phases": [{"name", "seconds", "efficiency", "ranks": [{"rank", "host", "threads", "wall_seconds",
/// "busy_seconds", "waiting_seconds", "indices", "bytes", "steals", "sent_bytes", "spilled_bytes", "peak_memory_bytes"}]}]}.
/// "seconds" is the longest of the ranks; "efficiency" is busy time by wall time and threads; "sent_bytes" and "spilled_bytes"
/// are what the process has moved since the phase before (moved_bytes.hpp); "peak_memory_bytes" is the largest resident set that it
/// had up to the end of the phase.
class RunRecord {
 public:
  explicit RunRecord(Provenance origin);

  /// Collective, one gather. A phase that a job runs through again (an input after another) is another entry.
  void add_phase(const mpi::Communicator& comm, const std::string& name, const PhaseOfRank& mine);

  /// Local: the text of the file.
  [[nodiscard]] std::string json() const;

 private:
  // Of one rank's process.
  struct Usage {
    std::uint64_t sent_bytes = 0;
    std::uint64_t spilled_bytes = 0;
    std::uint64_t peak_memory_bytes = 0;
  };
  struct Wire;
  struct RankLine {
    PhaseOfRank phase;
    Usage usage;
    std::string host;
  };
  struct Phase {
    std::string name;
    std::vector<RankLine> ranks;
  };

  [[nodiscard]] Usage usage_since_last();

  Provenance origin_;
  std::vector<Phase> phases_;
  Usage counted_;  // up to the last phase
};

/// Local: processor time of this process so far, user and system, all threads.
[[nodiscard]] double process_cpu_seconds();

}  // namespace serried::report
