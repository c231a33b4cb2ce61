#include <serried/mpi/ragged.hpp>

namespace serried::mpi::detail {

std::size_t total_of(const Communicator& comm, PartCounts counts) {
  expects(counts.size() == static_cast<std::size_t>(comm.size()), "there is one count for each rank");
  std::size_t total = 0;
  for (const std::size_t count : counts) {
    total += count;
  }
  return total;
}

RaggedLayout::RaggedLayout(WireType wire, PartCounts counts) : numbers_(2 * counts.size()) {
  std::size_t begin = 0;
  for (std::size_t rank = 0; rank < counts.size(); ++rank) {
    numbers_[rank] = static_cast<int>(counts[rank] * wire.units);
    numbers_[counts.size() + rank] = static_cast<int>(begin * wire.units);
    begin += counts[rank];
  }
}

}  // namespace serried::mpi::detail
