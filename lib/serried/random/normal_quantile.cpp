#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <serried/base/vectorized.hpp>
#include <serried/random/normal_quantile.hpp>

namespace serried::random {

// The centre has 85 % of all probabilities, and its formula costs a fraction of that of the tails: it is applied to all, and those
// in the tails are put together, so that the other formula's vector code does nothing in vain.
void normal_quantiles(std::span<double> values) {
  constexpr std::size_t max_block = 256;
  alignas(64) std::array<double, max_block> tails;
  std::array<std::uint16_t, max_block> places;
  vectorized([&] {
    while (!values.empty()) {
      const std::size_t n = std::min(values.size(), max_block);
      double* const p = values.data();
      std::size_t n_tails = 0;
      for (std::size_t i = 0; i < n; ++i) {
        tails[n_tails] = p[i];
        places[n_tails] = static_cast<std::uint16_t>(i);
        n_tails += detail::is_in_centre(p[i]) ? 0 : 1;
      }
      for (std::size_t i = 0; i < n; ++i) {
        p[i] = detail::quantile_of_centre(p[i]);
      }
      for (std::size_t i = 0; i < n_tails; ++i) {
        tails[i] = detail::quantile_of_tail(tails[i]);
      }
      for (std::size_t i = 0; i < n_tails; ++i) {
        p[places[i]] = tails[i];
      }
      values = values.subspan(n);
    }
  });
}

}  // namespace serried::random
