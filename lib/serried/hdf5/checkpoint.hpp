/// The state from which a job goes on after it was ended, in a file that is whole and fits the job, or is refused.
///
///     const Checkpoint checkpoint(world, "ising.checkpoint", {.program = "serried-ising", .format = 1,
///                                                             .configuration = "size=64\nbeta=0.44", .seed = 42});
///     if (checkpoint.exists()) {
///       checkpoint.read([&](const Group& state) { spins = read_matrix<Spins>(state, "spins"); });
///     }
///     …
///     checkpoint.write([&](const Group& state) { write_matrix(state, "spins", spins); });
///
/// The file is HDF5, for h5dump and h5py too:
///
///     /            attribute serried_checkpoint: 1, the version of this table
///     /state       what the program wrote
///     /provenance  attributes program, format, seed (if there is one), configuration_hash (XXH3-64, for a quick look),
///                  version, host, started, n_ranks; texts configuration and command_line
///
/// followed by one line of text, which HDF5 ignores: "serried-checkpoint xxh3-64 HASH of SIZE bytes", the checksum of
/// every byte before it. It is verified before HDF5 opens the file, for HDF5 can crash on, or silently accept, damage.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <serried/base/provenance.hpp>
#include <serried/hdf5/group.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::hdf5 {

/// What must be the same for a job to go on from a checkpoint. The number of ranks is not among it.
struct CheckpointKey {
  std::string program;  ///< whose state it is: "serried-ising"
  /// The program's own number for what it stores in `state`: raised when an older checkpoint cannot be read any more.
  std::uint64_t format = 1;
  /// All that decides the results, as lines "name=value": the first line that differs is part of the message.
  std::string configuration = {};
  std::optional<std::uint64_t> seed = std::nullopt;
};

/// Move-only.
class Checkpoint {
 public:
  /// Collective, with the same arguments on all ranks. Touches no file.
  Checkpoint(const mpi::Communicator& comm, std::string path, CheckpointKey key);

  /// Collective: true if there is something at the path, as rank 0 sees it.
  [[nodiscard]] bool exists() const;

  /// Collective. `put` writes into an empty group of a parallel file beside the path, which is then closed, given its
  /// checksum, synced, verified (read again by the last rank) and renamed. Until then an earlier checkpoint stays.
  ///
  /// Throws serried::Error on all ranks, and keeps an earlier checkpoint: if `put` throws, at the same place on all
  /// ranks or after its last collective call on one (see mpi::together for local work that can fail); if the file
  /// cannot be written; if the last rank does not find in it what rank 0 did.
  void write(const std::function<void(const Group& state)>& put) const;

  /// Collective. `take` reads from the group that `put` wrote. Returns who wrote the checkpoint.
  ///
  /// Throws serried::Error on all ranks: before `take` if the file is missing, damaged, no checkpoint, or not that of
  /// this key, and then the message says what it was written with and what was expected; if `take` throws, at the same
  /// place on all ranks or after its last collective call on one.
  /// Rank 0 reads the whole file once to verify it.
  Provenance read(const std::function<void(const Group& state)>& take) const;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void describe(const Group& root) const;
  void check_fits(const Group& root) const;

  mpi::Communicator comm_;
  std::string path_;
  CheckpointKey key_;
};

}  // namespace serried::hdf5
