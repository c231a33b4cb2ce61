/// The collectives for objects of any kind (serialize.hpp) in a form that returns at once.
///
///     ObjectRequest request = async_allreduce_object(world, counts, merge);
///     …                                                     // counts must not be touched
///     request.wait();
///
/// Objects, results and the communicator must last until the request is complete. All ranks start their operations on one
/// communicator in the same order; they may wait for them in any. So that nobody waits for a rank that is elsewhere and
/// should pass something on, every object travels directly to who needs it: where all need those of all, that is a message
/// for each pair of ranks. Reductions give the same as the blocking forms, to the bit.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/object_request.hpp>
#include <serried/mpi/serialize.hpp>

namespace serried::mpi {
namespace detail {

using Ranks = std::vector<int>;

[[nodiscard]] inline Ranks ranks_between(int begin, int end) {
  Ranks ranks;
  for (int rank = begin; rank < end; ++rank) {
    ranks.push_back(rank);
  }
  return ranks;
}
[[nodiscard]] inline Ranks all_ranks(const Communicator& comm) { return ranks_between(0, comm.size()); }

// One operation of a rank: what it sends, and then whose objects it takes.
template <Serializable T>
class ObjectExchange {
 public:
  explicit ObjectExchange(const Communicator& comm) : messages_(std::make_shared<ObjectMessages>(comm)) {}

  ObjectExchange& send(const T& object, const Ranks& destinations) {
    auto bytes = std::make_shared<std::vector<char>>();
    if (!destinations.empty()) {
      serialize(object, *bytes);
    }
    for (const int destination : destinations) {
      messages_->send(bytes, destination);
    }
    return *this;
  }

  // done(objects) gets them in the order of `sources`.
  template <class Done>
  [[nodiscard]] ObjectRequest take(Ranks sources, Done done) {
    return ObjectRequest([messages = messages_, sources = std::move(sources), done = std::move(done),
                          objects = std::vector<T>()]() mutable {
      while (objects.size() < sources.size()) {
        const auto bytes = messages->receive(sources[objects.size()]);
        if (!bytes) {
          return false;
        }
        objects.push_back(deserialize<T>(**bytes));
      }
      done(std::move(objects));
      return true;
    });
  }

