#include <algorithm>
#include <array>

#include <serried/base/contract.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/montecarlo/block_moments.hpp>

namespace serried::montecarlo {
namespace {

// As many partial sums on every CPU, so that all add up in the same order.
constexpr std::size_t n_lanes = 16;

double sum_of_lanes(std::array<double, n_lanes> lanes) {
  for (std::size_t n = n_lanes / 2; n > 0; n /= 2) {
    for (std::size_t i = 0; i < n; ++i) {
      lanes[i] += lanes[i + n];
    }
  }
  return lanes[0];
}

// Of term(i) for i below n.
template <class Term>
double sum_of(std::size_t n, const Term& term) {
  std::array<double, n_lanes> lanes{};
  std::size_t i = 0;
  for (; i + n_lanes <= n; i += n_lanes) {
    for (std::size_t lane = 0; lane < n_lanes; ++lane) {
      lanes[lane] += term(i + lane);
    }
  }
  for (std::size_t lane = 0; i < n; ++i, ++lane) {
    lanes[lane] += term(i);
  }
  return sum_of_lanes(lanes);
}

}  // namespace

void BlockMoments::clear() {
  count_ = 0;
  std::ranges::fill(mean_, 0.0);
  std::ranges::fill(deviations_, 0.0);
}

void BlockMoments::add_rows(std::span<const double> values, std::size_t n, std::size_t stride) {
  if (n == 0) {
    return;
  }
  expects(n <= stride && values.size() >= (mean_.size() - 1) * stride + n, "all observables have their rows");
  BlockMoments added(mean_.size());
  added.count_ = n;
  vectorized([&] {
    std::size_t at = 0;
    for (std::size_t j = 0; j < mean_.size(); ++j) {
      const double* const x = values.data() + j * stride;
      added.mean_[j] = sum_of(n, [&](std::size_t i) { return x[i]; }) / static_cast<double>(n);
    }
    for (std::size_t j = 0; j < mean_.size(); ++j) {
      const double* const x = values.data() + j * stride;
      const double mean_x = added.mean_[j];
      for (std::size_t k = j; k < mean_.size(); ++k) {
        const double* const y = values.data() + k * stride;
        const double mean_y = added.mean_[k];
        added.deviations_[at++] = sum_of(n, [&](std::size_t i) { return (x[i] - mean_x) * (y[i] - mean_y); });
      }
    }
  });
  merge(added);
}

void BlockMoments::merge(const BlockMoments& other) {
  expects(other.mean_.size() == mean_.size(), "both have the same observables");
  if (other.count_ == 0) {
    return;
  }
  if (count_ == 0) {
    *this = other;
    return;
  }
  const auto n_mine = static_cast<double>(count_);
  const auto n_others = static_cast<double>(other.count_);
  const double n = n_mine + n_others;
  std::size_t at = 0;
  for (std::size_t j = 0; j < mean_.size(); ++j) {
    const double by_j = other.mean_[j] - mean_[j];
    for (std::size_t k = j; k < mean_.size(); ++k) {
      const double by_k = other.mean_[k] - mean_[k];
      deviations_[at] += other.deviations_[at] + by_j * by_k * (n_mine * n_others / n);
      ++at;
    }
  }
  for (std::size_t j = 0; j < mean_.size(); ++j) {
    mean_[j] += (other.mean_[j] - mean_[j]) * (n_others / n);
  }
  count_ += other.count_;
}

BlockMoments BlockMoments::from(std::uint64_t count, std::span<const double> mean,
                                std::span<const double> deviations) {
  expects(deviations.size() == triangle_size(mean.size()), "there is a deviation for each pair");
  BlockMoments moments(mean.size());
  moments.count_ = count;
  std::ranges::copy(mean, moments.mean_.begin());
  std::ranges::copy(deviations, moments.deviations_.begin());
  return moments;
}

}  // namespace serried::montecarlo
