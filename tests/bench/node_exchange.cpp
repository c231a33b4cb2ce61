// node_exchange [ROUNDS]: messages from all ranks to all, flat and by NodeExchange, in the same run (README.md).
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <vector>

#include <serried/mpi.hpp>

namespace {

namespace mpi = serried::mpi;
using Received = std::vector<std::vector<char>>;

// Collective: of the slowest rank.
template <class Call>
double milliseconds_of(const mpi::Communicator& comm, std::size_t n_calls, Call call) {
  mpi::barrier(comm);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < n_calls; ++i) {
    call();
  }
  const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start;
  return mpi::allreduce_value(comm, passed.count(), mpi::max) / static_cast<double>(n_calls);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Collective.
void compare(const mpi::Communicator& comm, std::size_t n_bytes, std::size_t n_rounds) {
  const std::size_t n_calls = std::clamp<std::size_t>((std::size_t{1} << 16) / (n_bytes + 1), 1, 10);
  const std::vector<char> bytes(n_bytes, 'b');
  const std::vector<std::span<const char>> messages(static_cast<std::size_t>(comm.size()), bytes);
  mpi::NodeExchange two_levels(comm, {.direct_above = std::size_t{1} << 40});
  mpi::NodeExchange standard(comm);
  Received received;
  std::vector<double> flat_times;
  std::vector<double> two_level_times;
  std::vector<double> standard_times;
  for (std::size_t round = 0; round <= n_rounds; ++round) {
    const double flat =
        milliseconds_of(comm, n_calls, [&] { mpi::alltoall_ragged<char>(comm, messages, received); });
    const double two_level = milliseconds_of(comm, n_calls, [&] { two_levels.exchange(messages, received); });
    const double as_is = milliseconds_of(comm, n_calls, [&] { standard.exchange(messages, received); });
    if (round != 0) {  // which opens the connections
      flat_times.push_back(flat);
      two_level_times.push_back(two_level);
      standard_times.push_back(as_is);
    }
  }
  const mpi::NodeMap& nodes = standard.nodes();
  std::uint64_t n_flat =
      comm.size() - nodes.ranks_of(nodes.node_of(static_cast<std::size_t>(comm.rank()))).size();
  n_flat = mpi::allreduce_value(comm, n_flat, std::plus<>{});
  const std::uint64_t n_sent =
      mpi::allreduce_value(comm, two_levels.local_traffic().n_messages, std::plus<>{});
  if (comm.is_root()) {
    const double flat = median(flat_times);
    const double two_level = median(two_level_times);
    const double as_is = median(standard_times);
    std::printf("| %8zu | %9.3f | %9.3f (%.2f) | %9.3f (%.2f) | %6lu | %6lu |\n", n_bytes, flat, two_level,
                two_level / flat, as_is, as_is / flat, n_flat, n_sent / ((n_rounds + 1) * n_calls));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return serried::run_main("bench", argc, argv, [&](serried::Environment& environment) {
    const mpi::Communicator& world = environment.world();
    const std::size_t n_rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 5;
    if (world.is_root()) {
      std::printf(
          "| bytes each, %d ranks | flat, ms | two levels, ms (to flat) | standard, ms (to flat) | messages "
          "between nodes: flat | two levels |\n|---|---|---|---|---|---|\n",
          world.size());
    }
    for (const std::size_t n_bytes : {0, 16, 256, 4096, 16384, 65536, 262144, 1048576}) {
      compare(world, n_bytes, n_rounds);
    }
  });
}
