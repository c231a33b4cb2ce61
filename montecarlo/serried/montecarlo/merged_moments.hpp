/// The moments of many blocks, merged exactly: the same bits in whatever order, on however many threads and ranks.
///
///     MergedMoments moments(n_observables, trials_per_block);
///     moments.add(block);                         // a BlockMoments, whole, or the last one, which may be shorter
///     moments.merge(moments_of_another_thread);
///     moments.allreduce(world);
///     const BlockMoments all = moments.total();
///
/// Of whole blocks, which have equally many trials, the sums of the means, of the products of means, and of the co-deviations
/// are kept exactly (numeric/exact_sum.hpp): what is between blocks is an exact covariance, what is within them an exact sum.
/// The last block, if it is shorter, is kept as it is, for there is one at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/montecarlo/block_moments.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/numeric/exact_dot.hpp>
#include <serried/numeric/exact_sum.hpp>

namespace serried::montecarlo {

/// 0.6 KiB for each observable and 1.7 KiB for each pair of them. A job::Partial.
class MergedMoments {
 public:
  MergedMoments(std::size_t n_observables, std::uint64_t trials_per_block);

  /// As this one was at first.
  [[nodiscard]] MergedMoments empty_one() const { return {n_observables(), trials_per_block_}; }

  [[nodiscard]] std::size_t n_observables() const noexcept { return means_.size(); }
  /// Whole ones.
  [[nodiscard]] std::uint64_t n_blocks() const noexcept { return n_blocks_; }
  [[nodiscard]] std::uint64_t n_trials() const noexcept {
    return n_blocks_ * trials_per_block_ + rest_.count();
  }

  void add(const BlockMoments& block);
  void merge(MergedMoments&& other);
  /// Collective, in place: afterwards that of all ranks, on every rank.
  void allreduce(const mpi::Communicator& comm);

  /// All trials' count, means and co-deviations, each rounded a few times.
  [[nodiscard]] BlockMoments total() const;
  /// The same of the means of whole blocks, each of which is one observation.
  [[nodiscard]] BlockMoments of_blocks() const;

  /// For a job's ledger, and for files.
  void save(std::vector<std::byte>& bytes) const;
  void load(std::span<const std::byte> bytes);

 private:
  std::uint64_t trials_per_block_;
  std::uint64_t n_blocks_ = 0;
  std::vector<numeric::ExactSum> means_;
  std::vector<numeric::ExactDot> products_;    // of means, upper triangle
  std::vector<numeric::ExactSum> deviations_;  // within blocks, upper triangle
  BlockMoments rest_;                          // of the last block, if it is shorter
};

}  // namespace serried::montecarlo
