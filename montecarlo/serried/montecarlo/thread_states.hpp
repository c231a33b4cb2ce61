/// What each thread keeps from block to block: a batch or whatever it works with, and its random streams.
///
///     ThreadStates<Batch> threads(world, options);
///     // in the body of run_rounds
///     auto& [batch, streams] = threads.of(worker, [] { return Batch(1); });
///     for_each_batch(block, worker, streams.of(block.index), batch, [](Batch& batch) { … });
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <serried/base/error.hpp>
#include <serried/job/work.hpp>
#include <serried/montecarlo/batch.hpp>
#include <serried/montecarlo/options.hpp>
#include <serried/montecarlo/rounds.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/random/seeding.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

template <class T>
class ThreadStates {
 public:
  struct OfThread {
    T state;
    random::SeededStreams streams;
  };

  /// Collective. Throws a usage error for a checkpoint with streams of ranks.
  ThreadStates(const mpi::Communicator& comm, const Options& options)
      : rank_(comm.rank()),
        options_(options),
        threads_(static_cast<std::size_t>(job::n_threads_of(comm, options.job))) {
    if (options.seeding == random::Seeding::per_rank && !options.job.checkpoint.empty()) {
      throw usage_error("streams of ranks cannot be gone on with")
          .hint("with a checkpoint, seeding must be per_index");
    }
  }

  /// Local: what the calling thread has, made with `make()` when it first asks, so that its memory is near it.
  template <class Make>
  [[nodiscard]] OfThread& of(const job::Worker& worker, const Make& make) {
    auto& of_thread = threads_[static_cast<std::size_t>(worker.thread())];
    if (!of_thread) {
      of_thread.reset(new OfThread{
          make(),
          {options_.seeding, options_.seed, options_.name, {.rank = rank_, .thread = worker.thread()}}});
    }
    return *of_thread;
  }

 private:
  int rank_;
  const Options& options_;
  std::vector<std::unique_ptr<OfThread>> threads_;
};

/// Local. Calls `f(first, n)` for the trials of a block, as many at a time as a batch has, until the worker must stop.
template <class F>
void for_each_piece(const Block& block, job::Worker& worker, const F& f) {
  for (std::uint64_t done = 0; done < block.n && !worker.must_stop();) {
    const std::uint64_t n = std::min<std::uint64_t>(Batch::capacity, block.n - done);
    f(block.first + done, n);
    done += n;
  }
}

/// Local: the same as batches.
template <class B, class F>
void for_each_batch(const Block& block, job::Worker& worker, random::Stream& stream, B& batch, const F& f) {
  for_each_piece(block, worker, [&](std::uint64_t first, std::uint64_t n) {
    batch.begin(stream, first, n);
    f(batch);
  });
}

}  // namespace serried::montecarlo
