#include <omp.h>

#include <array>
#include <functional>
#include <string>

#include <serried/base/error.hpp>
#include <serried/base/hash.hpp>
#include <serried/mpi/agree.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/threads.hpp>
#include <serried/schedule/plan.hpp>
#include <serried/schedule/setup.hpp>

namespace serried::schedule {
namespace {

// How many threads OpenMP really starts: a worker that never runs would be waited for for ever.
int startable_threads(int n_wanted) {
  int n_started = 1;
  if (n_wanted > 1) {
#pragma omp parallel num_threads(n_wanted)
#pragma omp master
    n_started = omp_get_num_threads();
  }
  return n_started;
}

std::uint64_t hash_of(std::uint64_t n, const Options& options) {
  std::uint64_t hash = n;
  const auto add = [&](std::uint64_t word) { hash = hash_short({hash, word}, 16); };
  add(static_cast<std::uint64_t>(options.policy));
  add(options.chunk);
  add(options.cost ? 1 : 0);
  for (const Range& range : options.done.ranges()) {
    add(range.begin);
    add(range.end);
  }
  return hash;
}

// Collective. The same hash on all ranks, or an error on all.
void expect_same(const mpi::Communicator& comm, std::uint64_t hash, const char* what) {
  std::array<std::uint64_t, 2> extremes{hash, ~hash};
  mpi::allreduce(comm, extremes, mpi::min);
  if (extremes[0] != ~extremes[1]) {
    throw Error(std::string("the ranks disagree about a loop: ") + what).hint("pass the same on every rank");
  }
}

}  // namespace

void check_options(const mpi::Communicator& comm, std::uint64_t n, const Options& options) {
  mpi::together(comm, [&] {
    expects(n <= max_indices, "n is at most 2^48");
    expects(options.chunk > 0, "options.chunk is positive");
    expects(options.threads >= 0, "options.threads is not negative");
    (void)name_of(options.policy);
  });
  expect_same(comm, hash_of(n, options), "n, policy, chunk, done or whether there are costs");
}

int n_threads_of(const mpi::Communicator& comm, const Options& options) {
  // Whether a rank named its threads is its own business, but the default is found together.
  const bool someone_asks = mpi::allreduce_value(comm, options.threads == 0, std::logical_or<>{});
  const int by_default = someone_asks ? mpi::default_threads(comm) : 1;
  return startable_threads(options.threads == 0 ? by_default : options.threads);
}

IndexOrder make_agreed_order(const mpi::Communicator& comm, std::uint64_t n, const Options& options,
                             const std::vector<std::uint32_t>& workers_of_node) {
  IndexOrder order = mpi::together(comm, [&] { return make_order(n, options, workers_of_node); });
  if (options.cost) {
    expect_same(comm, order.hash(), "the costs of its indices");
  }
  return order;
}

}  // namespace serried::schedule
