/// Means over points that fill the unit cube evenly (random/sobol.hpp), with honest errors: each block of trials is one set of
/// points with a scrambling of its own, and the error is that between blocks.
///
///     const auto integral = estimate_on_points(world, {.trials = 1 << 20, .trials_per_block = 1 << 14}, 5, [](PointBatch& batch) {
///       const auto x = batch.coordinates(0), f = batch.values();
///       …
///     });
///
/// The larger the blocks, the smaller the error; the more of them, the surer it is: some dozens, for the means of few of them are
/// not quite normal, and those of small blocks are skewed where an integrand has a peak. Blocks of 2^k points are best.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <serried/montecarlo/estimate.hpp>
#include <serried/random/sobol.hpp>

namespace serried::montecarlo {

/// Points of a set, for `trials` of them in all: a power of two up to 2^16, so that there are 64 sets or more. With no number of
/// trials, 4096.
[[nodiscard]] inline std::uint64_t points_per_set(std::uint64_t trials) {
  constexpr std::uint64_t most = std::uint64_t{1} << 16;
  return trials == 0 ? 4096 : std::clamp<std::uint64_t>(std::bit_floor(trials / 64), 1, most);
}

/// A batch whose trials have points.
class PointBatch : public Batch {
 public:
  PointBatch(std::size_t n_rows, std::size_t dimensions) : Batch(n_rows), rows_(dimensions) {}

  [[nodiscard]] std::size_t dimensions() const noexcept { return rows_.size(); }
  /// Coordinate `dimension` of each trial's point, in (0, 1). Throws std::logic_error if there is no such dimension.
  [[nodiscard]] std::span<const double> coordinates(std::size_t dimension) {
    expects(dimension < rows_.size(), "there is such a dimension");
    auto& row = rows_[dimension];
    if (!row) {
      row = std::make_unique<Row>();
    }
    const std::span<double> to(row->of_trials, size());
    sobol_->coordinates(dimension, first() - first_of_block_, to);
    return to;
  }

  /// For whoever runs the closure: a set of points for a block of trials that begins with number `first_of_block`.
  void scramble(std::uint64_t seed, std::uint64_t first_of_block) {
    sobol_.emplace(rows_.size(), seed);
    first_of_block_ = first_of_block;
  }

 private:
  std::vector<std::unique_ptr<Row>> rows_;
  std::optional<random::Sobol> sobol_;
  std::uint64_t first_of_block_ = 0;
};

/// A batch of trials on points, whose values it fills in.
template <class F>
concept PointTrial = std::invocable<const F&, PointBatch&>;

/// Collective, as `estimate`. options.trials is rounded up to whole blocks, and options.errors is Errors::of_blocks whatever it
/// was. Throws std::logic_error unless there are 1 to Sobol::max_dimensions dimensions.
template <PointTrial F>
[[nodiscard]] Estimate<double> estimate_on_points(const mpi::Communicator& comm, Options options,
                                                  std::size_t dimensions, const F& trial) {
  expects(dimensions > 0 && dimensions <= random::Sobol::max_dimensions, "there are so many dimensions");
  options.errors = Errors::of_blocks;
  return detail::estimate_of<detail::Row<double>>(detail::run_batches(
      comm, options, {.kind = "mean over points of " + std::to_string(dimensions) + " dimensions"},
      [&] { return PointBatch(1, dimensions); },
      [](PointBatch& batch, const Block& block, random::Stream& stream) {
        batch.scramble(stream(), block.first);
      },
      [&](PointBatch& batch) { vectorized([&] { trial(batch); }); }));
}

}  // namespace serried::montecarlo
