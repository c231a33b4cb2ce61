/// One message of bytes that lie in several places: MPI gathers them from there and puts them there, without a buffer of
/// ours.
///
///     Scattered letters;
///     for (const auto& text : texts) letters.add(text);
///     letters.start_send(world, 1, requests);            // Request(std::move(requests), …).wait()
#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include <serried/mpi/communicator.hpp>

namespace serried::mpi::detail {

/// Holds no bytes: those added must stay where they are until the message is complete. Not more than
/// max_units_per_message bytes in all.
class Scattered {
 public:
  void clear() noexcept {
    lengths_.clear();
    addresses_.clear();
  }
  /// Nothing is added if there are no bytes.
  void add(std::span<const char> bytes);
  [[nodiscard]] bool empty() const noexcept { return lengths_.empty(); }

  // Local; the request is appended to `requests`, none if there are no bytes: the other side must know that. Throw
  // serried::Error if MPI fails.
  void start_send(const Communicator& comm, int destination, std::vector<MPI_Request>& requests) const;
  /// The bytes must be writable, whatever `add` takes them for.
  void start_receive(const Communicator& comm, int source, std::vector<MPI_Request>& requests) const;

 private:
  std::vector<int> lengths_;
  std::vector<MPI_Aint> addresses_;
};

}  // namespace serried::mpi::detail
