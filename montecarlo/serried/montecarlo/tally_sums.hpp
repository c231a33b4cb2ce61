/// What many blocks have scored in the bins of a mesh, merged to the same bits in whatever order. Part of tally.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/paged_array.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/numeric/binned_sum.hpp>

namespace serried::montecarlo {

/// Two numeric::BinnedSums for each bin, of what observations scored and of its squares: 96 bytes a bin, of those pages of 512
/// bins in which there was a score. Observations are trials, or blocks. Gathered, for run_rounds; move-only.
class TallySums {
 public:
  TallySums(std::size_t n_bins, std::uint64_t trials_per_block, Errors errors)
      : n_bins_(n_bins),
        trials_per_block_(trials_per_block),
        errors_(errors),
        sums_(n_bins / page_bins + 1) {}

  [[nodiscard]] TallySums empty_one() const { return {n_bins_, trials_per_block_, errors_}; }

  [[nodiscard]] std::size_t n_bins() const noexcept { return n_bins_; }
  [[nodiscard]] std::uint64_t n_trials() const noexcept { return n_trials_; }
  [[nodiscard]] std::uint64_t n_observations() const noexcept {
    return errors_ == Errors::of_trials ? n_trials_ : n_trials_ / trials_per_block_;
  }

  /// What the trials of one block scored in a bin, and the sum of the squares of what each of them did. False, and nothing
  /// added, if one is not finite.
  [[nodiscard]] bool add(std::size_t bin, double score, double squares);
  /// Fetches what `add` will need of a bin.
  void prefetch(std::size_t bin) {
    const auto* const sums = reinterpret_cast<const char*>(&sums_[2 * bin]);
    __builtin_prefetch(sums, 1);
    __builtin_prefetch(sums + 64, 1);
  }
  void count_trials(std::uint64_t n) noexcept { n_trials_ += n; }

  void merge(TallySums&& other);
  /// Collective, in place: afterwards that of all ranks, on every rank.
  void allreduce(const mpi::Communicator& comm);

  /// Per trial, and its standard error; of each bin and of what is outside of all.
  struct Results {
    std::vector<double> means;
    std::vector<double> standard_errors;
  };
  [[nodiscard]] Results results() const;

  /// For a job's ledger, and for files.
  void save(std::vector<std::byte>& bytes) const;
  void load(std::span<const std::byte> bytes);

 private:
  static constexpr std::size_t page_bins = 512;

  std::size_t n_bins_;
  std::uint64_t trials_per_block_;
  Errors errors_;
  std::uint64_t n_trials_ = 0;
  PagedArray<numeric::BinnedSum<>, 2 * page_bins> sums_;  // of scores, of squares, of each bin
};

}  // namespace serried::montecarlo
