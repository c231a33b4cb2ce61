#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/random/discrete.hpp>

namespace serried::random {
namespace {

__extension__ using Wide = unsigned __int128;

double largest_of(std::span<const double> weights) {
  expects(!weights.empty(), "there are weights");
  double largest = 0;
  for (const double weight : weights) {
    expects(weight >= 0.0 && weight <= std::numeric_limits<double>::max(),
            "weights are finite and not negative");
    largest = std::max(largest, weight);
  }
  expects(largest > 0.0, "not all weights are 0");
  return largest;
}

}  // namespace

Discrete::Discrete(std::span<const double> weights) {
  const std::size_t n = weights.size();
  const double largest = largest_of(weights);
  columns_.resize(n);
  // Each column holds as much as all outcomes have on average; in units in which that is the sum of the weights.
  std::vector<Wide> masses(n);
  Wide capacity = 0;
  for (std::size_t i = 0; i < n; ++i) {
    masses[i] = static_cast<std::uint64_t>(weights[i] / largest * 0x1p63);
    capacity += masses[i];
  }
  std::vector<std::size_t> small;
  std::vector<std::size_t> large;
  for (std::size_t i = 0; i < n; ++i) {
    masses[i] *= n;
    columns_[i].alias = i;  // stays so in a full column, where the threshold is of no matter
    (masses[i] < capacity ? small : large).push_back(i);
  }
  // What is missing in a column comes from one of the others. The sums are exact, so there is always another one.
  while (!small.empty()) {
    const std::size_t i = small.back();
    small.pop_back();
    const std::size_t from = large.back();
    const double share = static_cast<double>(masses[i]) / static_cast<double>(capacity);
    columns_[i] = {share < 1.0 ? static_cast<std::uint64_t>(share * 0x1p64) : ~std::uint64_t{0}, from};
    masses[from] -= capacity - masses[i];
    if (masses[from] < capacity) {
      large.pop_back();
      small.push_back(from);
    }
  }
}

}  // namespace serried::random
