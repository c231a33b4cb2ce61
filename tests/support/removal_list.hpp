// Folders to remove once every rank has left the current test: the test's main program knows when that is.
#pragma once

#include <filesystem>
#include <system_error>
#include <vector>

namespace serried::test {

[[nodiscard]] inline std::vector<std::filesystem::path>& removal_list() {
  static std::vector<std::filesystem::path> list;
  return list;
}

inline void remove_listed() {
  for (const std::filesystem::path& path : removal_list()) {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  removal_list().clear();
}

}  // namespace serried::test
