/// A group of ranks that can talk to each other, and the ways to make smaller groups of it.
///
///     const Communicator& world = mpi.world();
///     const Communicator node = world.node();           // the ranks that share this rank's memory
///     if (const auto leaders = world.node_leaders()) …  // one rank a node
///
/// Collective operations are free functions, one header each: `broadcast(world, values)`.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <optional>

namespace serried::mpi {
namespace detail {
class ObjectMessages;
}

/// Move-only owner of an MPI communicator whose errors are returned, not fatal. Freed when destroyed, which
/// is local in every MPI that we know; after MPI_Finalize it frees nothing.
class Communicator {
 public:
  /// Collective over `comm`: a private copy of it, so that our messages never meet anyone else's.
  [[nodiscard]] static Communicator duplicate_of(MPI_Comm comm);

  Communicator(Communicator&& other) noexcept;
  Communicator& operator=(Communicator&& other) noexcept;
  ~Communicator();

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  [[nodiscard]] bool is_root() const noexcept { return rank_ == 0; }
  /// The same number on all of its ranks, and that of no other communicator of this job; never 0.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  /// For calls into other MPI code.
  [[nodiscard]] MPI_Comm get() const noexcept { return comm_; }
  /// For the messages of which our own collectives are made: no receive of the user's can take them.
  [[nodiscard]] const Communicator& hidden() const noexcept { return *hidden_; }

  /// Collective: the same ranks, separate messages.
  [[nodiscard]] Communicator dup() const;
  /// Collective: the ranks that passed the same `color` (>= 0), ordered by `key`, then by rank here.
  [[nodiscard]] Communicator split(int color, int key = 0) const;
  /// Collective: the ranks on this rank's node (same host name), in the order of their ranks here.
  [[nodiscard]] Communicator node() const;
  /// Collective: the lowest rank of each node, in the order of their ranks here; nothing on the other ranks.
  [[nodiscard]] std::optional<Communicator> node_leaders() const;

 private:
  friend class detail::ObjectMessages;

  // Tells apart the operations that all ranks begin in the same order: how many have been begun before.
  [[nodiscard]] std::uint64_t next_operation() const noexcept { return n_operations_++; }

  // Collective. An id of 0: makes a new one, and the hidden communicator, which has the same id and none of
  // its own.
  explicit Communicator(MPI_Comm owned, std::uint64_t id = 0);

  MPI_Comm comm_ = MPI_COMM_NULL;
  Communicator* hidden_ = nullptr;  // owned. <memory> would double what a user compiles
  std::uint64_t id_ = 0;
  mutable std::uint64_t n_operations_ = 0;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace serried::mpi
