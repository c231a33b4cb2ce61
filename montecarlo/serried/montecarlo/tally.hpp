/// What trials score in the bins of a mesh, with an error for each bin: fluxes along particles' tracks, densities, histograms.
///
///     const Mesh mesh{Axis::uniform(100, 0.0, 1.0), Axis::uniform(100, 0.0, 1.0)};
///     const auto flux = estimate_tally(world, {.trials = 1'000'000, .seed = 42}, mesh, [](random::Stream& stream, Tally& tally) {
///       for (Particle p = born(stream); p.is_alive(); p.fly(stream)) tally.add({p.x, p.y}, p.track_length());
///     });
///     const std::size_t bin = mesh.bin({0.5, 0.25});
///     flux.mean[bin], flux.standard_error[bin], flux[bin].interval(0.95), flux.outside
///
///     const auto heights = estimate_histogram(world, options, Axis::uniform(50, -4.0, 4.0),
///                                             [](random::Stream& stream) { return stream.normal(); });
///     heights.density(bin).value
///
/// A trial may score any number of times, in any bins. What it scores in one bin is added up first and counts once, so that
/// errors are right however much the scores of a trial have to do with each other; Errors::of_blocks does the same with blocks,
/// for trials that have. Bins of one tally are correlated, and by how much is not known: an error of a sum of bins needs an
/// axis with that sum as a bin, or a tally of its own.
///
/// A bin in which nothing was scored has mean 0 and error 0, which says that it is rare, not that it is impossible: of a score
/// of 1, a mean above 3 / trials would have shown itself with a probability of 95 %. The error of a mean to which few trials
/// have contributed is as rough as everywhere.
///
/// Memory, for each bin: a thread has 32 bytes, and 96 where it has scored, by pages of 512 bins, twice that with a checkpoint;
/// a rank has 112 more, and 96 to write a checkpoint. One thread took 155 MiB for 10^6 bins, 336 MiB with a checkpoint, whose
/// file has 96 bytes a bin.
///
/// Time: 10 ns for a score on 100 to 10,000 bins, where a plain loop over one array, without errors, takes 7 to 10. On 10^6
/// bins, with nearly every score of a block in a bin of its own, 90 ns, where the loop takes 11: these are cache misses, of which
/// every bin that a block has scored in costs two more at its end. Larger blocks have fewer: 64 ns with 10^6 trials.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/base/zeroed_array.hpp>
#include <serried/montecarlo/bin_set.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/mesh.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/tally_sums.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

/// Where a trial scores. Of one thread; what it holds is the block at hand.
class Tally {
 public:
  explicit Tally(const Mesh& mesh) : mesh_(mesh), cells_(mesh.n_bins() + 1), scored_(mesh.n_bins() + 1) {}

  [[nodiscard]] const Mesh& mesh() const noexcept { return mesh_; }

  /// Adds `weight` to the bin that the point is in, or to what is outside. A coordinate that is NaN makes the score one. Throws
  /// std::logic_error unless there is a coordinate for each axis.
  void add(std::span<const double> point, double weight = 1) {
    const std::size_t bin = mesh_.bin(point);
    add_to(bin, bin == mesh_.outside() ? weight_outside(point, weight) : weight);
  }
  void add(std::initializer_list<double> point, double weight = 1) {
    add(std::span<const double>(point.begin(), point.size()), weight);
  }
  /// The same on a mesh of one axis.
  void add(double x, double weight = 1) { add(std::span<const double>(&x, 1), weight); }

  /// Adds `weight` to a bin; mesh().outside() is one. Throws std::logic_error if there is no such bin.
  void add_to(std::size_t bin, double weight = 1) {
    expects(bin < cells_.size(), "there is such a bin");
    expects(trial_ > 0, "a trial has begun");
    Cell& cell = cells_[bin];
    if (cell.trial != trial_) {
      if (cell.trial == 0) {
        scored_.insert(bin);
      }
      cell.end_trial();
      cell.trial = trial_;
    }
    cell.of_trial += weight;
  }

