/// Where a result came from: what is written into checkpoints, ledgers and run records.
///
///     Provenance origin = provenance_here();
///     origin.n_ranks = world.size();
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace serried {

/// Says nothing about the result itself, which is the same from any host and any number of ranks.
struct Provenance {
  std::string program;       ///< name of the executable: "serried-wordcount"
  std::string version;       ///< of this library
  std::string command_line;  ///< as a shell would take it
  std::string host;
  std::string started;  ///< when this process began: UTC, "2026-11-21T10:38:20Z"
  int n_ranks = 1;
  std::optional<std::uint64_t> seed{};
};

/// Local. What this process knows of itself; the ranks and the seed are for the caller to add.
[[nodiscard]] Provenance provenance_here();

/// `argument` quoted for a shell if it needs to be.
[[nodiscard]] std::string shell_quoted(const std::string& argument);

}  // namespace serried
