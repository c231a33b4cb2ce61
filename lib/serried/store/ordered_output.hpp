/// Standard output, a pipe or a device, written by all ranks in the order of their ranks.
///
///     OrderedOutput output(world, STDOUT_FILENO, "standard output");
///     output.write([&](const auto& put) { put(bytes); put(more_bytes); });
#pragma once

#include <functional>
#include <span>
#include <string>

#include <serried/base/file_descriptor.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::store {

/// Rank 0 writes; the others send it their bytes piece by piece when their turn comes, so no rank holds more
/// than a piece of another's.
class OrderedOutput {
 public:
  /// Collective: an open descriptor of rank 0, not closed by this object. `name` is for messages.
  OrderedOutput(const mpi::Communicator& comm, int descriptor, const std::string& name);
  /// Collective: opens a device or a pipe. Throws on all ranks if that fails.
  OrderedOutput(const mpi::Communicator& comm, const std::string& path);

  using Put = std::function<void(std::span<const char> piece)>;

  /// Collective: every rank's `produce(put)` calls `put` with its bytes, in order, without communicating.
  /// Throws on all ranks, at the end, if a rank's `produce` throws or the output cannot be written.
  void write(const std::function<void(const Put&)>& produce);

 private:
  mpi::Communicator comm_;
  FileDescriptor file_;
};

}  // namespace serried::store
