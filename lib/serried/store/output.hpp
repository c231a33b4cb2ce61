/// Where a result goes: to a file, which appears when it is complete, or to a stream.
///
///     store::Output output = store::open_output(world, "counts.tsv");   // before the work: an impossible path is found now
///     …
///     counts.write_tsv(output);
#pragma once

#include <string>
#include <variant>

#include <serried/mpi/communicator.hpp>
#include <serried/store/ordered_output.hpp>
#include <serried/store/output_file.hpp>

namespace serried::store {

using Output = std::variant<OutputFile, OrderedOutput>;

/// Collective: standard output for "-", an OrderedOutput for a device or a pipe, else an OutputFile. Throws the same
/// serried::Error on all ranks if it cannot be written.
[[nodiscard]] Output open_output(const mpi::Communicator& comm, const std::string& path);

}  // namespace serried::store
