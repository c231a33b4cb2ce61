#include <cstddef>
#include <span>

#include <serried/mapreduce/exchange_messages.hpp>
#include <serried/report/moved_bytes.hpp>

namespace serried::mapreduce {

void exchange_messages(mpi::NodeExchange& nodes, const std::vector<std::vector<char>>& messages,
                       std::vector<std::vector<char>>& received) {
  const std::vector<std::span<const char>> outgoing(messages.begin(), messages.end());
  nodes.exchange(outgoing, received);
  const auto me = static_cast<std::size_t>(nodes.comm().rank());
  for (std::size_t rank = 0; rank < messages.size(); ++rank) {
    report::moved_bytes().sent += rank == me ? 0 : messages[rank].size();
  }
}

}  // namespace serried::mapreduce
