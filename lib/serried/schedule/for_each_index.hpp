/// One scheduler for everything: the indices [0, n) dealt to all threads of all ranks, each exactly once.
///
///     const Summary summary = for_each_index(world, n_tiles, {}, [&](std::uint64_t tile, int thread) {
///       scratch[thread].render(tile);
///     });
///
/// Workers are the threads of all ranks. Those of one node deal among themselves through shared memory, at some
/// nanoseconds an index; nodes balance by messages between one rank of each, which it reads between two bodies.
/// With `options.cost`, indices are dealt longest first, which is what keeps one long index from being the last.
///
/// What an index computes must not depend on who computes it, nor when: then no policy, no number of ranks or threads
/// and no restart can be seen in the result.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>

#include <serried/base/parallel.hpp>
#include <serried/base/partition.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/schedule/loop.hpp>
#include <serried/schedule/options.hpp>

namespace serried::schedule {
/// What a long body may ask for, if it takes a `Caller&` in place of the thread's number.
class Caller {
 public:
  explicit Caller(detail::LoopWorker& worker) : worker_(worker) {}

  [[nodiscard]] int thread() const noexcept { return worker_.thread(); }
  /// True if a body has failed on some rank: what this one still does is thrown away. On the MPI thread it also serves
  /// the other nodes and shows progress, about every millisecond.
  [[nodiscard]] bool has_failed() { return worker_.has_failed(); }

 private:
  detail::LoopWorker& worker_;
};

namespace detail {

// What one thread does in a loop.
template <class Body>
void work(Loop& loop, int thread, Body& body) {
  LoopWorker worker(loop, thread);
  [[maybe_unused]] Caller caller(worker);
  while (!worker.must_leave()) {
    const std::optional<std::uint32_t> position = worker.next();
    if (!position) {
      worker.rest();
      continue;
    }
    const Range items = loop.order().items_of(*position);
    std::uint64_t item = items.begin;
    do {
      const std::uint64_t index = worker.index_of(item);
      try {
        if constexpr (std::is_invocable_v<Body&, std::uint64_t, Caller&>) {
          body(index, caller);
        } else {
          body(index, thread);
        }
      } catch (...) {
        loop.fail(index, std::current_exception());
        break;
      }
      worker.count_one();
    } while (++item != items.end && !worker.must_leave());
  }
  worker.leave();
}

// As for_each_index. `ranks_a_node` > 0: so many ranks of a node pass for a node, for tests on one machine.
template <class Body>
Summary for_each_index_on_nodes(const mpi::Communicator& comm, std::uint64_t n, const Options& options,
                                Body& body, int ranks_a_node) {
  Loop loop(comm, n, options, ranks_a_node);
  on_threads(loop.n_threads(), [&](int thread) { work(loop, thread, body); });
  return loop.finish();
}

}  // namespace detail

/// Collective. Calls `body(index, thread)`, or `body(index, caller)` with a Caller&, exactly once for each index of [0, n) that is not in `options.done`, on some
/// rank and some thread of it, 0 <= thread < Summary::n_threads; the MPI thread is thread 0. The body must not
/// communicate. n <= 2^48.
///
/// If should_stop becomes true on any rank, each thread finishes the index that it is at, and the rest is not done. If a
/// body throws, the same, and then every rank throws the same serried::Error, "index I: MESSAGE", with the rank and the
/// other facts of the error: that of the lowest index among those that failed. (An error that carries its rank already, by
/// mpi::found_here, stays as it is.) What should_stop, on_progress or
/// options.cost throw is thrown on every rank too. Throws on all ranks if they passed different n, policies, chunks,
/// costs or sets of indices done.
///
/// Not at once, but soon: ranks notice a stop, a failure or the end in at most a body and some milliseconds. While nodes
/// balance, a body on the leader of a node (its lowest rank, thread 0) delays the answer to others by up to its length.
template <class Body>
Summary for_each_index(const mpi::Communicator& comm, std::uint64_t n, const Options& options, Body&& body) {
  return detail::for_each_index_on_nodes(comm, n, options, body, 0);
}

}  // namespace serried::schedule
