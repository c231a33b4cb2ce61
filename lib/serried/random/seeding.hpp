/// What a piece of work's random stream is keyed by: its own index, as everywhere in this library, or the rank and the thread
/// that happen to do it, as most MPI programs have it.
///
///     SeededStreams streams(Seeding::per_index, seed, "trials", {.rank = rank, .thread = thread});
///     for (const std::uint64_t block : my_blocks) {
///       Stream& stream = streams.of(block);
///       …
///     }
#pragma once

#include <cstdint>

#include <serried/base/contract.hpp>
#include <serried/random/purpose.hpp>
#include <serried/random/stream.hpp>

namespace serried::random {

enum class Seeding {
  /// Stream(seed, purpose, index): the default. What an index gets depends on nothing else.
  per_index,
  /// One stream for each (seed, purpose, rank, thread), which goes on through whatever work its thread does. It saves making a
  /// stream for each index, as much as some hundred numbers. The price: results depend on the number of ranks and threads and,
  /// unless work is dealt out in a fixed way, on who was faster; a job that is resumed gives other results than one that was
  /// not stopped, and no index can be computed again by itself.
  per_rank,
};

/// Who does the work. MPI's numbers, from 0 on.
struct Worker {
  int rank = 0;
  int thread = 0;
};

/// The streams for one worker's share of the work. For one thread.
class SeededStreams {
 public:
  /// Throws std::logic_error if the rank or the thread is negative and an Error if the environment's SERRIED_CPU_LEVEL is wrong.
  SeededStreams(Seeding seeding, std::uint64_t seed, Purpose purpose, Worker worker = {})
      : seeding_(seeding), seed_(seed), purpose_(purpose), stream_(worker_stream(seed, purpose, worker)) {}

  /// The stream for work number `index`: at its beginning with `per_index`, where the last work left it with `per_rank`. Good
  /// until the next call.
  [[nodiscard]] Stream& of(std::uint64_t index) {
    if (seeding_ == Seeding::per_index) {
      stream_ = Stream(seed_, purpose_, index);
    }
    return stream_;
  }

 private:
  // Of a purpose of its own, so that workers' streams are none of those that indices have.
  static Stream worker_stream(std::uint64_t seed, Purpose purpose, Worker worker) {
    expects(worker.rank >= 0 && worker.thread >= 0, "rank and thread count from 0");
    const auto number =
        static_cast<std::uint64_t>(worker.rank) << 32 | static_cast<std::uint64_t>(worker.thread);
    return {seed, Purpose(purpose.id() ^ Purpose("one stream for each worker").id()), number};
  }

  Seeding seeding_;
  std::uint64_t seed_;
  Purpose purpose_;
  Stream stream_;
};

}  // namespace serried::random
