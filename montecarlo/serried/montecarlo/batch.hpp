/// Trials by the hundred: for a trial that is written as loops over arrays, which become vector code.
///
///     estimate(world, options, [](Batch& batch) {
///       const auto x = batch.scratch(0), y = batch.scratch(1), pi = batch.values();
///       batch.stream().fill_uniform(x);
///       batch.stream().fill_uniform(y);
///       for (std::size_t i = 0; i < batch.size(); ++i) pi[i] = x[i] * x[i] + y[i] * y[i] < 1 ? 4.0 : 0.0;
///     });
///
/// The closure is compiled for every CPU level and the best one called (base/vectorized.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

/// Of one thread. Which trials are in a batch depends on the block and its size alone.
class Batch {
 public:
  /// Trials of a batch, at most: few enough for some dozens of arrays to stay in the cache.
  static constexpr std::size_t capacity = 1024;

  explicit Batch(std::size_t n_observables)
      : n_observables_(n_observables), values_(std::make_unique<Row[]>(n_observables)) {}

  /// The trials first() … first() + size() - 1 of all.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t first() const noexcept { return first_; }
  /// The block's, which goes on from where the batch before has left it.
  [[nodiscard]] random::Stream& stream() const noexcept { return *stream_; }

  /// To be filled in: observable k of each trial. Begins at a multiple of 64 bytes.
  [[nodiscard]] std::span<double> values(std::size_t k = 0) {
    expects(k < n_observables_, "there is such an observable");
    return {values_[k].of_trials, size_};
  }
  /// For whatever the closure likes; what it held is lost from batch to batch. Made when first asked for.
  [[nodiscard]] std::span<double> scratch(std::size_t i) {
    while (scratch_.size() <= i) {
      scratch_.push_back(std::make_unique<Row>());
    }
    return {scratch_[i]->of_trials, size_};
  }

  /// For whoever runs the closure.
  void begin(random::Stream& stream, std::uint64_t first, std::size_t size) {
    stream_ = &stream;
    first_ = first;
    size_ = size;
  }
  [[nodiscard]] std::span<const double> all_values() const {
    return {values_[0].of_trials, n_observables_ * capacity};
  }

 protected:
  struct alignas(64) Row {
    double of_trials[capacity];
  };

 private:
  std::size_t n_observables_;
  std::unique_ptr<Row[]> values_;
  std::vector<std::unique_ptr<Row>> scratch_;
  random::Stream* stream_ = nullptr;
  std::uint64_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace serried::montecarlo
