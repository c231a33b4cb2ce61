#include <cstddef>
#include <cstdint>
#include <numeric>
#include <unordered_map>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/random/shuffle.hpp>

namespace serried::random {
namespace {

// Both choose place i from i … n - 1 at step i, and give the same result.

std::vector<std::uint64_t> sample_of_array(Stream& stream, std::uint64_t n, std::uint64_t k) {
  std::vector<std::uint64_t> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), std::uint64_t{0});
  for (std::uint64_t i = 0; i < k; ++i) {
    std::swap(values[i], values[i + stream.below(n - i)]);
  }
  values.resize(static_cast<std::size_t>(k));
  return values;
}

std::vector<std::uint64_t> sample_of_moved(Stream& stream, std::uint64_t n, std::uint64_t k) {
  std::unordered_map<std::uint64_t, std::uint64_t> moved;  // places that do not hold their own number
  moved.reserve(static_cast<std::size_t>(k));
  std::vector<std::uint64_t> values;
  values.reserve(static_cast<std::size_t>(k));
  for (std::uint64_t i = 0; i < k; ++i) {
    const std::uint64_t place = i + stream.below(n - i);
    const auto at_i = moved.find(i);
    const std::uint64_t number_at_i = at_i == moved.end() ? i : at_i->second;
    const auto [at_place, is_new] = moved.try_emplace(place, number_at_i);
    values.push_back(is_new ? place : std::exchange(at_place->second, number_at_i));
  }
  return values;
}

}  // namespace

std::vector<std::uint64_t> sample(Stream& stream, std::uint64_t n, std::uint64_t k) {
  expects(k <= n, "a sample is no larger than what it is taken from");
  // An array of so many numbers is no larger than an entry of the map, and faster.
  constexpr std::uint64_t words_of_an_entry = 8;
  return n / words_of_an_entry < k ? sample_of_array(stream, n, k) : sample_of_moved(stream, n, k);
}

}  // namespace serried::random
