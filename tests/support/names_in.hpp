// What lies in a folder that all ranks see:
//
//   EXPECT_THAT(test::names_in(folder), ElementsAre("input", "output"));
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <serried/mpi/barrier.hpp>

#include "world.hpp"

namespace serried::test {

// Collective: the names, hidden ones too, sorted, once all ranks have come here; nobody goes on before all have read.
[[nodiscard]] inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  mpi::barrier(world());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  mpi::barrier(world());
  return names;
}

}  // namespace serried::test
