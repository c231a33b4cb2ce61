#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include <serried/mpi/check.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/report/moved_bytes.hpp>
#include <serried/report/run_record.hpp>

namespace serried::report {
namespace {

std::uint64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

nlohmann::ordered_json provenance_json(const Provenance& origin) {
  nlohmann::ordered_json json = {{"program", origin.program},           {"version", origin.version},
                                 {"command_line", origin.command_line}, {"host", origin.host},
                                 {"started", origin.started},           {"ranks", origin.n_ranks}};
  if (origin.seed) {
    json["seed"] = *origin.seed;
  }
  return json;
}

}  // namespace

// What each rank sends to rank 0.
struct RunRecord::Wire {
  PhaseOfRank phase;
  Usage usage;
  std::array<char, 64> host{};
};

double PhaseOfRank::waiting_seconds() const { return std::max(0.0, seconds * n_threads - busy_seconds); }

RunRecord::RunRecord(Provenance origin) : origin_(std::move(origin)) {
  static_cast<void>(usage_since_last());
}

RunRecord::Usage RunRecord::usage_since_last() {
  const std::uint64_t sent = moved_bytes().sent;
  const std::uint64_t spilled = moved_bytes().spilled;
  return {.sent_bytes = sent - std::exchange(counted_.sent_bytes, sent),
          .spilled_bytes = spilled - std::exchange(counted_.spilled_bytes, spilled),
          .peak_memory_bytes = peak_memory_bytes()};
}

void RunRecord::add_phase(const mpi::Communicator& comm, const std::string& name, const PhaseOfRank& mine) {
  Wire wire{.phase = mine, .usage = usage_since_last(), .host = {}};
  mpi::host_name().copy(wire.host.data(), wire.host.size() - 1);
  const std::vector<Wire> all = mpi::gather_ragged(comm, std::array{wire});
  if (!comm.is_root()) {
    return;
  }
  Phase phase{.name = name, .ranks = {}};
  for (const Wire& rank : all) {
    phase.ranks.push_back({.phase = rank.phase, .usage = rank.usage, .host = rank.host.data()});
  }
  phases_.push_back(std::move(phase));
}

std::string RunRecord::json() const {
  nlohmann::ordered_json phases = nlohmann::ordered_json::array();
  for (const Phase& phase : phases_) {
    nlohmann::ordered_json ranks = nlohmann::ordered_json::array();
    double seconds = 0;
    double busy = 0;
    double available = 0;
    for (std::size_t rank = 0; rank < phase.ranks.size(); ++rank) {
      const RankLine& line = phase.ranks[rank];
      seconds = std::max(seconds, line.phase.seconds);
      busy += line.phase.busy_seconds;
      available += line.phase.seconds * line.phase.n_threads;
      ranks.push_back({{"rank", rank},
                       {"host", line.host},
                       {"threads", line.phase.n_threads},
                       {"wall_seconds", line.phase.seconds},
                       {"busy_seconds", line.phase.busy_seconds},
                       {"waiting_seconds", line.phase.waiting_seconds()},
                       {"indices", line.phase.n_indices},
                       {"bytes", line.phase.n_bytes},
                       {"steals", line.phase.n_steals},
                       {"sent_bytes", line.usage.sent_bytes},
                       {"spilled_bytes", line.usage.spilled_bytes},
                       {"peak_memory_bytes", line.usage.peak_memory_bytes}});
    }
    phases.push_back({{"name", phase.name},
                      {"seconds", seconds},
                      {"efficiency", available > 0 ? busy / available : 1.0},
                      {"ranks", std::move(ranks)}});
  }
  const nlohmann::ordered_json record = {{"provenance", provenance_json(origin_)},
                                         {"phases", std::move(phases)}};
  // Paths are bytes, JSON is UTF-8: what is not, is replaced rather than refused.
  return record.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

double process_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace serried::report
