// What does it cost to record every index of a job of 1 ms indices in a ledger?
//
//   [mpirun -n R] bench_ledger [FOLDER [REPETITIONS]]
//
// The plain loop and the one with record() take turns on the same rank. The work is an amount, not a time, so that what the
// ledger's thread takes from it shows. Prints seconds, CPU seconds of all threads, and of those that do not compute, which
// hardly depends on what else the machine does.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <serried/base/crc32c.hpp>
#include <serried/mpi.hpp>
#include <serried/store/ledger.hpp>

namespace {

using namespace serried;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Arithmetic that depends on itself: no memory, no lanes.
std::uint64_t work(std::uint64_t n_steps, std::uint64_t seed) {
  std::uint64_t x = seed | 1;
  for (std::uint64_t i = 0; i < n_steps; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

// How many steps take a millisecond: of several tries, the fastest.
std::uint64_t steps_of_a_millisecond() {
  constexpr std::uint64_t n_steps = 1'000'000;
  double best = 1e9;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto start = Clock::now();
    volatile std::uint64_t result = work(n_steps, i);
    static_cast<void>(result);
    best = std::min(best, seconds_since(start));
  }
  return static_cast<std::uint64_t>(static_cast<double>(n_steps) * 1e-3 / best);
}

struct Cost {
  double seconds = 0;
  double cpu = 0;     // of all threads
  double others = 0;  // of all but the calling one
};

Cost cost_of(const std::function<void()>& loop) {
  const double cpu = cpu_seconds(RUSAGE_SELF);
  const double own = cpu_seconds(RUSAGE_THREAD);
  const auto start = Clock::now();
  loop();
  Cost cost{.seconds = seconds_since(start), .cpu = cpu_seconds(RUSAGE_SELF) - cpu};
  cost.others = cost.cpu - (cpu_seconds(RUSAGE_THREAD) - own);
  return cost;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void measure_record(const mpi::Communicator& world, const std::string& folder, std::uint64_t n_repetitions) {
  constexpr std::uint64_t n_indices = 1000;  // a second
  const std::uint64_t n_steps = steps_of_a_millisecond();
  store::Ledger ledger(world,
                       {.folder = folder,
                        .configuration = "a benchmark",
                        .n_indices = n_repetitions * n_indices * static_cast<std::uint64_t>(world.size()),
                        .origin = provenance_here()});
  std::uint64_t next = n_repetitions * n_indices * static_cast<std::uint64_t>(world.rank());
  std::vector<double> wall;
  std::vector<double> cpu;
  std::vector<double> others;
  std::vector<double> commits;
  for (std::uint64_t repetition = 0; repetition < n_repetitions; ++repetition) {
    volatile std::uint64_t sink = 0;
    const Cost plain = cost_of([&] {
      for (std::uint64_t i = 0; i < n_indices; ++i) {
        sink = work(n_steps, i);
      }
    });
    const Cost recorded = cost_of([&] {
      for (std::uint64_t i = 0; i < n_indices; ++i, ++next) {
        const std::uint64_t result = work(n_steps, i);
        ledger.record(IndexSet({{next, next + 1}}), std::as_bytes(std::span(&result, 1)));
      }
    });
    const auto start = Clock::now();
    ledger.commit();
    commits.push_back(seconds_since(start));
    wall.push_back(recorded.seconds / plain.seconds);
    cpu.push_back(recorded.cpu / plain.cpu);
    others.push_back((recorded.others - plain.others) / plain.cpu);
    if (world.is_root()) {
      std::printf(
          "%llu indices: plain %.3f s (CPU %.4f), recorded %.3f s (CPU %.4f, of which the ledger's thread "
          "%.4f)\n",
          static_cast<unsigned long long>(n_indices), plain.seconds, plain.cpu, recorded.seconds,
          recorded.cpu, recorded.others - plain.others);
    }
  }
  if (world.is_root()) {
    std::printf(
        "recorded/plain, median of %zu: time %.4f, CPU %.4f; the ledger's thread takes %.2f %% of the CPU\n",
        wall.size(), median(wall), median(cpu), 100 * median(others));
    std::printf("commit() at the end: %.4f s, median\n", median(commits));
  }
}

// The time of one call, without a job around it.
void measure_call(const mpi::Communicator& world, const std::string& folder) {
  constexpr std::uint64_t n = 100'000;
  store::Ledger ledger(world, {.folder = folder,
                               .configuration = "a benchmark",
                               .n_indices = n * static_cast<std::uint64_t>(world.size())});
  const std::uint64_t begin = n * static_cast<std::uint64_t>(world.rank());
  const auto start = Clock::now();
  for (std::uint64_t i = begin; i < begin + n; ++i) {
    ledger.record(IndexSet({{i, i + 1}}), std::as_bytes(std::span(&i, 1)));
  }
  const double record = seconds_since(start);
  ledger.commit();
  const double commit = seconds_since(start);
  if (world.is_root()) {
    std::printf("record() in a row: %.2f us each; %llu records a rank on the disk after %.3f s\n",
                1e6 * record / static_cast<double>(n), static_cast<unsigned long long>(n), commit);
  }
}

void measure_opening(const mpi::Communicator& world, const std::string& folder) {
  const auto start = Clock::now();
  const store::Ledger ledger(world, {.folder = folder,
                                     .configuration = "a benchmark",
                                     .n_indices = 100'000 * static_cast<std::uint64_t>(world.size()),
                                     .resume = true});
  const double opened = seconds_since(start);
  std::uint64_t n_bytes = 0;
  ledger.for_each_record(
      [&](const IndexSet&, std::span<const std::byte> payload) { n_bytes += payload.size(); });
  const double visited = seconds_since(start);
  if (world.is_root()) {
    std::printf("opening %llu records: %.3f s; visiting them: %.3f s\n",
                static_cast<unsigned long long>(ledger.done().size()), opened, visited - opened);
  }
}

void measure_crc() {
  const std::vector<std::byte> bytes(64 << 20, std::byte{1});
  const auto rate = [&](const char* name, std::uint32_t (*crc)(std::span<const std::byte>, std::uint32_t)) {
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
      const auto start = Clock::now();
      volatile std::uint32_t result = crc(bytes, 0);
      static_cast<void>(result);
      best = std::min(best, seconds_since(start));
    }
    std::printf("%s: %.1f GB/s\n", name, 1e-9 * static_cast<double>(bytes.size()) / best);
  };
  rate("crc32c", [](std::span<const std::byte> data, std::uint32_t before) { return crc32c(data, before); });
  rate("crc32c by tables", detail::crc32c_by_tables);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench-ledger", argc, argv, [&](Environment& environment) {
    const mpi::Communicator& world = environment.world();
    const std::string folder = argc > 1 ? argv[1] : "bench_ledger.work";
    const std::uint64_t n_repetitions = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 9;
    mpi::on_root(world, [&] { std::filesystem::create_directory(folder); });
    measure_record(world, folder + "/job", n_repetitions);
    measure_call(world, folder + "/calls");
    measure_opening(world, folder + "/calls");
    mpi::on_root(world, [&] {
      std::filesystem::remove_all(folder);
      measure_crc();
    });
  });
}
