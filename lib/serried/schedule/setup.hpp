// What the ranks agree about before a loop begins. Internal to the module.
#pragma once

#include <cstdint>
#include <vector>

#include <serried/mpi/communicator.hpp>
#include <serried/schedule/index_order.hpp>
#include <serried/schedule/options.hpp>

namespace serried::schedule {

// Collective. Throws on all ranks unless all want the same, and something possible.
void check_options(const mpi::Communicator& comm, std::uint64_t n, const Options& options);

// Collective. The threads of this rank: as many as OpenMP really starts.
[[nodiscard]] int n_threads_of(const mpi::Communicator& comm, const Options& options);

// Collective. Throws on all ranks if a cost cannot be had or differs between ranks.
[[nodiscard]] IndexOrder make_agreed_order(const mpi::Communicator& comm, std::uint64_t n,
                                           const Options& options,
                                           const std::vector<std::uint32_t>& workers_of_node);

}  // namespace serried::schedule
