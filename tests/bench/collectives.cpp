// collectives [ROUNDS]: the typed collectives beside the same calls of MPI's own, in the same run (README.md).
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <serried/mpi/allgather.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/barrier.hpp>
#include <serried/mpi/environment.hpp>

namespace {

namespace mpi = serried::mpi;

template <class Call>
double microseconds_each(const mpi::Communicator& comm, std::size_t n_calls, Call call) {
  mpi::barrier(comm);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < n_calls; ++i) {
    call();
  }
  const std::chrono::duration<double, std::micro> passed = std::chrono::steady_clock::now() - start;
  return passed.count() / static_cast<double>(n_calls);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Batches of both, in turn; who begins changes from round to round. Neighbours in time are compared.
template <class Raw, class Typed>
void compare(const mpi::Communicator& comm, const std::string& name, std::size_t n_rounds,
             std::size_t n_calls, Raw raw, Typed typed) {
  std::vector<double> raw_times;
  std::vector<double> typed_times;
  std::vector<double> ratios;
  std::vector<double> differences;
  (void)microseconds_each(comm, n_calls, raw);
  (void)microseconds_each(comm, n_calls, typed);
  for (std::size_t round = 0; round < n_rounds; ++round) {
    double raw_time = 0;
    double typed_time = 0;
    if (round % 2 == 0) {
      raw_time = microseconds_each(comm, n_calls, raw);
      typed_time = microseconds_each(comm, n_calls, typed);
    } else {
      typed_time = microseconds_each(comm, n_calls, typed);
      raw_time = microseconds_each(comm, n_calls, raw);
    }
    raw_times.push_back(raw_time);
    typed_times.push_back(typed_time);
    ratios.push_back(typed_time / raw_time);
    differences.push_back(typed_time - raw_time);
  }
  if (comm.is_root()) {
    std::printf("| %-34s | %10.3f | %10.3f | %6.3f | %+8.3f |\n", name.c_str(), median(raw_times),
                median(typed_times), median(ratios), median(differences));
    std::fflush(stdout);
  }
}

void compare_allreduce(const mpi::Communicator& comm, std::size_t n_values, std::size_t n_rounds,
                       std::size_t n_calls) {
  std::vector<double> values(n_values);
  compare(
      comm, "allreduce, " + std::to_string(n_values), n_rounds, n_calls,
      [&] {
        MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(n_values), MPI_DOUBLE, MPI_SUM,
                      comm.get());
      },
      [&] { mpi::allreduce(comm, values, mpi::any_order(std::plus<>{})); });
}

// Rank r brings `n_values` + r values, into a buffer that is used again.
void compare_allgather_ragged(const mpi::Communicator& comm, std::size_t n_values, std::size_t n_rounds,
                              std::size_t n_calls) {
  const auto n_ranks = static_cast<std::size_t>(comm.size());
  const std::vector<double> mine(n_values + static_cast<std::size_t>(comm.rank()));
  std::vector<std::size_t> counts(n_ranks);
  std::iota(counts.begin(), counts.end(), n_values);
  std::vector<double> all(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
  std::vector<int> int_counts(counts.begin(), counts.end());
  std::vector<int> begins(n_ranks);
  std::exclusive_scan(int_counts.begin(), int_counts.end(), begins.begin(), 0);
  const auto raw_gather = [&] {
    MPI_Allgatherv(mine.data(), static_cast<int>(mine.size()), MPI_DOUBLE, all.data(), int_counts.data(),
                   begins.data(), MPI_DOUBLE, comm.get());
  };
  compare(comm, "allgather_ragged, " + std::to_string(n_values), n_rounds, n_calls, raw_gather,
          [&] { mpi::allgather_ragged(comm, mine, all, counts); });
  compare(
      comm, "… with the counts exchanged, " + std::to_string(n_values), n_rounds, n_calls,
      [&] {
        const int n_mine = static_cast<int>(mine.size());
        MPI_Allgather(&n_mine, 1, MPI_INT, int_counts.data(), 1, MPI_INT, comm.get());
        std::exclusive_scan(int_counts.begin(), int_counts.end(), begins.begin(), 0);
        raw_gather();
      },
      [&] { mpi::allgather_ragged(comm, mine, all); });
}

}  // namespace

int main(int argc, char** argv) {
  const serried::Environment environment(argc, argv);
  const mpi::Communicator& world = environment.world();
  const std::size_t n_rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 301;
  if (world.is_root()) {
    std::printf("| medians of %zu rounds, %d ranks    | MPI, us    | typed, us  | ratio  | more, us |\n",
                n_rounds, world.size());
    std::printf("|---|---|---|---|---|\n");
  }
  compare_allreduce(world, 1, n_rounds, 500);
  compare_allreduce(world, 1'000, n_rounds, 200);
  compare_allreduce(world, 1'000'000, n_rounds, 1);
  compare_allgather_ragged(world, 10, n_rounds, 500);
  compare_allgather_ragged(world, 300'000, n_rounds, 2);
}
