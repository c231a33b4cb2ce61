#include <cmath>
#include <cstdint>

#include <serried/base/contract.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/random/inversion.hpp>
#include <serried/random/poisson.hpp>
#include <serried/random/stirling.hpp>

namespace serried::random {
namespace {

constexpr double least_mean_for_rejection = 10;  // Hörmann's: its constants are not valid below
constexpr std::int64_t largest_distance = (std::int64_t{1} << 62) - 1;  // from a mean of 2^62: all fits

}  // namespace

Poisson::Poisson(double mean) : mean_(mean) {
  expects(mean >= 0.0 && mean <= 0x1p62, "the mean of a Poisson distribution is from 0 to 2^62");
  if (mean < least_mean_for_rejection) {
    probability_of_0_ = portable::exp(-mean);
    return;
  }
  whole_ = static_cast<std::int64_t>(mean);
  fraction_ = mean - static_cast<double>(whole_);
  rejection_.b = 0.931 + 2.53 * std::sqrt(mean);
  rejection_.a = -0.059 + 0.02483 * rejection_.b;
  rejection_.shift = fraction_ + 0.43;
  rejection_.squeeze = 0.9277 - 3.6224 / (rejection_.b - 2.0);
  rejection_.scale = 1.1239 + 1.1328 / (rejection_.b - 3.4);
}

std::uint64_t Poisson::operator()(Stream& stream) const noexcept {
  if (mean_ < least_mean_for_rejection) {
    return detail::by_inversion(stream.uniform(), probability_of_0_,
                                [mean = mean_](std::uint64_t k) { return mean / static_cast<double>(k); });
  }
  const std::int64_t distance = rejection_(stream, -whole_, largest_distance, [this](std::int64_t d) {
    return detail::log_poisson(static_cast<std::uint64_t>(whole_ + d), static_cast<double>(d) - fraction_);
  });
  return static_cast<std::uint64_t>(whole_ + distance);
}

}  // namespace serried::random
