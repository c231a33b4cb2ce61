// What does `estimate` cost over the bare loop, for a closure of one trial that takes about 50 ns?
//
//   bench_estimate_cost [TRIALS [EXPONENTIALS [ROUNDS]]]        2 * 10^7 trials of 4 exponentials each, 7 rounds
//
// One rank, one thread. A trial is a chain of exponentials, each of the one before. Three candidates take turns: the bare loop,
// a Stream for each block and a double for the sum; the same within vectorized(), for which estimate compiles the closure too;
// and estimate. All draw the same numbers, and it fails if their means are not the same. Prints medians of wall time and of the
// process's CPU time, in nanoseconds a trial, and their ratios.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/montecarlo/estimate.hpp>
#include <serried/mpi/environment.hpp>
#include <serried/mpi/run_main.hpp>
#include <serried/random/stream.hpp>

namespace {

using namespace serried;

struct Chain {
  int n_exponentials;

  double operator()(random::Stream& stream) const {
    double x = stream.uniform();
    for (int i = 0; i < n_exponentials; ++i) {
      x = portable::exp(0.0 - x);
    }
    return x;
  }
};

double mean_by_bare_loop(const montecarlo::Options& options, const Chain& trial) {
  double sum = 0;
  for (std::uint64_t block = 0; block * options.trials_per_block < options.trials; ++block) {
    random::Stream stream(options.seed, "trials", block);
    const std::uint64_t n =
        std::min(options.trials_per_block, options.trials - block * options.trials_per_block);
    for (std::uint64_t i = 0; i < n; ++i) {
      sum += trial(stream);
    }
  }
  return sum / static_cast<double>(options.trials);
}

struct Candidate {
  const char* name;
  std::function<double()> mean;
  std::vector<double> wall{};  // seconds of each round
  std::vector<double> cpu{};
};

void measure(Candidate& candidate, double expected) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  const double mean = candidate.mean();
  candidate.cpu.push_back(static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC);
  candidate.wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (!(std::abs(mean - expected) < 1e-9)) {
    throw Error("the candidates do not agree");
  }
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("estimate_cost", argc, argv, [&](Environment& mpi) {
    montecarlo::Options options{.trials = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20'000'000,
                                .seed = 1};
    options.job.threads = 1;
    const Chain trial{argc > 2 ? std::atoi(argv[2]) : 4};
    const int n_rounds = argc > 3 ? std::atoi(argv[3]) : 7;
    if (options.trials < 2 || trial.n_exponentials < 0 || n_rounds < 1 || mpi.world().size() > 1) {
      throw usage_error("bench_estimate_cost [TRIALS [EXPONENTIALS [ROUNDS]]], on one rank");
    }

    std::array candidates = {
        Candidate{"bare loop", [&] { return mean_by_bare_loop(options, trial); }},
        Candidate{"bare loop, vectorized",
                  [&] {
                    double mean = 0;
                    vectorized([&] { mean = mean_by_bare_loop(options, trial); });
                    return mean;
                  }},
        Candidate{"estimate", [&] { return montecarlo::estimate(mpi.world(), options, trial).mean; }}};
    const double expected = mean_by_bare_loop(options, trial);
    for (int round = 0; round < n_rounds; ++round) {
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        measure(candidates[(static_cast<std::size_t>(round) + i) % candidates.size()], expected);
      }
    }

    std::printf("%llu trials of %d exponentials, medians of %d rounds\n\n",
                static_cast<unsigned long long>(options.trials), trial.n_exponentials, n_rounds);
    std::printf(
        "| | wall, ns a trial | CPU, ns a trial | estimate to it, wall | CPU |\n|---|---|---|---|---|\n");
    const double to_ns = 1e9 / static_cast<double>(options.trials);
    const Candidate& estimate = candidates.back();
    for (const Candidate& candidate : candidates) {
      std::printf("| %s | %.2f | %.2f | %.3f | %.3f |\n", candidate.name, median(candidate.wall) * to_ns,
                  median(candidate.cpu) * to_ns, median(estimate.wall) / median(candidate.wall),
                  median(estimate.cpu) / median(candidate.cpu));
    }
  });
}
