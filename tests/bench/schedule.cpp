// schedule [EMPTY_INDICES [SKEWED_INDICES [ROUNDS]]]: what the scheduler costs and how well it balances, on the ranks that
// mpirun started, one thread each. See README.md.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/run_main.hpp>
#include <serried/schedule/for_each_index.hpp>

#include "schedule_costs.hpp"

namespace {

using serried::mpi::Communicator;
using serried::schedule::Options;
using serried::schedule::Policy;
using Clock = std::chrono::steady_clock;

double now() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

// Seconds of processor time of this thread: on a machine that does other things too, a body must not get shorter because
// the rank was not running.
double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void compute_for(double seconds) {
  for (const double end = now() + seconds; now() < end;) {
  }
}

void sleep_for(double seconds) {
  timespec time{
      .tv_sec = static_cast<time_t>(seconds),
      .tv_nsec = static_cast<long>(1e9 * (seconds - static_cast<double>(static_cast<time_t>(seconds))))};
  nanosleep(&time, nullptr);
}

// The peer: one counter in the memory of the node, from which every rank takes the next index.
class SharedCounter {
 public:
  explicit SharedCounter(const Communicator& comm) : node_(comm.node()) {
    void* memory = nullptr;
    serried::mpi::check(
        MPI_Win_allocate_shared(node_.is_root() ? 64 : 0, 1, MPI_INFO_NULL, node_.get(), &memory, &window_),
        "MPI_Win_allocate_shared");
    MPI_Aint size = 0;
    int unit = 0;
    serried::mpi::check(MPI_Win_shared_query(window_, 0, &size, &unit, &memory), "MPI_Win_shared_query");
    counter_ = static_cast<std::atomic<std::uint64_t>*>(memory);
    reset();
  }
  void reset() {
    serried::mpi::barrier(node_);
    if (node_.is_root()) {
      counter_->store(0);
    }
    serried::mpi::barrier(node_);
  }
  std::uint64_t next() { return counter_->fetch_add(1, std::memory_order_relaxed); }
  void close() { MPI_Win_free(&window_); }

 private:
  Communicator node_;
  MPI_Win window_ = MPI_WIN_NULL;
  std::atomic<std::uint64_t>* counter_ = nullptr;
};

std::atomic<std::uint64_t> sink{0};  // that a body is not optimised away

double largest(const Communicator& comm, double value) {
  return serried::mpi::allreduce_value(comm, value, serried::mpi::max);
}

void print(const Communicator& comm, const std::string& line) {
  if (comm.is_root()) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }
}

// Nanoseconds an index, of the wall and of the processor, with the dealing done by `loop(n, body)`.
template <class Loop>
void measure_empty(const Communicator& comm, const std::string& name, std::uint64_t n, int n_rounds,
                   Loop loop) {
  double best = 1e9;
  double best_processor = 1e9;
  for (int round = 0; round < n_rounds; ++round) {
    serried::mpi::barrier(comm);
    const double start = now();
    const double processor_start = processor_seconds();
    std::uint64_t sum = 0;
    loop(n, [&](std::uint64_t index, int) { sum += index; });
    sink += sum;
    best = std::min(best, largest(comm, now() - start));
    best_processor = std::min(
        best_processor,
        serried::mpi::allreduce_value(comm, processor_seconds() - processor_start, serried::mpi::max));
  }
  const auto count = static_cast<double>(n);
  print(comm,
        fmt::format("| {} | {:.1f} | {:.1f} |", name, 1e9 * best / count, 1e9 * best_processor / count));
}

void empty_bodies(const Communicator& comm, std::uint64_t n, int n_rounds) {
  print(comm, fmt::format("\n{} empty indices on {} ranks: ns an index, best of {}\n\n| dealt by | wall | "
                          "processor, of the busiest rank |\n|---|---|---|",
                          n, comm.size(), n_rounds));
  SharedCounter counter(comm);
  measure_empty(comm, "one shared atomic counter", n, n_rounds, [&](std::uint64_t size, auto body) {
    counter.reset();
    for (std::uint64_t index = counter.next(); index < size; index = counter.next()) {
      body(index, 0);
    }
    serried::mpi::barrier(comm);
  });
  counter.close();
  for (const Policy policy : serried::schedule::all_policies) {
    measure_empty(comm, std::string(name_of(policy)), n, n_rounds, [&](std::uint64_t size, auto body) {
      (void)serried::schedule::for_each_index(comm, size, {.policy = policy, .threads = 1}, body);
    });
  }
  measure_empty(comm, "stealing, a loop of no indices: ns a loop", 1, n_rounds,
                [&](std::uint64_t, auto body) {
                  (void)serried::schedule::for_each_index(comm, 0, {.threads = 1}, body);
                });
}

