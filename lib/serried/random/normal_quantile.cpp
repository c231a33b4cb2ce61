#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <serried/base/vectorized.hpp>
#include <serried/random/normal_quantile.hpp>

namespace serried::random {

// Far tails are so rare that whole blocks do without them.
void normal_quantiles(std::span<double> values) {
  constexpr std::size_t max_block = 256;
  vectorized([&] {
    while (!values.empty()) {
      const std::size_t n = std::min(values.size(), max_block);
      double* const p = values.data();
      std::uint64_t n_far = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const bool is_near = p[i] > 0x1p-36 && p[i] < 1.0 - 0x1p-36;  // not so if it is no number
        n_far += is_near ? 0 : 1;
      }
      if (n_far == 0) {
        for (std::size_t i = 0; i < n; ++i) {
          p[i] = detail::normal_quantile<false>(p[i]);
        }
      } else {
        for (std::size_t i = 0; i < n; ++i) {
          p[i] = detail::normal_quantile<true>(p[i]);
        }
      }
      values = values.subspan(n);
    }
  });
}

}  // namespace serried::random
