/// Values of all ranks combined, the result on every rank.
///
///     allreduce(world, counts, std::plus<>{});                             // elementwise, in place
///     const auto total = allreduce_value(world, n_words, std::plus<>{});
#pragma once

#include <algorithm>
#include <ranges>
#include <span>

#include <serried/base/checked_cast.hpp>
#include <serried/mpi/check.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/mpi/datatype.hpp>
#include <serried/mpi/reduction.hpp>

namespace serried::mpi {

/// Collective, in place, elementwise: afterwards `values[i]` is `op` over all ranks' values[i], on every
/// rank. The length must be the same on all ranks. The same bits for any number of ranks (see Reduction).
template <OutputBuffer R, Reduction<std::ranges::range_value_t<R>> Op>
void allreduce(const Communicator& comm, R&& values, Op /*op*/) {
  using T = std::ranges::range_value_t<R>;
  auto* data = std::ranges::data(values);
  for (std::size_t done = 0, size = std::ranges::size(values); done < size;) {
    const std::size_t n = std::min(size - done, max_values_per_message<T>());
    check(MPI_Allreduce(MPI_IN_PLACE, data + done, checked_cast<int>(n), wire_type<T>().type,
                        detail::BuiltinOperation<Op>::get(), comm.get()),
          "MPI_Allreduce");
    done += n;
  }
}

/// Collective: `op` over all ranks' `value`, on every rank.
template <class T, Reduction<T> Op>
[[nodiscard]] T allreduce_value(const Communicator& comm, T value, Op op) {
  allreduce(comm, std::span<T>(&value, 1), op);
  return value;
}

}  // namespace serried::mpi