  /// For whoever makes the trials: before each; and after a block, adds it up. Throws an Error if a score was not finite.
  void begin_trial() noexcept { ++trial_; }
  void end_block(std::uint64_t first_trial, std::uint64_t n_trials, TallySums& sums);

 private:
  // Of a bin in the block at hand: all zeros if nothing was scored in it.
  struct alignas(32) Cell {
    double of_block;
    double squares;       // of what each trial scored
    double of_trial;      // in neither of them yet
    std::uint64_t trial;  // the last one that scored, from 1 on

    void end_trial() noexcept {
      of_block += of_trial;
      squares += of_trial * of_trial;
      of_trial = 0;
    }
  };

  static double weight_outside(std::span<const double> point, double weight) noexcept;

  Mesh mesh_;
  ZeroedArray<Cell> cells_;  // of the bins, and of what is outside
  BinSet scored_;            // those with a score
  std::uint64_t trial_ = 0;
};

/// All ranks have the same.
struct TallyEstimate {
  Mesh mesh;
  std::vector<double> mean;            ///< of what a trial scores in each bin
  std::vector<double> standard_error;  ///< NaN for fewer than two observations
  Value outside;                       ///< what a trial scores outside of all bins
  std::uint64_t trials = 0;            ///< that were made
  Stop stop = Stop::trials;            ///< why it ended
  std::uint64_t rounds = 0;            ///< after which the rules were looked at
  double seconds = 0;                  ///< of wall time; those of earlier runs of a resumed job too

  /// With its interval(confidence). Throw std::logic_error if there is no such bin.
  [[nodiscard]] Value operator[](std::size_t bin) const;
  /// The same, per volume of the bin.
  [[nodiscard]] Value density(std::size_t bin) const;
};

namespace detail {

// Calls begin_trial and the trial so many times.
using TallyTrials = std::function<void(Tally& tally, random::Stream& stream, std::uint64_t n)>;

[[nodiscard]] TallyEstimate run_tally(const mpi::Communicator& comm, const Options& options, const Mesh& mesh,
                                      const TallyTrials& trials);

}  // namespace detail

/// One trial, which scores what it likes.
template <class F>
concept TallyTrial = std::invocable<const F&, random::Stream&, Tally&>;

/// One trial that gives a number, or an array of them, to be counted.
template <class F>
concept HistogramTrial = requires(const F& trial, random::Stream& stream, Tally& tally) {
  tally.add(trial(stream));
};

/// Collective; all ranks get the same, to the bit, from any number of ranks and threads and after any restart. `trial(stream,
/// tally)` is called by several threads at once; what it scores must depend on the stream alone.
///
/// Options are those of `estimate`. Target errors are those of all bins together: `absolute_error` is that of sqrt(sum of the
/// bins' errors²), and `relative_error` the same as a part of sqrt(sum of means²), so that bins without scores do not hold it
/// up.
///
/// Squares are added up in doubles within a block: where what trials score differs by less than 10^-7 of itself, errors are
/// those of rounding. Throws the same Error on all ranks: what a trial throws; a score that is not finite, or a point that is
/// NaN, which names the block's trials; see also run_rounds.
template <TallyTrial F>
[[nodiscard]] TallyEstimate estimate_tally(const mpi::Communicator& comm, const Options& options,
                                           const Mesh& mesh, const F& trial) {
  return detail::run_tally(comm, options, mesh, [&](Tally& tally, random::Stream& stream, std::uint64_t n) {
    vectorized([&] {
      for (std::uint64_t i = 0; i < n; ++i) {
        tally.begin_trial();
        trial(stream, tally);
      }
    });
  });
}

/// Collective: how often a trial falls into each bin, as a part of all trials. `trial` gives a number, or a std::array of one
/// for each axis of the mesh; `density` is that of the distribution.
template <HistogramTrial F>
[[nodiscard]] TallyEstimate estimate_histogram(const mpi::Communicator& comm, const Options& options,
                                               const Mesh& mesh, const F& trial) {
  return estimate_tally(comm, options, mesh,
                        [&](random::Stream& stream, Tally& tally) { tally.add(trial(stream)); });
}

}  // namespace serried::montecarlo
