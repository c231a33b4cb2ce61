/// Messages from all ranks to all, counted for the run record.
#pragma once

#include <vector>

#include <serried/mpi/node_exchange.hpp>

namespace serried::mapreduce {

/// Collective: messages[r] goes to rank r, received[r] came from it.
void exchange_messages(mpi::NodeExchange& nodes, const std::vector<std::vector<char>>& messages,
                       std::vector<std::vector<char>>& received);

}  // namespace serried::mapreduce
