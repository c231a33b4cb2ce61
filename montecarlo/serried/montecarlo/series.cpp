#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/montecarlo/block_moments.hpp>
#include <serried/montecarlo/series.hpp>

namespace serried::montecarlo {
namespace {

constexpr std::uint64_t most_bins = 256;
constexpr std::uint64_t most_joined = 16;

// Of all samples, from the moments of the halves.
BlockMoments moments_of_samples(std::span<const Series* const> chains, std::size_t observable) {
  BlockMoments all(1);
  for (const Series* chain : chains) {
    for (const std::size_t which : {0, 1}) {
      const Series::Half half = chain->half(which, observable);
      all.merge(BlockMoments::from(half.count, std::array{half.mean}, std::array{half.deviations}));
    }
  }
  return all;
}

// Of the means of `n_joined` bins each; what is left at the end of a chain is left out.
BlockMoments moments_of_bins(std::span<const Series* const> chains, std::uint64_t n_joined) {
  const std::size_t n_observables = chains.front()->n_observables();
  BlockMoments moments(n_observables);
  std::vector<double> means(n_observables);
  for (const Series* chain : chains) {
    for (std::uint64_t first = 0; first + n_joined <= chain->bins().n; first += n_joined) {
      for (std::size_t k = 0; k < n_observables; ++k) {
        double sum = 0;
        for (std::uint64_t bin = first; bin < first + n_joined; ++bin) {
          sum += chain->bin_mean(bin, k);
        }
        means[k] = sum / static_cast<double>(n_joined);
      }
      moments.add_rows(means, 1, 1);
    }
  }
  return moments;
}

double split_r_hat(std::span<const Series* const> chains, std::size_t observable) {
  BlockMoments of_means(1);
  double within = 0;
  double count = 0;
  for (const Series* chain : chains) {
    for (const std::size_t which : {0, 1}) {
      const Series::Half half = chain->half(which, observable);
      if (half.count < 2) {
        return std::numeric_limits<double>::quiet_NaN();
      }
      of_means.add_rows(std::array{half.mean}, 1, 1);
      within += half.deviations / static_cast<double>(half.count - 1);
      count = static_cast<double>(half.count);
    }
  }
  const auto n_halves = static_cast<double>(of_means.count());
  within /= n_halves;
  const double between = of_means.deviation(0, 0) / (n_halves - 1);
  if (between == 0) {
    return 1;
  }
  return std::sqrt((count - 1) / count + between / within);
}

}  // namespace

Bins bins_of(std::uint64_t samples) {
  expects(samples > 0, "there is a sample");
  const std::uint64_t length = (samples - 1) / most_bins + 1;
  return {.n = (samples - 1) / length + 1, .length = length};
}

Bins doubled(Bins bins) {
  return 2 * bins.n <= most_bins ? Bins{.n = 2 * bins.n, .length = bins.length}
                                 : Bins{.n = bins.n, .length = 2 * bins.length};
}

Series::Series(std::size_t n_observables, Bins bins)
    : n_observables_(n_observables), bins_(bins), words_(n_words(n_observables, bins)) {}

void Series::add(std::span<const double> values) {
  expects(size_ < bins_.samples(), "a series has as many samples as its bins hold");
  expects(values.size() == n_observables_, "a sample has a value of each observable");
  const std::uint64_t n_first = bins_.samples() / 2;
  const std::size_t which = size_ < n_first ? 0 : 1;
  const auto count = static_cast<double>(which == 0 ? size_ + 1 : size_ - n_first + 1);
  double* const sums = words_.data() + size_ / bins_.length * n_observables_;
  double* const means = words_.data() + place_of_half(which);
  double* const deviations = means + n_observables_;
  for (std::size_t k = 0; k < n_observables_; ++k) {
    sums[k] += values[k];
    const double from_mean = values[k] - means[k];
    means[k] += from_mean / count;
    deviations[k] += from_mean * (values[k] - means[k]);
  }
  ++size_;
}

void Series::double_bins() {
  expects(size_ == bins_.samples(), "the bins are full");
  Series larger(n_observables_, doubled(bins_));
  larger.size_ = size_;
  const std::uint64_t n_joined = larger.bins_.length / bins_.length;
  for (std::uint64_t bin = 0; bin < bins_.n; ++bin) {
    for (std::size_t k = 0; k < n_observables_; ++k) {
      larger.words_[bin / n_joined * n_observables_ + k] += words_[bin * n_observables_ + k];
    }
  }
  const Series* const self = this;
  for (std::size_t k = 0; k < n_observables_; ++k) {
    const BlockMoments all = moments_of_samples(std::span(&self, 1), k);
    const std::size_t place = larger.place_of_half(0) + k;
    larger.words_[place] = all.mean()[0];
    larger.words_[place + n_observables_] = all.deviation(0, 0);
  }
  *this = std::move(larger);
}

Series::Half Series::half(std::size_t which, std::size_t observable) const {
  const std::uint64_t n_first = bins_.samples() / 2;
  const std::size_t place = place_of_half(which) + observable;
  return {.count = which == 0 ? std::min(size_, n_first) : size_ - std::min(size_, n_first),
          .mean = words_[place],
          .deviations = words_[place + n_observables_]};
}

void Series::restore(std::span<const double> words, std::uint64_t size) {
  expects(words.size() == words_.size() && size <= bins_.samples(), "it is of a series of this shape");
  words_.assign(words.begin(), words.end());
  size_ = size;
}

std::vector<double> words_of(std::span<const Series> series) {
  std::vector<double> words;
  for (const Series& of_chain : series) {
    words.insert(words.end(), of_chain.words().begin(), of_chain.words().end());
  }
  return words;
}

ChainEstimate estimate_of(std::span<const Series* const> chains) {
  expects(!chains.empty(), "there is a chain");
  const Series& first = *chains.front();
  const std::size_t n_observables = first.n_observables();
  ChainEstimate estimate;
  estimate.samples = chains.size() * first.bins().samples();
  const auto n = static_cast<double>(estimate.samples);
  std::vector<double> variances;
  std::vector<double> means;
  for (std::size_t k = 0; k < n_observables; ++k) {
    const BlockMoments samples = moments_of_samples(chains, k);
    means.push_back(samples.mean()[0]);
    variances.push_back(samples.deviation(0, 0) / (n - 1));
    estimate.split_r_hats.push_back(split_r_hat(chains, k));
  }
  for (std::uint64_t n_joined = 1;; n_joined *= 2) {
    const BlockMoments bins = moments_of_bins(chains, n_joined);
    estimate.means = Means::of(bins.count(), means, bins.deviations());
    estimate.bin_length = n_joined * first.bins().length;
    estimate.autocorrelation_times.clear();
    estimate.is_long_enough = true;
    for (std::size_t k = 0; k < n_observables; ++k) {
      const double error = estimate.means.standard_error(k);
      const double time = variances[k] > 0 ? 0.5 * n * error * error / variances[k] : 0.5;
      estimate.autocorrelation_times.push_back(time);
      estimate.is_long_enough = estimate.is_long_enough && estimate.is_long_enough_for(k);
    }
    if (estimate.is_long_enough || n_joined == most_joined || first.bins().n < 4 * n_joined) {
      break;
    }
  }
  for (const double time : estimate.autocorrelation_times) {
    estimate.effective_samples.push_back(0.5 * n / time);
  }
  return estimate;
}

}  // namespace serried::montecarlo
