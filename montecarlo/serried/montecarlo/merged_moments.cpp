#include <algorithm>
#include <functional>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/montecarlo/merged_moments.hpp>
#include <serried/montecarlo/saved_values.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/allreduce_exact.hpp>
#include <serried/numeric/exact_moments.hpp>

namespace serried::montecarlo {
namespace {

template <class Sum>
void put_sums(std::vector<std::byte>& bytes, const std::vector<Sum>& sums) {
  for (const Sum& sum : sums) {
    const typename Sum::Words words = sum.words();
    put(bytes, std::span<const std::int64_t>(words));
  }
}
template <class Sum>
void merge_sums_from(std::span<const std::byte>& bytes, std::vector<Sum>& sums) {
  for (Sum& sum : sums) {
    typename Sum::Words words;
    take(bytes, std::span<std::int64_t>(words));
    sum.merge(Sum::from_words(words));
  }
}

}  // namespace

MergedMoments::MergedMoments(std::size_t n_observables, std::uint64_t trials_per_block)
    : trials_per_block_(trials_per_block),
      means_(n_observables),
      products_(triangle_size(n_observables)),
      deviations_(triangle_size(n_observables)),
      rest_(n_observables) {}

void MergedMoments::add(const BlockMoments& block) {
  if (block.count() != trials_per_block_) {
    expects(rest_.count() == 0 && block.count() < trials_per_block_, "one block at most is shorter");
    rest_ = block;
    return;
  }
  ++n_blocks_;
  const std::size_t n = means_.size();
  std::size_t at = 0;
  for (std::size_t j = 0; j < n; ++j) {
    means_[j].add(block.mean()[j]);
    for (std::size_t k = j; k < n; ++k) {
      products_[at].add(block.mean()[j], block.mean()[k]);
      deviations_[at].add(block.deviations()[at]);
      ++at;
    }
  }
}

void MergedMoments::merge(MergedMoments&& other) {
  expects(other.means_.size() == means_.size() && other.trials_per_block_ == trials_per_block_,
          "both are of the same blocks");
  n_blocks_ += other.n_blocks_;
  for (std::size_t j = 0; j < means_.size(); ++j) {
    means_[j].merge(other.means_[j]);
  }
  for (std::size_t i = 0; i < products_.size(); ++i) {
    products_[i].merge(other.products_[i]);
    deviations_[i].merge(other.deviations_[i]);
  }
  if (other.rest_.count() > 0) {
    expects(rest_.count() == 0, "one block at most is shorter");
    rest_ = std::move(other.rest_);
  }
}

void MergedMoments::allreduce(const mpi::Communicator& comm) {
  n_blocks_ = mpi::allreduce_value(comm, n_blocks_, std::plus<>{});
  mpi::allreduce_exact(comm, means_);
  mpi::allreduce_exact(comm, products_);
  mpi::allreduce_exact(comm, deviations_);
  // One rank has it, if any: the others' zeros change nothing.
  std::vector<double> rest(rest_.mean().begin(), rest_.mean().end());
  rest.insert(rest.end(), rest_.deviations().begin(), rest_.deviations().end());
  const std::uint64_t count = mpi::allreduce_value(comm, rest_.count(), std::plus<>{});
  mpi::allreduce_reproducible(comm, rest);
  const std::span<const double> all(rest);
  rest_ = BlockMoments::from(count, all.first(means_.size()), all.subspan(means_.size()));
}

BlockMoments MergedMoments::of_blocks() const {
  const auto n = static_cast<double>(n_blocks_);
  std::vector<double> mean;
  std::vector<double> deviations;
  for (std::size_t j = 0; j < means_.size(); ++j) {
    mean.push_back(n_blocks_ > 0 ? means_[j].value() / n : 0.0);
    for (std::size_t k = j; k < means_.size(); ++k) {
      deviations.push_back(
          n_blocks_ < 2 ? 0.0
                        : (n - 1.0) * numeric::covariance_of_sums(n_blocks_, products_[deviations.size()],
                                                                  means_[j], means_[k]));
    }
  }
  return BlockMoments::from(n_blocks_, mean, deviations);
}

BlockMoments MergedMoments::total() const {
  const BlockMoments blocks = of_blocks();
  std::vector<double> deviations;
  for (const double between : blocks.deviations()) {
    deviations.push_back(deviations_[deviations.size()].value() +
                         static_cast<double>(trials_per_block_) * between);
  }
  BlockMoments all = BlockMoments::from(n_blocks_ * trials_per_block_, blocks.mean(), deviations);
  all.merge(rest_);
  return all;
}

void MergedMoments::save(std::vector<std::byte>& bytes) const {
  const std::uint64_t counts[] = {n_blocks_, rest_.count()};
  put(bytes, std::span<const std::uint64_t>(counts));
  put_sums(bytes, means_);
  put_sums(bytes, products_);
  put_sums(bytes, deviations_);
  put(bytes, rest_.mean());
  put(bytes, rest_.deviations());
}

void MergedMoments::load(std::span<const std::byte> bytes) {
  std::uint64_t counts[2] = {};
  MergedMoments saved(means_.size(), trials_per_block_);
  take(bytes, std::span<std::uint64_t>(counts));
  merge_sums_from(bytes, saved.means_);
  merge_sums_from(bytes, saved.products_);
  merge_sums_from(bytes, saved.deviations_);
  std::vector<double> mean(means_.size());
  std::vector<double> deviations(deviations_.size());
  take(bytes, std::span<double>(mean));
  take(bytes, std::span<double>(deviations));
  if (!bytes.empty() || counts[1] >= std::max<std::uint64_t>(trials_per_block_, 1)) {
    throw Error("saved moments do not fit").hint("were they written by another version of the program?");
  }
  saved.n_blocks_ = counts[0];
  saved.rest_ = BlockMoments::from(counts[1], mean, deviations);
  merge(std::move(saved));
}

}  // namespace serried::montecarlo
