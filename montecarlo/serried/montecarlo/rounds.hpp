/// Rounds of blocks, until a rule says that it is enough: what estimate.hpp is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <serried/job/work.hpp>
#include <serried/montecarlo/block_moments.hpp>
#include <serried/montecarlo/means.hpp>
#include <serried/montecarlo/merged_moments.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// One block: its trials are [first, first + n).
struct Block {
  std::uint64_t index = 0;
  std::uint64_t first = 0;
  std::uint64_t n = 0;
};
/// Makes a block's trials; `moments`, empty at first, get what they gave.
using BlockBody = std::function<void(const Block& block, job::Worker& worker, BlockMoments& moments)>;

/// What the trials came to.
struct Outcome {
  Means means;
  std::uint64_t trials = 0;
  std::uint64_t rounds = 0;
  double seconds = 0;  ///< those of earlier runs too, but for rounds that they did not finish
  Stop stop = Stop::trials;
};

/// What is estimated.
struct Question {
  std::size_t n_observables = 1;
  std::string kind =
      "mean";  ///< part of the configuration: sums of one estimator are not gone on with by another
  /// The means that the rules look at and that the outcome has.
  std::function<Means(const MergedMoments&)> means_of;
};

/// Collective. The same outcome, but for `seconds` and what a wall time decides, from any number of ranks and threads, and after
/// any restart. Throws the same Error on all ranks: where `body` throws, where a trial gives what is no finite number, where the
/// checkpoint cannot be read or written; a usage error if no rule would end it.
///
/// With a checkpoint: options.job.checkpoint is a folder with NAME.h5, an hdf5::Checkpoint, which holds what whole rounds came
/// to, and NAME-ROUND, the ledger of the round at hand.
[[nodiscard]] Outcome run_rounds(const mpi::Communicator& comm, const Options& options,
                                 const Question& question, const BlockBody& body);

}  // namespace serried::montecarlo