 private:
  std::shared_ptr<ObjectMessages> messages_;
};

// What a blocking form makes of them, in its order: along a binomial tree.
template <class T, class Op>
[[nodiscard]] T fold_as_a_tree(std::vector<T> objects, Op& op) {
  for (std::size_t distance = 1; distance < objects.size(); distance *= 2) {
    for (std::size_t i = 0; i + distance < objects.size(); i += 2 * distance) {
      objects[i] = static_cast<T>(op(std::as_const(objects[i]), std::as_const(objects[i + distance])));
    }
  }
  return std::move(objects.front());
}
template <class T, class Op>
[[nodiscard]] T fold_from_the_left(std::vector<T> objects, Op& op) {
  T folded = std::move(objects.front());
  for (std::size_t i = 1; i < objects.size(); ++i) {
    folded = static_cast<T>(op(std::as_const(folded), std::as_const(objects[i])));
  }
  return folded;
}

}  // namespace detail

/// As broadcast_object, complete when the request is.
template <Serializable T>
[[nodiscard]] ObjectRequest async_broadcast_object(const Communicator& comm, T& object, int root = 0) {
  check_collective(comm, call_of<T>("async_broadcast_object").from(root));
  detail::ObjectExchange<T> exchange(comm);
  if (comm.rank() != root) {
    return exchange.take({root},
                         [&object](std::vector<T> received) { object = std::move(received.front()); });
  }
  detail::Ranks others = detail::all_ranks(comm);
  std::erase(others, root);
  return exchange.send(object, others).take({}, [](const std::vector<T>&) {});
}

/// As gather_objects; what that returns is in `result` when the request is complete. `object` is read at once.
template <Serializable T>
[[nodiscard]] ObjectRequest async_gather_objects(const Communicator& comm, const T& object,
                                                 std::vector<T>& result, int root = 0) {
  check_collective(comm, call_of<T>("async_gather_objects").to(root));
  return detail::ObjectExchange<T>(comm)
      .send(object, {root})
      .take(comm.rank() == root ? detail::all_ranks(comm) : detail::Ranks(),
            [&result](std::vector<T> received) { result = std::move(received); });
}

/// As allgather_objects; what that returns is in `result` when the request is complete. `object` is read at once.
template <Serializable T>
[[nodiscard]] ObjectRequest async_allgather_objects(const Communicator& comm, const T& object,
                                                    std::vector<T>& result) {
  check_collective(comm, call_of<T>("async_allgather_objects"));
  return detail::ObjectExchange<T>(comm)
      .send(object, detail::all_ranks(comm))
      .take(detail::all_ranks(comm), [&result](std::vector<T> received) { result = std::move(received); });
}

/// As scatter_objects; what that returns is in `object` when the request is complete. `objects` are read at once.
template <Serializable T>
[[nodiscard]] ObjectRequest async_scatter_objects(const Communicator& comm, const std::vector<T>& objects,
                                                  T& object, int root = 0) {
  check_collective(comm, call_of<T>("async_scatter_objects").from(root));
  detail::ObjectExchange<T> exchange(comm);
  if (comm.rank() == root) {
    expects(objects.size() == static_cast<std::size_t>(comm.size()), "the root has one object for each rank");
    for (const int rank : detail::all_ranks(comm)) {
      exchange.send(objects[static_cast<std::size_t>(rank)], {rank});
    }
  }
  return exchange.take({root}, [&object](std::vector<T> received) { object = std::move(received.front()); });
}

/// As alltoall_objects; what that returns is in `result` when the request is complete. `objects` are read at once.
template <Serializable T>
[[nodiscard]] ObjectRequest async_alltoall_objects(const Communicator& comm, const std::vector<T>& objects,
                                                   std::vector<T>& result) {
  check_collective(comm, call_of<T>("async_alltoall_objects"));
  expects(objects.size() == static_cast<std::size_t>(comm.size()), "there is one object for each rank");
  detail::ObjectExchange<T> exchange(comm);
  for (const int rank : detail::all_ranks(comm)) {
    exchange.send(objects[static_cast<std::size_t>(rank)], {rank});
  }
  return exchange.take(detail::all_ranks(comm),
                       [&result](std::vector<T> received) { result = std::move(received); });
}

/// As reduce_object, complete when the request is; `object` is left as it is on other ranks than the root.
template <Serializable T, ObjectReduction<T> Op>
[[nodiscard]] ObjectRequest async_reduce_object(const Communicator& comm, T& object, Op op, int root = 0) {
  check_collective(comm, call_of<T, Op>("async_reduce_object").to(root));
  return detail::ObjectExchange<T>(comm)
      .send(object, {root})
      .take(comm.rank() == root ? detail::all_ranks(comm) : detail::Ranks(),
            [&object, op = std::move(op)](std::vector<T> received) mutable {
              if (!received.empty()) {
                object = detail::fold_as_a_tree(std::move(received), op);
              }
            });
}

/// As allreduce_object, complete when the request is. Each rank folds the objects of all.
template <Serializable T, ObjectReduction<T> Op>
[[nodiscard]] ObjectRequest async_allreduce_object(const Communicator& comm, T& object, Op op) {
  check_collective(comm, call_of<T, Op>("async_allreduce_object"));
  return detail::ObjectExchange<T>(comm)
      .send(object, detail::all_ranks(comm))
      .take(detail::all_ranks(comm), [&object, op = std::move(op)](std::vector<T> received) mutable {
        object = detail::fold_as_a_tree(std::move(received), op);
      });
}

/// As scan_object, complete when the request is.
template <Serializable T, ObjectReduction<T> Op>
[[nodiscard]] ObjectRequest async_scan_object(const Communicator& comm, T& object, Op op) {
  check_collective(comm, call_of<T, Op>("async_scan_object"));
  return detail::ObjectExchange<T>(comm)
      .send(object, detail::ranks_between(comm.rank(), comm.size()))
      .take(detail::ranks_between(0, comm.rank() + 1),
            [&object, op = std::move(op)](std::vector<T> received) mutable {
              object = detail::fold_from_the_left(std::move(received), op);
            });
}

/// As exscan_object, complete when the request is.
template <Serializable T, ObjectReduction<T> Op>
[[nodiscard]] ObjectRequest async_exscan_object(const Communicator& comm, T& object, Op op) {
  check_collective(comm, call_of<T, Op>("async_exscan_object"));
  return detail::ObjectExchange<T>(comm)
      .send(object, detail::ranks_between(comm.rank() + 1, comm.size()))
      .take(detail::ranks_between(0, comm.rank()),
            [&object, op = std::move(op)](std::vector<T> received) mutable {
              object = received.empty() ? T{} : detail::fold_from_the_left(std::move(received), op);
            });
}

}  // namespace serried::mpi
