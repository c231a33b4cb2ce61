#include <cmath>
#include <cstdint>

#include <serried/base/contract.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/random/binomial.hpp>
#include <serried/random/inversion.hpp>
#include <serried/random/stirling.hpp>

namespace serried::random {
namespace {

constexpr double least_mean_for_rejection = 10;  // Hörmann's: its constants are not valid below

}  // namespace

Binomial::Binomial(std::uint64_t n, double p)
    : n_(n),
      successes_are_rarer_(p <= 0.5),
      p_(successes_are_rarer_ ? p : 1.0 - p),  // exact, as p is at least a half there
      mean_(static_cast<double>(n) * p_) {
  expects(n <= std::uint64_t{1} << 62, "a binomial distribution has at most 2^62 trials");
  expects(p >= 0.0 && p <= 1.0, "the probability of a binomial distribution is from 0 to 1");
  if (mean_ < least_mean_for_rejection) {
    probability_of_0_ = portable::exp(static_cast<double>(n) * detail::log_one_minus(p_));
    odds_ = p_ / (1.0 - p_);
    return;
  }
  whole_ = static_cast<std::int64_t>(mean_);
  fraction_ = mean_ - static_cast<double>(whole_);
  const double deviation = std::sqrt(mean_ * (1.0 - p_));
  rejection_.b = 1.15 + 2.53 * deviation;
  rejection_.a = -0.0873 + 0.0248 * rejection_.b + 0.01 * p_;
  rejection_.shift = fraction_ + 0.5;
  rejection_.squeeze = 0.92 - 4.2 / rejection_.b;
  rejection_.scale = (2.83 + 5.1 / rejection_.b) * deviation;
  const auto to_mode = static_cast<std::int64_t>(fraction_ + p_);  // the mode is (n + 1) p, rounded down
  log_probability_of_mode_ = log_probability(to_mode);
}

// Of the mean, rounded down, and `distance`.
double Binomial::log_probability(std::int64_t distance) const noexcept {
  return detail::log_binomial(static_cast<std::uint64_t>(whole_ + distance), n_, p_,
                              static_cast<double>(distance) - fraction_);
}

std::uint64_t Binomial::of_rarer(Stream& stream) const noexcept {
  if (mean_ < least_mean_for_rejection) {
    return detail::by_inversion(stream.uniform(), probability_of_0_, [this](std::uint64_t k) {
      return k > n_ ? 0.0 : static_cast<double>(n_ - k + 1) / static_cast<double>(k) * odds_;
    });
  }
  const auto n = static_cast<std::int64_t>(n_);
  const std::int64_t distance = rejection_(stream, -whole_, n - whole_, [this](std::int64_t d) {
    return log_probability(d) - log_probability_of_mode_;
  });
  return static_cast<std::uint64_t>(whole_ + distance);
}

std::uint64_t Binomial::operator()(Stream& stream) const noexcept {
  const std::uint64_t k = of_rarer(stream);
  return successes_are_rarer_ ? k : n_ - k;
}

}  // namespace serried::random
