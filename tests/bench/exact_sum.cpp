// What exactness costs on one core: ExactSum, ExactDot and BinnedSum beside the plain loops.
//
//   exact_sum [N [ROUNDS]]            10^7 values, 15 rounds
//
// Each round runs every candidate once, in turn, so that what disturbs the machine disturbs all alike.

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <serried/numeric/binned_sum.hpp>
#include <serried/numeric/exact_dot.hpp>
#include <serried/numeric/exact_moments.hpp>
#include <serried/numeric/exact_sum.hpp>

namespace {

using namespace serried::numeric;
using Doubles = std::vector<double>;

// What the results go to, so that nothing is optimised away.
volatile double sink;

// Of this thread: what else runs on the machine counts less than on a clock.
double cpu_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

struct Candidate {
  std::string name;
  std::function<void()> run;
};

// The median CPU nanoseconds a value of each candidate, and their ratios to the first.
void compare(const std::string& title, std::size_t n_values, int n_rounds,
             const std::vector<Candidate>& candidates) {
  std::vector<std::vector<double>> times(candidates.size());
  for (int round = 0; round < n_rounds; ++round) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const double start = cpu_nanoseconds();
      candidates[i].run();
      times[i].push_back((cpu_nanoseconds() - start) / static_cast<double>(n_values));
    }
  }
  std::printf("%-16s", title.c_str());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::ranges::sort(times[i]);
    const auto middle = static_cast<std::size_t>(n_rounds / 2);
    std::printf("  %s %.2f ns (%.2f)", candidates[i].name.c_str(), times[i][middle],
                times[i][middle] / times[0][middle]);
  }
  std::printf("\n");
}

double plain_sum(std::span<const double> x) {
  double sum = 0;
  for (const double value : x) {
    sum += value;
  }
  return sum;
}
double plain_dot(std::span<const double> x, std::span<const double> y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += x[i] * y[i];
  }
  return sum;
}

struct Kind {
  std::string name;
  Doubles values;
};

std::vector<Kind> make_kinds(std::size_t n) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> exponent(-1000, 1000);
  const auto filled = [&](auto make) {
    Doubles values(n);
    std::ranges::generate(values, make);
    return values;
  };
  std::vector<Kind> kinds;
  kinds.push_back({"uniform [0, 1)", filled([&] { return uniform(random); })});
  kinds.push_back({"normal", filled([&] { return normal(random); })});
  kinds.push_back({"2000 binades", filled([&] { return std::ldexp(normal(random), exponent(random)); })});
  kinds.push_back({"one exponent", filled([&] { return 1 + uniform(random); })});
  kinds.push_back({"sorted", kinds.front().values});
  std::ranges::sort(kinds.back().values);
  return kinds;
}

void sums(const std::vector<Kind>& kinds, int n_rounds) {
  std::printf("sum of %zu values, ns a value (ratio to the plain loop):\n", kinds.front().values.size());
  for (const Kind& kind : kinds) {
    const std::span<const double> x = kind.values;
    compare(kind.name, x.size(), n_rounds,
            {{"plain", [=] { sink = plain_sum(x); }},
             {"ExactSum::add(span)",
              [=] {
                ExactSum sum;
                sum.add(x);
                sink = sum.value();
              }},
             {"ExactSum::add(x)",
              [=] {
                ExactSum sum;
                for (const double value : x) {
                  sum.add(value);
                }
                sink = sum.value();
              }},
             {"BinnedSum::add(x)", [=] {
                BinnedSum<> sum;
                for (const double value : x) {
                  sum.add(value);
                }
                sink = sum.value();
              }}});
  }
}

void short_spans(int n_rounds) {
  std::printf("\nsum of uniform values in spans of a length, ns a value:\n");
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform;
  for (const std::size_t length : {10U, 100U, 1000U, 3000U, 10'000U, 100'000U}) {
    Doubles values(length);
    std::ranges::generate(values, [&] { return uniform(random); });
    const std::size_t n_spans = 3'000'000 / length;
    const std::span<const double> x = values;
    compare(std::to_string(length), length * n_spans, n_rounds,
            {{"plain",
              [=] {
                for (std::size_t i = 0; i < n_spans; ++i) {
                  sink = plain_sum(x);
                }
              }},
             {"ExactSum::add(span)", [=] {
                ExactSum sum;
                for (std::size_t i = 0; i < n_spans; ++i) {
                  sum.add(x);
                }
                sink = sum.value();
              }}});
  }
}

void products(const std::vector<Kind>& kinds, int n_rounds) {
  std::printf("\nsum of products, ns a product:\n");
  for (const Kind& kind : kinds) {
    const std::span<const double> x = kind.values;
    const std::span<const double> y = kinds[1].values;
    compare(kind.name, x.size(), n_rounds,
            {{"plain", [=] { sink = plain_dot(x, y); }},
             {"ExactDot::add(spans)",
              [=] {
                ExactDot dot;
                dot.add(x, y);
                sink = dot.value();
              }},
             {"ExactDot::add(x, y)",
              [=] {
                ExactDot dot;
                for (std::size_t i = 0; i < x.size(); ++i) {
                  dot.add(x[i], y[i]);
                }
                sink = dot.value();
              }},
             {"ExactMoments::add(span)", [=] {
                ExactMoments moments;
                moments.add(x);
                sink = moments.standard_error();
              }}});
  }
}

template <std::size_t K>
void add_rounds(std::vector<BinnedSum<K>>& sums, const Doubles& x, int n_times) {
  std::ranges::fill(sums, BinnedSum<K>());
  for (int i = 0; i < n_times; ++i) {
    add_elementwise(sums, x);
  }
  sink = sums.front().value();
}

void vectors(int n_rounds) {
  std::printf("\na vector added elementwise, ns an element:\n");
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (const std::size_t length : {1000U, 100'000U, 1'000'000U}) {
    Doubles x(length);
    std::ranges::generate(x, [&] { return normal(random); });
    Doubles plain(length);
    std::vector<BinnedSum<2>> two(length);
    std::vector<BinnedSum<3>> three(length);
    std::vector<ExactSum> exact(length);
    const int n_times = static_cast<int>(5'000'000 / length);
    compare(std::to_string(length), length * static_cast<std::size_t>(n_times), n_rounds,
            {{"plain",
              [&] {
                std::ranges::fill(plain, 0.0);
                for (int i = 0; i < n_times; ++i) {
                  std::ranges::transform(plain, x, plain.begin(), std::plus<>{});
                }
                sink = plain.front();
              }},
             {"BinnedSum<2>", [&] { add_rounds(two, x, n_times); }},
             {"BinnedSum<3>", [&] { add_rounds(three, x, n_times); }},
             {"ExactSum", [&] {
                std::ranges::fill(exact, ExactSum());
                for (int i = 0; i < n_times; ++i) {
                  for (std::size_t j = 0; j < length; ++j) {
                    exact[j].add(x[j]);
                  }
                }
                sink = exact.front().value();
              }}});
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t n = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const int n_rounds = argc > 2 ? std::atoi(argv[2]) : 15;
  if (n < 1 || n_rounds < 1) {
    std::fprintf(stderr, "usage: exact_sum [N [ROUNDS]]\n");
    return 2;
  }
  const std::vector<Kind> kinds = make_kinds(n);
  sums(kinds, n_rounds);
  short_spans(n_rounds);
  products(kinds, n_rounds);
  vectors(n_rounds);
}
