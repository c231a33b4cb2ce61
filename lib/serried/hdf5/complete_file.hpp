/// An HDF5 file that all ranks write together and that appears under its name only when it is complete.
///
///     write_complete_file(world, "field.h5", [&](const File& file) { … });
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <serried/hdf5/file.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::hdf5 {

/// Collective, with any number of ranks, one without mpirun too. `put` writes into an empty parallel file beside the path,
/// which is then closed, synced and renamed. Until then an earlier file of that name stays.
///
/// Throws serried::Error on all ranks, and keeps an earlier file: if `put` throws, at the same place on all ranks or after its
/// last collective call on one (see mpi::together for local work that can fail); if the file cannot be written.
///
/// `finish`, if there is one, is collective, too: it may do with the closed file beside the path what it wants, and returns
/// its size. `n_bytes_expected`: what `put` will write, about; a device that has no room for it is found before.
void write_complete_file(const mpi::Communicator& comm, const std::string& path,
                         const std::function<void(const File& file)>& put,
                         const std::function<std::uint64_t(const std::string& partial_path)>& finish = {},
                         std::uint64_t n_bytes_expected = 0);

}  // namespace serried::hdf5
