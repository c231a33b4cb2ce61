/// What a Markov chain measured, in bins: all that its means, their errors and the comparison with other chains are made of.
///
///     Series series(n_observables, bins_of(n_samples));
///     series.add(values);                                // one sample after the other
///     const ChainEstimate estimate = estimate_of(all_series);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/options.hpp>

namespace serried::montecarlo {

/// How the samples of a chain are cut.
struct Bins {
  std::uint64_t n = 1;
  std::uint64_t length = 1;  ///< samples of each

  [[nodiscard]] std::uint64_t samples() const noexcept { return n * length; }
  friend bool operator==(const Bins&, const Bins&) = default;
};
/// For `samples` (1 or more), rounded up to whole bins: 129 to 256 of them, or as many as there are samples.
[[nodiscard]] Bins bins_of(std::uint64_t samples);
/// For twice as many samples: twice as many bins, up to 256, or bins that are twice as long.
[[nodiscard]] Bins doubled(Bins bins);

/// 8 (n + 4) bytes for each observable and n bins. Always added up in the order of the samples.
class Series {
 public:
  Series(std::size_t n_observables, Bins bins);

  [[nodiscard]] std::size_t n_observables() const noexcept { return n_observables_; }
  [[nodiscard]] Bins bins() const noexcept { return bins_; }
  /// Samples so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Throws std::logic_error if all bins are full.
  void add(std::span<const double> values);

  /// All samples so far, which fill the bins, are the first half of twice as many.
  void double_bins();

  /// Of the samples of a whole bin.
  [[nodiscard]] double bin_mean(std::uint64_t bin, std::size_t observable) const {
    return bins_sums()[bin * n_observables_ + observable] / static_cast<double>(bins_.length);
  }
  /// Of the first half of the samples, and of the second, which has one more if their number is odd.
  struct Half {
    std::uint64_t count = 0;
    double mean = 0;
    double deviations = 0;  ///< sum of (x - mean)²
  };
  [[nodiscard]] Half half(std::size_t which, std::size_t observable) const;

  /// All of it as numbers, as many for any series of this shape.
  [[nodiscard]] std::span<const double> words() const noexcept { return words_; }
  [[nodiscard]] static std::size_t n_words(std::size_t n_observables, Bins bins) {
    return n_observables * (bins.n + 4);
  }
  /// What words() was after `size` samples.
  void restore(std::span<const double> words, std::uint64_t size);

 private:
  [[nodiscard]] std::span<const double> bins_sums() const { return words_; }
  // Sum of bin b of observable k, then for each half its means and deviations.
  [[nodiscard]] std::size_t place_of_half(std::size_t which) const {
    return (bins_.n + 2 * which) * n_observables_;
  }

  std::size_t n_observables_;
  Bins bins_;
  std::uint64_t size_ = 0;
  std::vector<double> words_;
};

/// The words of all of them, one after the other.
[[nodiscard]] std::vector<double> words_of(std::span<const Series> series);

/// What chains of one distribution came to, as a function of their samples alone.
///
/// Errors are those of bins. Neighbouring bins are joined, up to 16 of them, until they are 16 autocorrelation times long, and then
/// taken for independent, which makes errors at most some percent too small.
struct ChainEstimate {
  Means means;                ///< with errors, covariances, ratios and functions of means
  std::uint64_t samples = 0;  ///< of all chains
  std::vector<double>
      autocorrelation_times;  ///< integrated, in samples: the error is sqrt(2 tau variance / samples)
  std::vector<double> effective_samples;  ///< independent ones that would give the same error
  /// Of halves of chains: above 1.01 the chains, or their beginnings and ends, do not agree (A. Gelman et al., "Bayesian Data
  /// Analysis", third edition (2013), 11.4). 1 where nothing varies.
  std::vector<double> split_r_hats;
  std::uint64_t bin_length = 1;  ///< in samples, of the bins that the errors are made of
  bool is_long_enough = true;    ///< false: no bins were that long, and errors may be too small
  Stop stop = Stop::trials;      ///< why it ended, where the chains were run for this alone
  double seconds = 0;            ///< of wall time, likewise

  /// The same of one observable.
  [[nodiscard]] bool is_long_enough_for(std::size_t k) const {
    return 16 * autocorrelation_times.at(k) <= static_cast<double>(bin_length);  // not where it is no number
  }

  [[nodiscard]] Interval interval(double confidence, std::size_t k = 0) const {
    return means[k].interval(confidence);
  }
};

/// Local. Whole series of one shape, one or more, always in the same order.
[[nodiscard]] ChainEstimate estimate_of(std::span<const Series* const> chains);

}  // namespace serried::montecarlo
