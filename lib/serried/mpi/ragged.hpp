/// Parts of different lengths, one after another in one buffer: what the ragged collectives share.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/point_to_point.hpp>

namespace serried::mpi::detail {

/// How many values each rank's part has.
using PartCounts = std::span<const std::size_t>;

/// The values of all parts together. Throws std::logic_error unless there is one part a rank.
[[nodiscard]] inline std::size_t total_of(const Communicator& comm, PartCounts counts) {
  expects(counts.size() == static_cast<std::size_t>(comm.size()), "there is one count for each rank");
  std::size_t total = 0;
  for (const std::size_t count : counts) {
    total += count;
  }
  return total;
}

/// One entry a rank; on the stack for few ranks, where the heap would cost a tenth of a short collective.
template <class T>
class PerRank {
 public:
  explicit PerRank(std::size_t n_ranks) : n_ranks_(n_ranks) {
    if (n_ranks > n_few) {
      many_.resize(n_ranks);
    }
  }
  [[nodiscard]] std::span<T> get() noexcept { return {n_ranks_ > n_few ? many_.data() : few_, n_ranks_}; }

 private:
  static constexpr std::size_t n_few = 32;
  T few_[n_few];  // not set to anything, for that takes time too
  std::vector<T> many_;
  std::size_t n_ranks_;
};

/// The counts and displacements of MPI's v-collectives.
class RaggedLayout {
 public:
  RaggedLayout(WireType wire, PartCounts counts) : counts_(counts.size()), displacements_(counts.size()) {
    std::size_t begin = 0;
    for (std::size_t rank = 0; rank < counts.size(); ++rank) {
      counts_.get()[rank] = static_cast<int>(counts[rank] * wire.units);
      displacements_.get()[rank] = static_cast<int>(begin * wire.units);
      begin += counts[rank];
    }
  }

  [[nodiscard]] const int* counts() noexcept { return counts_.get().data(); }
  [[nodiscard]] const int* displacements() noexcept { return displacements_.get().data(); }

 private:
  PerRank<int> counts_;
  PerRank<int> displacements_;
};

/// Whether the parts, `n_values` values in all, are within reach of MPI's `int` displacements.
template <class T>
[[nodiscard]] constexpr bool fits_layout(std::size_t n_values) noexcept {
  return n_values <= max_values_per_message<T>();
}

template <class T>
void copy_values(std::span<const T> from, std::span<T> to) {
  expects(from.size() == to.size(), "a rank's count is the number of values that it brings");
  if (!from.empty()) {
    std::memcpy(to.data(), from.data(), from.size_bytes());
  }
}

// The same as messages, for any length; those under way are appended to `parts`. `hidden` is the collective's own.

template <class T>
void start_gather(const Communicator& hidden, std::span<const T> mine, std::span<T> all, PartCounts counts,
                  int root, std::vector<MPI_Request>& parts) {
  if (hidden.rank() != root) {
    start_sends<T>(hidden, mine, root, 0, parts);
    return;
  }
  std::size_t begin = 0;
  for (int source = 0; source < hidden.size(); ++source) {
    const std::span<T> part = all.subspan(begin, counts[static_cast<std::size_t>(source)]);
    begin += part.size();
    if (source == root) {
      copy_values(mine, part);
    } else {
      start_receives<T>(hidden, part, source, 0, parts);
    }
  }
}

template <class T>
void start_scatter(const Communicator& hidden, std::span<const T> all, PartCounts counts, std::span<T> mine,
                   int root, std::vector<MPI_Request>& parts) {
  if (hidden.rank() != root) {
    start_receives<T>(hidden, mine, root, 0, parts);
    return;
  }
  std::size_t begin = 0;
  for (int destination = 0; destination < hidden.size(); ++destination) {
    const std::span<const T> part = all.subspan(begin, counts[static_cast<std::size_t>(destination)]);
    begin += part.size();
    if (destination == root) {
      copy_values(part, mine);
    } else {
      start_sends<T>(hidden, part, destination, 0, parts);
    }
  }
}

// Each rank begins with its neighbour, so that not all send to the same one at once.
template <class T, class PartTo, class PartFrom>
void start_exchange(const Communicator& hidden, PartTo part_to, PartFrom part_from,
                    std::vector<MPI_Request>& parts) {
  const int me = hidden.rank();
  const int n_ranks = hidden.size();
  for (int step = 1; step < n_ranks; ++step) {
    const int source = (me + n_ranks - step) % n_ranks;
    start_receives<T>(hidden, part_from(source), source, 0, parts);
  }
  for (int step = 1; step < n_ranks; ++step) {
    const int destination = (me + step) % n_ranks;
    start_sends<T>(hidden, part_to(destination), destination, 0, parts);
  }
  copy_values<T>(part_to(me), part_from(me));
}

/// The parts of a buffer, by rank.
template <class T>
class Parts {
 public:
  Parts(std::span<T> all, PartCounts counts) : all_(all), counts_(counts), begins_(counts.size()) {
    std::size_t begin = 0;
    for (std::size_t rank = 0; rank < counts.size(); ++rank) {
      begins_[rank] = begin;
      begin += counts[rank];
    }
  }
  [[nodiscard]] std::span<T> operator()(int rank) const {
    const auto i = static_cast<std::size_t>(rank);
    return all_.subspan(begins_[i], counts_[i]);
  }

 private:
  std::span<T> all_;
  PartCounts counts_;
  std::vector<std::size_t> begins_;
};

}  // namespace serried::mpi::detail
