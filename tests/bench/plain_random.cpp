// Compiled twice with PLAIN_RANDOM as one of the two namespaces. All that is called becomes part of the caller (flatten): copies
// of the library's functions outside would be one copy for both, of either of the CPUs.

#include "plain_random.hpp"

#include <random>
#include <span>

namespace PLAIN_RANDOM {
namespace {

template <class Distribution>
[[gnu::flatten]] inline void fill(std::mt19937_64& engine, Distribution& distribution,
                                  std::span<double> values) {
  for (double& value : values) {
    value = distribution(engine);
  }
}

std::mt19937_64 engine(1);  // NOLINT(cert-msc51-cpp): the same numbers in each run

}  // namespace

[[gnu::flatten]] void fill_uniform(std::span<double> values) {
  static std::uniform_real_distribution<double> distribution;
  fill(engine, distribution, values);
}
[[gnu::flatten]] void fill_normal(std::span<double> values) {
  static std::normal_distribution<double> distribution;
  fill(engine, distribution, values);
}
[[gnu::flatten]] void fill_exponential(std::span<double> values) {
  static std::exponential_distribution<double> distribution;
  fill(engine, distribution, values);
}

}  // namespace PLAIN_RANDOM
