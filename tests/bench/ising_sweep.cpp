// How many spins one core updates a second: serried-ising's checkerboard sweep and its clusters, beside the plain loop
// (plain_ising.hpp).
//
//   ising_sweep [TEMPERATURE [ROUNDS]]         2.27, 9 rounds
//
// Each round runs every candidate once, in turn, so that what disturbs the machine disturbs all alike.

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <serried/random/stream.hpp>

#include "ising/lattice.hpp"
#include "ising/metropolis.hpp"
#include "ising/wolff.hpp"
#include "plain_ising.hpp"

namespace {

using serried::ising::Metropolis;
using serried::ising::Start;
using serried::ising::Wolff;
using serried::random::Stream;

// Of this thread: what else runs on the machine counts less than on a clock.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Candidate {
  std::string name;
  std::size_t n_steps;  // of a round
  std::function<void()> step;
  std::function<double()> energy;  // per spin
  std::vector<double> seconds;     // a step, of each round
};

void compare(std::size_t length, double temperature, std::size_t n_rounds) {
  const std::size_t n_spins = length * length;
  const std::size_t n_slow = std::max<std::size_t>(1, (std::size_t{1} << 24) / n_spins);
  Stream stream(1, "bench", length);
  plain_ising::Ising plain(length, temperature);
  Metropolis metropolis(length, temperature, stream, Start::ordered);
  Wolff wolff(length, temperature, stream, Start::ordered);
  const auto per_spin = [&](std::int64_t energy) {
    return static_cast<double>(energy) / static_cast<double>(n_spins);
  };
  std::vector<double> values(serried::ising::n_observables);
  std::vector<Candidate> candidates = {
      {"plain loop, -march=native", n_slow, [&] { plain.sweep(); }, [&] { return plain.energy(); }, {}},
      {"Metropolis::step",
       64 * n_slow,
       [&] { metropolis.step(stream); },
       [&] { return per_spin(metropolis.energy()); },
       {}},
      {"Metropolis::step and measure",
       64 * n_slow,
       [&] {
         metropolis.step(stream);
         metropolis.measure(values);
       },
       [&] { return per_spin(metropolis.energy()); },
       {}},
      {"Wolff::step", n_slow, [&] { wolff.step(stream); }, [&] { return per_spin(wolff.energy()); }, {}}};
  for (std::size_t round = 0; round < n_rounds; ++round) {
    for (Candidate& candidate : candidates) {
      const double start = cpu_seconds();
      for (std::size_t i = 0; i < candidate.n_steps; ++i) {
        candidate.step();
      }
      candidate.seconds.push_back((cpu_seconds() - start) / static_cast<double>(candidate.n_steps));
    }
  }
  std::printf(
      "\n| L = %zu, T = %g | million spins a second | ratio to the plain loop | last energy "
      "|\n|---|---|---|---|\n",
      length, temperature);
  const auto median = [&](Candidate& candidate) {
    std::ranges::sort(candidate.seconds);
    return candidate.seconds[n_rounds / 2];
  };
  for (Candidate& candidate : candidates) {
    std::printf("| %s | %.0f | %.1f | %.4f |\n", candidate.name.c_str(),
                1e-6 * static_cast<double>(n_spins) / median(candidate),
                median(candidates.front()) / median(candidate), candidate.energy());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const double temperature = argc > 1 ? std::atof(argv[1]) : 2.27;
  const long n_rounds = argc > 2 ? std::atol(argv[2]) : 9;
  if (argc > 3 || !(temperature > 0) || n_rounds < 1) {
    std::fputs("usage: ising_sweep [TEMPERATURE [ROUNDS]]\n", stderr);
    return 2;
  }
  for (const std::size_t length : {256U, 1024U}) {
    compare(length, temperature, static_cast<std::size_t>(n_rounds));
  }
  return 0;
}
