/// The collectives for objects of any kind (serialize.hpp) in a form that returns at once.
///
///     ObjectRequest request = async_allreduce_object(world, counts, merge);
///     …                                                     // counts must not be touched
///     request.wait();
///
/// Objects, results and the communicator must last until the request is complete. All ranks start their
/// operations on one communicator in the same order; they may wait for them in any. At most 15,000 may be
/// outstanding on one communicator: an operation must be complete before the rank starts the 15,000th after
/// it. A rank that gets an object of another operation throws an Error, also if a rank gave an operation up
/// and 15,000 more have passed.
///
/// So that nobody waits for a rank that is elsewhere and should pass something on, every object travels
/// directly to who needs it: where all need those of all, that is a message for each pair of ranks.
/// Reductions give the same as the blocking forms, to the bit; they fold objects as these come, in rank
/// order, and hold few of them at a time. What an operation on objects throws comes from the request, when
/// the objects of all ranks have come.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/object_exchange.hpp>
#include <serried/mpi/object_request.hpp>
#include <serried/mpi/serialize.hpp>

namespace serried::mpi {

/// As broadcast_object, complete when the request is.
template <Serializable T>
[[nodiscard]] ObjectRequest async_broadcast_object(LastingCommunicator comm, T& object, int root = 0) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T>("async_broadcast_object").from(root));
  detail::expects_root(comm, root);
  if (comm->rank() != root) {
    return exchange.take({root}, detail::OneObject<T>{object});
  }
  detail::Ranks others = detail::all_ranks(comm);
  std::erase(others, root);
  return exchange.send(object, others).take({}, detail::OneObject<T>{object});
}

/// As gather_objects; what that returns is in `result` when the request is complete. `object` is read at
/// once.
template <Serializable T>
[[nodiscard]] ObjectRequest async_gather_objects(LastingCommunicator comm, const T& object,
                                                 std::vector<T>& result, int root = 0) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T>("async_gather_objects").to(root));
  detail::expects_root(comm, root);
  return exchange.send(object, {root})
      .take(comm->rank() == root ? detail::all_ranks(comm) : detail::Ranks(), detail::AllObjects<T>{result});
}

/// As allgather_objects; what that returns is in `result` when the request is complete. `object` is read at
/// once.
template <Serializable T>
[[nodiscard]] ObjectRequest async_allgather_objects(LastingCommunicator comm, const T& object,
                                                    std::vector<T>& result) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T>("async_allgather_objects"));
  return exchange.send(object, detail::all_ranks(comm))
      .take(detail::all_ranks(comm), detail::AllObjects<T>{result});
}

/// As scatter_objects; what that returns is in `object` when the request is complete. `objects` are read at
/// once.
template <Serializable T>
[[nodiscard]] ObjectRequest async_scatter_objects(LastingCommunicator comm, const std::vector<T>& objects,
                                                  T& object, int root = 0) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T>("async_scatter_objects").from(root));
  detail::expects_root(comm, root);
  if (comm->rank() == root) {
    expects(objects.size() == static_cast<std::size_t>(comm->size()),
            "the root has one object for each rank");
    for (const int rank : detail::all_ranks(comm)) {
      exchange.send(objects[static_cast<std::size_t>(rank)], {rank});
    }
  }
  return exchange.take({root}, detail::OneObject<T>{object});
}

/// As alltoall_objects; what that returns is in `result` when the request is complete. `objects` are read at
/// once.
template <Serializable T>
[[nodiscard]] ObjectRequest async_alltoall_objects(LastingCommunicator comm, const std::vector<T>& objects,
                                                   std::vector<T>& result) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T>("async_alltoall_objects"));
  expects(objects.size() == static_cast<std::size_t>(comm->size()), "there is one object for each rank");
  for (const int rank : detail::all_ranks(comm)) {
    exchange.send(objects[static_cast<std::size_t>(rank)], {rank});
  }
  return exchange.take(detail::all_ranks(comm), detail::AllObjects<T>{result});
}

/// As reduce_object, complete when the request is; `object` is left as it is on other ranks than the root.
template <Serializable T, ObjectReduction<T> Op>
[[nodiscard]] ObjectRequest async_reduce_object(LastingCommunicator comm, T& object, Op op, int root = 0) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T, Op>("async_reduce_object").to(root));
  detail::expects_root(comm, root);
  return exchange.send(object, {root})
      .take(comm->rank() == root ? detail::all_ranks(comm) : detail::Ranks(),
            detail::TreeFold<T, Op>{object, std::move(op)});
}

/// As allreduce_object, complete when the request is. Each rank folds the objects of all.
template <Serializable T, ObjectReduction<T> Op>
[[nodiscard]] ObjectRequest async_allreduce_object(LastingCommunicator comm, T& object, Op op) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T, Op>("async_allreduce_object"));
  return exchange.send(object, detail::all_ranks(comm))
      .take(detail::all_ranks(comm), detail::TreeFold<T, Op>{object, std::move(op)});
}

/// As scan_object, complete when the request is.
template <Serializable T, ObjectReduction<T> Op>
[[nodiscard]] ObjectRequest async_scan_object(LastingCommunicator comm, T& object, Op op) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T, Op>("async_scan_object"));
  return exchange.send(object, detail::ranks_between(comm->rank(), comm->size()))
      .take(detail::ranks_between(0, comm->rank() + 1), detail::LeftFold<T, Op>{object, std::move(op)});
}

/// As exscan_object, complete when the request is.
template <Serializable T, ObjectReduction<T> Op>
[[nodiscard]] ObjectRequest async_exscan_object(LastingCommunicator comm, T& object, Op op) {
  detail::ObjectExchange<T> exchange(comm);
  check_collective(comm, call_of<T, Op>("async_exscan_object"));
  return exchange.send(object, detail::ranks_between(comm->rank() + 1, comm->size()))
      .take(detail::ranks_between(0, comm->rank()), detail::LeftFold<T, Op>{object, std::move(op)});
}

}  // namespace serried::mpi
