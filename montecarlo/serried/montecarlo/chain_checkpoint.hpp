/// Chains in a file, from which they go on. Part of chain_set.hpp; the format is in montecarlo/README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <serried/hdf5/checkpoint.hpp>
#include <serried/montecarlo/chain_exchange.hpp>
#include <serried/montecarlo/chain_parts.hpp>
#include <serried/montecarlo/chain_set.hpp>
#include <serried/montecarlo/series.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// How far the chains of this rank are, but for their configurations.
struct ChainProgress {
  Bins bins;
  std::uint64_t done = 0;      ///< samples of each chain, those of the warm-up among them
  std::vector<Series> series;  ///< of this rank's chains
  double seconds = 0;          ///< of all runs, the same on all ranks
};

/// That of `options`, if they want one.
class ChainCheckpoint {
 public:
  /// Collective. All of it must outlive it.
  ChainCheckpoint(const mpi::Communicator& comm, const ChainOptions& options, const ChainPlan& plan,
                  const ChainParts& parts, ChainSet& chains, ChainExchange& exchange);

  /// Collective. If there is a checkpoint that is to be gone on with, takes all from it, else makes the folder and saves what there
  /// is. See goes_on.hpp and hdf5::Checkpoint for what it throws; a usage error, too, if no undisturbed run would have so many samples.
  void begin(ChainProgress& progress);
  /// Collective. Does nothing if none is wanted.
  void save(const ChainProgress& progress) const;

 private:
  void read(const hdf5::Group& state, ChainProgress& progress);

  const mpi::Communicator& comm_;
  const ChainOptions& options_;
  const ChainPlan& plan_;
  const ChainParts& parts_;
  ChainSet& chains_;
  ChainExchange& exchange_;
  std::optional<hdf5::Checkpoint> file_;
};

}  // namespace serried::montecarlo
