// What the tests of for_each_index share: a loop that counts, over all ranks, how often each index was done.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <serried/mpi/allreduce.hpp>
#include <serried/schedule/for_each_index.hpp>

#include "world.hpp"

namespace serried::schedule {

using test::world;

// How many ranks pass for a node: all; two, so that 4 and 8 ranks are several nodes; one.
inline constexpr int node_sizes[] = {0, 2, 1};

struct Counted {
  Summary summary;
  std::vector<std::uint32_t> n_times;  // each index, over all ranks
};

// Collective. `body` may be empty. Indices are done in no time.
inline Counted counted_loop(std::uint64_t n, const Options& options, int ranks_a_node = 0,
                            const std::function<void(std::uint64_t, int)>& body = {}) {
  std::vector<std::atomic<std::uint32_t>> here(n);
  const auto count = [&](std::uint64_t index, int thread) {
    if (body) {
      body(index, thread);
    }
    here.at(index).fetch_add(1);
  };
  Counted counted;
  counted.summary = detail::for_each_index_on_nodes(world(), n, options, count, ranks_a_node);
  counted.n_times.assign(here.begin(), here.end());
  mpi::allreduce(world(), counted.n_times, std::plus<>{});
  return counted;
}

// The indices that were not done exactly as often as they should have been: once, or never if they were done before.
inline std::vector<std::uint64_t> wrong_indices(const Counted& counted, const IndexSet& done_before) {
  std::vector<std::uint64_t> wrong;
  for (std::uint64_t index = 0; index < counted.n_times.size(); ++index) {
    if (counted.n_times[index] != (done_before.contains(index) ? 0U : 1U)) {
      wrong.push_back(index);
    }
  }
  return wrong;
}

// What `text` is called in a failure message.
inline std::string described(const Options& options, std::uint64_t n, int ranks_a_node) {
  return std::string(name_of(options.policy)) + ", n " + std::to_string(n) + ", chunk " +
         std::to_string(options.chunk) + ", threads " + std::to_string(options.threads) + ", ranks a node " +
         std::to_string(ranks_a_node) + (options.cost ? ", costs" : "");
}

}  // namespace serried::schedule
