/// What whole rounds came to, in an HDF5 file that h5py can read (README.md says what is in it). Part of rounds.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <serried/hdf5/checkpoint.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/shown_numbers.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// Besides the sums.
struct SavedRounds {
  std::uint64_t blocks = 0;
  std::uint64_t rounds = 0;
  std::optional<Stop> stop;
  std::uint64_t end_of_next_round = 0;  ///< in blocks: a time may have decided it
  double seconds = 0;                   ///< up to the end of the last round
};

class RoundsFile {
 public:
  /// Collective, with the same arguments on all ranks. Touches no file.
  RoundsFile(const mpi::Communicator& comm, const std::string& path, hdf5::CheckpointKey key)
      : checkpoint_(comm, path, std::move(key)) {}

  /// Collective, all of them, and they throw the same Error on all ranks.
  [[nodiscard]] bool exists() const { return checkpoint_.exists(); }
  /// `sums` are bytes of whole words, of which rank 0's are written, as all else.
  void write(const SavedRounds& saved, std::span<const std::byte> sums, const ShownNumbers& shown) const;
  /// `take` gets the sums.
  [[nodiscard]] SavedRounds read(const std::function<void(std::span<const std::byte> sums)>& take) const;

  [[nodiscard]] const std::string& path() const noexcept { return checkpoint_.path(); }

 private:
  hdf5::Checkpoint checkpoint_;
};

}  // namespace serried::montecarlo
