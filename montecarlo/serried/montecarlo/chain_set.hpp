/// Chains that are stepped, exchanged, saved and gone on with: what chains.hpp is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <serried/job/work.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/series.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

/// How many chains there are and how long they are. The same on all ranks.
struct ChainOptions {
  std::uint64_t chains =
      8;  ///< that know nothing of each other; each on one thread: as many as there are cores, or more, up to 2^20
  std::uint64_t warm_up = 1'000;  ///< samples of each chain that are not measured, at first
  std::uint64_t samples =
      10'000;  ///< of each chain, after that; rounded up to whole bins, at most 0.4 % more from 65,536 on
  std::uint64_t steps_per_sample = 1;  ///< of the chain

  /// Targets of standard errors, the second as a part of the mean; one of the two is enough. 0: none. With a target, `samples` is
  /// how many there are at first. They are doubled until the means of `target_observables` (none: all) meet it on all rungs, by
  /// errors of 32 bins or more that are long enough, or there would be more than `max_samples` of each chain (0: no limit); so they
  /// are as many on any number of ranks. What has never varied meets it after 2^24 samples of all chains. A checkpoint can be gone on
  /// with to a smaller error, or with a larger maximum.
  double absolute_error = 0;
  double relative_error = 0;
  std::vector<std::size_t> target_observables{};
  std::uint64_t max_samples = 0;
  [[nodiscard]] bool has_target() const noexcept { return absolute_error != 0 || relative_error != 0; }

  /// What draws from one stream, unless an exchange comes sooner: signals are seen and checkpoints written between two such
  /// stretches. Fewer where a sample takes more than a millisecond.
  std::uint64_t samples_per_stretch = 256;

  std::uint64_t seed = 0;
  /// Purpose of the streams and file of the checkpoint: another one for each estimate of a program.
  std::string name = "chains";
  /// Everything else that a chain depends on, as lines "name=value": a checkpoint of another configuration is refused.
  std::string configuration{};
  job::Options job{};  ///< threads, checkpoint, progress, …: none of it shows in the result
};

/// What is the same of all chains.
struct ChainPlan {
  std::size_t n_observables = 1;
  std::size_t n_rungs = 1;           ///< of the ladder, of which there are options.chains
  std::uint64_t exchange_every = 0;  ///< samples; 0: never
};

/// What a ladder came to.
struct LadderEstimate {
  std::vector<ChainEstimate> rungs;
  /// Of the exchanges between rung r and r + 1 that were tried, the part that took place, for each r but the last; NaN where none
  /// was tried.
  std::vector<double> acceptance;
  Stop stop = Stop::trials;  ///< why it ended; Stop::trials: by the number of samples
  double seconds =
      0;  ///< of wall time; those of earlier runs of a resumed job too, up to their last checkpoints

  /// Of all chains of all rungs.
  [[nodiscard]] std::uint64_t samples() const {
    return std::accumulate(rungs.begin(), rungs.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const ChainEstimate& rung) { return sum + rung.samples; });
  }
};

/// A piece of a chain, of whose samples the first are not measured.
struct Stretch {
  std::uint64_t n_samples = 0;
  std::uint64_t n_unmeasured = 0;
  std::uint64_t steps_per_sample = 1;
};

/// This rank's chains, by numbers of its own.
class ChainSet {
 public:
  ChainSet() = default;
  ChainSet(const ChainSet&) = delete;
  ChainSet& operator=(const ChainSet&) = delete;
  virtual ~ChainSet() = default;

  virtual void resize(std::size_t n) = 0;
  virtual void make(std::size_t i, std::size_t rung, random::Stream& start) = 0;
  virtual void go(std::size_t i, random::Stream& stream, const Stretch& stretch, Series& series) = 0;
  [[nodiscard]] virtual double log_weight(std::size_t i, std::size_t rung) const = 0;
  virtual void save(std::size_t i, std::vector<std::byte>& bytes) const = 0;
  virtual void load(std::size_t i, std::span<const std::byte> bytes) = 0;

  [[nodiscard]] std::vector<std::byte> configuration(std::size_t i) const {
    std::vector<std::byte> bytes;
    save(i, bytes);
    return bytes;
  }
};

/// Collective. Chains stay where they are, in contiguous parts of equal numbers on all ranks and threads, for what they do takes
/// equally long, and exchanges are too frequent for dealing them anew. See estimate_by_chains for what it throws.
///
/// Every rank ends with all series: 2 KiB for each chain and observable, and as much again for those of one rung.
[[nodiscard]] LadderEstimate run_chains(const mpi::Communicator& comm, const ChainOptions& options,
                                        const ChainPlan& plan, ChainSet& chains);

}  // namespace serried::montecarlo
