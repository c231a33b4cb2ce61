#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include <serried/montecarlo/saved_values.hpp>
#include <serried/montecarlo/tally_sums.hpp>
#include <serried/mpi/allreduce.hpp>
#include <serried/mpi/allreduce_exact.hpp>

namespace serried::montecarlo {

using numeric::BinnedSum;

bool TallySums::add(std::size_t bin, double score, double squares) {
  const double square = errors_ == Errors::of_trials ? squares : score * score;
  if (!std::isfinite(score) || !std::isfinite(square)) {
    return false;
  }
  sums_[2 * bin].add(score);
  sums_[2 * bin + 1].add(square);
  return true;
}

void TallySums::merge(TallySums&& other) {
  expects(other.n_bins_ == n_bins_ && other.trials_per_block_ == trials_per_block_,
          "both are of the same bins");
  n_trials_ += other.n_trials_;
  sums_.merge(std::move(other.sums_), [](std::span<BinnedSum<>> mine, std::span<const BinnedSum<>> theirs) {
    numeric::merge_elementwise(mine, theirs);
  });
}

void TallySums::allreduce(const mpi::Communicator& comm) {
  n_trials_ = mpi::allreduce_value(comm, n_trials_, std::plus<>{});
  sums_.allreduce(comm, [&](std::span<BinnedSum<>> pages) { mpi::allreduce_reproducible(comm, pages); });
}

TallySums::Results TallySums::results() const {
  const auto n_trials = static_cast<double>(n_trials_);
  const auto n = static_cast<double>(n_observations());
  const double no_error = n < 2 ? std::numeric_limits<double>::quiet_NaN() : 0.0;
  Results results{.means = std::vector<double>(n_bins_ + 1, 0.0),
                  .standard_errors = std::vector<double>(n_bins_ + 1, no_error)};
  for (std::size_t p = 0; p < sums_.n_pages(); ++p) {
    const std::span<const BinnedSum<>> page = sums_.page(p);
    const std::size_t end = std::min(page.size() / 2, n_bins_ + 1 - p * page_bins);
    for (std::size_t i = 0; i < end; ++i) {
      const double sum = page[2 * i].value();
      const double squares = page[2 * i + 1].value();
      results.means[p * page_bins + i] = sum / n_trials;
      if (n >= 2) {
        const double variance = std::max(squares - sum * (sum / n), 0.0) / (n - 1) / n;
        results.standard_errors[p * page_bins + i] = std::sqrt(variance) * (n / n_trials);
      }
    }
  }
  return results;
}

void TallySums::save(std::vector<std::byte>& bytes) const {
  put(bytes, std::span<const std::uint64_t>(&n_trials_, 1));
  sums_.save(bytes);
}

void TallySums::load(std::span<const std::byte> bytes) {
  TallySums saved = empty_one();
  take(bytes, std::span<std::uint64_t>(&saved.n_trials_, 1));
  saved.sums_.take_from(bytes);
  expect_end(bytes);
  merge(std::move(saved));
}

}  // namespace serried::montecarlo