struct Run {
  double seconds = 0;
  double efficiency = 0;
};

// Efficiency: time in bodies over time of all ranks.
Run run(const Communicator& comm, const std::vector<double>& costs, const Options& options, bool sleeps) {
  const auto body = [&](std::uint64_t index, int) {
    sleeps ? sleep_for(costs[index]) : compute_for(costs[index]);
  };
  const serried::schedule::Summary summary = for_each_index(comm, costs.size(), options, body);
  // In whole nanoseconds, for floating-point sums do not travel.
  const std::uint64_t busy = serried::mpi::allreduce_value(
      comm, static_cast<std::uint64_t>(1e9 * summary.busy_seconds), std::plus<>{});
  const double seconds = largest(comm, summary.seconds);
  return {seconds, 1e-9 * static_cast<double>(busy) / (seconds * comm.size())};
}

void skewed_bodies(const Communicator& comm, std::size_t n, int n_rounds, bool sleeps) {
  print(comm, fmt::format("\n{} indices of mean 0.5 ms that {} on {} ranks: efficiency, best of {}\n", n,
                          sleeps ? "sleep" : "compute", comm.size(), n_rounds));
  std::string head = "| costs |";
  for (const Policy policy : serried::schedule::all_policies) {
    head += fmt::format(" {} |", name_of(policy));
  }
  print(comm, head + " stealing, costs known |\n|---|---|---|---|---|---|---|---|");
  for (const std::string shape : {"lognormal", "pareto", "ascending", "descending"}) {
    const std::vector<double> costs = schedule_costs(shape, n, 0.5e-3);
    std::string line = "| " + shape + " |";
    const auto add_best = [&](const Options& options) {
      double best = 0;
      for (int round = 0; round < n_rounds; ++round) {
        best = std::max(best, run(comm, costs, options, sleeps).efficiency);
      }
      line += fmt::format(" {:.3f} |", best);
    };
    for (const Policy policy : serried::schedule::all_policies) {
      add_best({.policy = policy, .threads = 1});
    }
    add_best({.threads = 1, .cost = [&](std::uint64_t index) { return costs[index]; }});
    print(comm, line);
  }
}

void nine_and_one(const Communicator& comm, int n_rounds, bool sleeps) {
  print(comm, fmt::format("\nNine indices of 50 ms and one of 500 ms: ms, best of {}\n\n| the long one | "
                          "stealing | stealing, costs known |\n|---|---|---|",
                          n_rounds));
  for (const std::size_t where : {0U, 9U}) {
    std::vector<double> costs(10, 0.05);
    costs[where] = 0.5;
    const auto best = [&](const Options& options) {
      double least = 1e9;
      for (int round = 0; round < n_rounds; ++round) {
        least = std::min(least, run(comm, costs, options, sleeps).seconds);
      }
      return 1e3 * least;
    };
    const double plain = best({.threads = 1});
    const double hinted = best({.threads = 1, .cost = [&](std::uint64_t index) { return costs[index]; }});
    print(comm, fmt::format("| {} | {:.1f} | {:.1f} |", where == 0 ? "first" : "last", plain, hinted));
  }
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("schedule", argc, argv, [&](serried::Environment& mpi) {
    const auto number = [&](int i, std::uint64_t otherwise) {
      return argc > i ? static_cast<std::uint64_t>(std::atoll(argv[i])) : otherwise;
    };
    const int n_rounds = static_cast<int>(number(3, 5));
    // Bodies that sleep need no core of their own: more ranks than cores can still be busy all the time.
    const bool sleeps = std::getenv("SCHEDULE_SLEEPS") != nullptr;
    if (const std::uint64_t n = number(1, 20'000'000); n != 0) {
      empty_bodies(mpi.world(), n, n_rounds);
    }
    if (const std::uint64_t n = number(2, 4000); n != 0) {
      skewed_bodies(mpi.world(), n, n_rounds, sleeps);
    }
    nine_and_one(mpi.world(), n_rounds, sleeps);
  });
}
