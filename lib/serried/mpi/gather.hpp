/// The values of all ranks, in rank order, on one rank. Every rank brings as many as it has.
///
///     const std::vector<char> all = gather_ragged(world, my_bytes, 0);
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <span>
#include <vector>

#include <serried/mpi/allgather.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/point_to_point.hpp>

namespace serried::mpi {

/// Collective: afterwards `all` holds on `root` all ranks' values one after the other, elsewhere nothing; its memory is used
/// again. Counts above 2^31 work. Throws serried::Error if MPI fails.
template <Buffer R, Transferable T = std::ranges::range_value_t<R>>
void gather_ragged(const Communicator& comm, const R& values, std::vector<T>& all, int root = 0) {
  const Communicator& hidden = comm.hidden();
  const auto sizes = allgather_value(comm, static_cast<std::uint64_t>(std::ranges::size(values)));
  if (comm.rank() != root) {
    all.clear();
    send(hidden, values, root);
    return;
  }
  all.resize(std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}));
  std::vector<Request> requests;
  std::uint64_t begin = 0;
  for (int source = 0; source < comm.size(); ++source) {
    const std::span<T> part(all.data() + begin, sizes[static_cast<std::size_t>(source)]);
    begin += part.size();
    if (source == root) {
      std::ranges::copy(values, part.begin());
    } else {
      requests.push_back(async_receive(hidden, part, source));
    }
  }
  for (Request& request : requests) {
    request.wait();
  }
}

/// The same into new memory.
template <Buffer R>
[[nodiscard]] std::vector<std::ranges::range_value_t<R>> gather_ragged(const Communicator& comm,
                                                                       const R& values, int root = 0) {
  std::vector<std::ranges::range_value_t<R>> all;
  gather_ragged(comm, values, all, root);
  return all;
}

}  // namespace serried::mpi
