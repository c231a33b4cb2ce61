/// Sorting without branches: the same comparisons whatever the values are, so that registers full of values are sorted side by side.
/// Part of median.hpp.
///
///     Lanes<std::uint8_t, 64> values[5];
///     sort(values);                     // in each of the 64 lanes; what is not used of the result is not computed
///
/// K. Batcher, "Sorting networks and their applications" (1968), as in D. Knuth, TAOCP 3, 5.2.2, algorithm M, for any number.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace serried::image {

/// As many values as a register of n_bytes holds.
template <class T, std::size_t n_bytes>
struct LanesOf {
  using Type __attribute__((vector_size(n_bytes))) = T;
};
template <class T, std::size_t n_bytes>
using Lanes = typename LanesOf<T, n_bytes>::Type;

namespace detail {

struct Comparison {
  std::size_t low = 0;
  std::size_t high = 0;
};

template <class Compare>
constexpr void for_each_comparison(std::size_t n, const Compare& compare) {
  for (std::size_t p = 1; p < n; p *= 2) {
    for (std::size_t k = p; k >= 1; k /= 2) {
      for (std::size_t j = k % p; j + k < n; j += 2 * k) {
        for (std::size_t i = 0; i < k && i + j + k < n; ++i) {
          if ((i + j) / (2 * p) == (i + j + k) / (2 * p)) {
            compare(Comparison{i + j, i + j + k});
          }
        }
      }
    }
  }
}

template <std::size_t n>
[[nodiscard]] constexpr std::size_t n_comparisons() {
  std::size_t count = 0;
  for_each_comparison(n, [&](Comparison) { ++count; });
  return count;
}

template <std::size_t n>
inline constexpr auto comparisons = [] {
  std::array<Comparison, n_comparisons<n>()> result{};
  std::size_t at = 0;
  for_each_comparison(n, [&](Comparison comparison) { result[at++] = comparison; });
  return result;
}();

template <class V>
void order(V& low, V& high) {
  const V smaller = low < high ? low : high;
  high = low < high ? high : low;
  low = smaller;
}

}  // namespace detail

template <class V, std::size_t n>
void sort(V (&values)[n]) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (detail::order(values[detail::comparisons<n>[i].low], values[detail::comparisons<n>[i].high]), ...);
  }
  (std::make_index_sequence<detail::n_comparisons<n>()>());
}

}  // namespace serried::image
