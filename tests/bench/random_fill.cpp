// How fast one core makes random numbers: a Stream's fills and its scalar calls, Sobol points, and normal quantiles of them, beside
// plain loops over std::mt19937_64 (plain_random.hpp).
//
//   random_fill [MILLIONS [ROUNDS]]            16 million numbers of each, 7 rounds
//
// Each round runs every candidate once, in turn, so that what disturbs the machine disturbs all alike. Numbers go to a buffer
// of 4,096, which stays in the cache.

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <serried/base/vectorized.hpp>
#include <serried/random/normal_quantile.hpp>
#include <serried/random/sobol.hpp>
#include <serried/random/stream.hpp>

#include "plain_random.hpp"

namespace {

using serried::CpuLevel;
using serried::random::Sobol;
using serried::random::Stream;

// Of this thread: what else runs on the machine counts less than on a clock.
double cpu_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

struct Candidate {
  std::string name;
  std::function<void(std::span<double>)> fill;
};

// A table of medians, with ratios to the first candidate and to the second: the plain loops.
void compare(const char* title, std::size_t n_numbers, std::size_t n_rounds,
             const std::vector<Candidate>& candidates) {
  alignas(64) static double buffer[4096];
  const std::size_t n_fills = std::max<std::size_t>(1, n_numbers / std::size(buffer));
  std::vector<std::vector<double>> times(candidates.size());
  double sum = 0;  // so that nothing is optimised away
  for (std::size_t round = 0; round < n_rounds; ++round) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const double start = cpu_nanoseconds();
      for (std::size_t k = 0; k < n_fills; ++k) {
        candidates[i].fill(buffer);
        sum += buffer[k % std::size(buffer)];
      }
      times[i].push_back((cpu_nanoseconds() - start) / static_cast<double>(n_fills * std::size(buffer)));
    }
  }
  std::printf(
      "\n| %s | G/s | ratio to the plain loop | to the plain loop, -march=native |\n|---|---|---|---|\n",
      title);
  const auto median = [&](std::size_t i) {
    std::ranges::sort(times[i]);
    return times[i][n_rounds / 2];
  };
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::printf("| %s | %.3f | %.2f | %.2f |\n", candidates[i].name.c_str(), 1 / median(i),
                median(0) / median(i), median(1) / median(i));
  }
  std::fprintf(stderr, "(sum of some %s numbers: %g)\n", title, sum);
}

const char* name_of(CpuLevel level) {
  switch (level) {
    case CpuLevel::avx512:
      return "avx512";
    case CpuLevel::avx2:
      return "avx2";
    case CpuLevel::baseline:
      break;
  }
  return "baseline";
}

void run(std::size_t n_numbers, std::size_t n_rounds) {
  std::printf("CPU level %s; medians of %zu rounds of %zu numbers\n", name_of(serried::cpu_level()), n_rounds,
              n_numbers);
  Stream stream(1, "bench", 0);
  const Sobol sobol(16, 1);
  std::uint64_t first = 0;
  const auto next_points = [&](std::span<double> values) {
    sobol.points(first, values);
    first += values.size() / sobol.dimensions();
  };
  compare(
      "uniform", n_numbers, n_rounds,
      {{"mt19937_64, uniform_real_distribution", plain_random::fill_uniform},
       {"the same, -march=native", plain_random_native::fill_uniform},
       {"Stream::fill_uniform", [&](std::span<double> values) { stream.fill_uniform(values); }},
       {"Stream::uniform",
        [&](std::span<double> values) { std::ranges::generate(values, [&] { return stream.uniform(); }); }},
       {"Sobol::points, 16 dimensions", next_points}});
  compare(
      "normal", n_numbers, n_rounds,
      {{"mt19937_64, normal_distribution", plain_random::fill_normal},
       {"the same, -march=native", plain_random_native::fill_normal},
       {"Stream::fill_normal", [&](std::span<double> values) { stream.fill_normal(values); }},
       {"Stream::normal",
        [&](std::span<double> values) { std::ranges::generate(values, [&] { return stream.normal(); }); }},
       {"Sobol::points, normal_quantiles", [&](std::span<double> values) {
          next_points(values);
          serried::random::normal_quantiles(values);
        }}});
  compare("exponential", n_numbers, n_rounds,
          {{"mt19937_64, exponential_distribution", plain_random::fill_exponential},
           {"the same, -march=native", plain_random_native::fill_exponential},
           {"Stream::fill_exponential", [&](std::span<double> values) { stream.fill_exponential(values); }},
           {"Stream::exponential", [&](std::span<double> values) {
              std::ranges::generate(values, [&] { return stream.exponential(); });
            }}});
}

}  // namespace

int main(int argc, char** argv) {
  const long millions = argc > 1 ? std::atol(argv[1]) : 16;
  const long n_rounds = argc > 2 ? std::atol(argv[2]) : 7;
  if (argc > 3 || millions < 1 || n_rounds < 1) {
    std::fputs("usage: random_fill [MILLIONS [ROUNDS]]\n", stderr);
    return 2;
  }
  run(static_cast<std::size_t>(millions) * 1'000'000, static_cast<std::size_t>(n_rounds));
  return 0;
}
