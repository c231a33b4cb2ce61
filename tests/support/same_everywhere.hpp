// Whether all ranks hold the same: EXPECT_TRUE(test::same_everywhere(text)).
#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>

namespace serried::test {

// Collective, with MPI's own calls: true if every rank holds the same text.
[[nodiscard]] inline bool same_everywhere(const std::string& text) {
  std::uint64_t size = text.size();
  MPI_Bcast(&size, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  std::string first = text;
  first.resize(size);
  MPI_Bcast(first.data(), static_cast<int>(size), MPI_CHAR, 0, MPI_COMM_WORLD);
  int same = first == text ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &same, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
  return same != 0;
}

}  // namespace serried::test
