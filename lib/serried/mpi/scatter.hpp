/// One rank's values dealt to all: a part for each rank, in rank order.
///
///     scatter(world, matrix, row, root);                              // as many values for each rank
///     const int task = scatter_value(world, tasks);                   // one for each; tasks matter on rank 0 only
///     scatter_ragged(world, lines, counts, mine);                     // counts[r] for rank r
///     Request request = async_scatter(world, matrix, row);            // … request.wait();
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/mpi/check_code.hpp>
#include <serried/mpi/check_collectives.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/ragged.hpp>
#include <serried/mpi/request.hpp>
#include <serried/mpi/waiting.hpp>

namespace serried::mpi {

namespace detail {

inline void expect_parts(const Communicator& comm, int root, std::size_t n_all, std::size_t n_mine) {
  expects(comm.rank() != root || n_all == n_mine * static_cast<std::size_t>(comm.size()),
          "the root has one part for each rank, of equal length");
}

}  // namespace detail

/// Collective: afterwards `mine` holds the part of the root's `all` that belongs to this rank: the first mine.size() values
/// for rank 0, as many after them for rank 1, …. `mine` has the same length on all ranks; `all` matters on the root only.
/// Beyond 2^31 values work. Throws serried::Error if MPI fails.
template <Buffer In, OutputBuffer Out>
requires SameValues<In, Out>
void scatter(const Communicator& comm, const In& all, Out&& mine, int root = 0) {
  using T = BufferValue<Out>;
  const Waiting waiting("scatter");
  const auto from = detail::span_of(all);
  const auto to = detail::span_of(mine);
  check_collective(comm, call_of<T>("scatter", to.size()).from(root));
  detail::expect_parts(comm, root, from.size(), to.size());
  const auto n = WireCount::of<T>(to.size());
  check(MPI_Scatter(from.data(), n.count(), n.type(), to.data(), n.count(), n.type(), root, comm.get()),
        "MPI_Scatter");
}

/// Collective: the root's all[rank].
template <Buffer In>
[[nodiscard]] BufferValue<In> scatter_value(const Communicator& comm, const In& all, int root = 0) {
  BufferValue<In> mine{};
  scatter(comm, all, std::span(&mine, 1), root);
  return mine;
}

/// Collective, but returns at once: as scatter, complete when the request is; neither buffer may be touched before.
template <LastingBuffer In, LastingOutputBuffer Out>
requires SameValues<In, Out>
[[nodiscard]] Request async_scatter(const Communicator& comm, In&& all, Out&& mine, int root = 0) {
  using T = BufferValue<Out>;
  const auto from = detail::span_of(all);
  const auto to = detail::span_of(mine);
  check_collective(comm, call_of<T>("async_scatter", to.size()).from(root));
  detail::expect_parts(comm, root, from.size(), to.size());
  const auto n = WireCount::of<T>(to.size());
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Iscatter(from.data(), n.count(), n.type(), to.data(), n.count(), n.type(), root, comm.get(),
                     &request),
        "MPI_Iscatter");
  return {{request}, Request::Buffer::is_written};
}

/// Collective: afterwards `mine` holds this rank's part of the root's `all`: the first counts[0] values for rank 0, the
/// next counts[1] for rank 1, …. `all` and `counts` matter on the root only; `mine` takes the length, its memory used
/// again. Beyond 2^31 values work. Throws serried::Error if MPI fails.
template <Buffer In, ResizableBuffer Out>
requires SameValues<In, Out>
void scatter_ragged(const Communicator& comm, const In& all, std::span<const std::size_t> counts, Out& mine,
                    int root = 0) {
  using T = BufferValue<Out>;
  // What a rank is told of the parts: its own length, and whether they fit MPI's displacements.
  struct PartNews {
    std::size_t n_values;
    std::uint64_t fits;
  };
  const Waiting waiting("scatter_ragged");
  check_collective(comm, call_of<T>("scatter_ragged").from(root));
  const std::span<const T> from = detail::span_of(all);
  std::vector<PartNews> news;
  if (comm.rank() == root) {
    expects(detail::total_of(comm, counts) == from.size(), "the counts add up to the values that there are");
    for (const std::size_t count : counts) {
      news.push_back({count, detail::fits_layout<T>(from.size()) ? 1U : 0U});
    }
  }
  const PartNews mine_is = scatter_value(comm, news, root);
  const auto to = detail::room_for(mine, mine_is.n_values);
  if (mine_is.fits != 0) {
    const WireType wire = wire_type<T>();
    detail::RaggedLayout layout(wire, comm.rank() == root ? counts : detail::PartCounts());
    check(MPI_Scatterv(from.data(), layout.counts(), layout.displacements(), wire.type, to.data(),
                       static_cast<int>(to.size() * wire.units), wire.type, root, comm.get()),
          "MPI_Scatterv");
  } else {
    std::vector<MPI_Request> parts;
    detail::start_scatter<T>(comm.hidden(), from, counts, to, root, parts);
    Request(std::move(parts), Request::Buffer::is_written).wait();
  }
}

/// The same into new memory.
template <Buffer In>
[[nodiscard]] std::vector<BufferValue<In>> scatter_ragged(const Communicator& comm, const In& all,
                                                          std::span<const std::size_t> counts, int root = 0) {
  std::vector<BufferValue<In>> mine;
  scatter_ragged(comm, all, counts, mine, root);
  return mine;
}

/// Collective, but returns at once: as scatter_ragged, but `mine` has the length of this rank's part already. Complete when
/// the request is; neither buffer may be touched before. `counts` are not needed any more.
template <LastingBuffer In, LastingOutputBuffer Out>
requires SameValues<In, Out>
[[nodiscard]] Request async_scatter_ragged(const Communicator& comm, In&& all,
                                           std::span<const std::size_t> counts, Out&& mine, int root = 0) {
  using T = BufferValue<Out>;
  check_collective(comm, call_of<T>("async_scatter_ragged").from(root));
  const std::span<const T> from = detail::span_of(all);
  const auto to = detail::span_of(mine);
  if (comm.rank() == root) {
    expects(detail::total_of(comm, counts) == from.size(), "the counts add up to the values that there are");
    expects(counts[static_cast<std::size_t>(root)] == to.size(), "there is room for this rank's part");
  }
  std::vector<MPI_Request> parts;
  detail::start_scatter<T>(comm.hidden(), from, counts, to, root, parts);
  return {std::move(parts), Request::Buffer::is_written};
}

}  // namespace serried::mpi
