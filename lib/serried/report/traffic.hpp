/// Bytes that this process has moved, for the run record.
///
///     report::traffic().n_sent += message.size();
#pragma once

#include <atomic>
#include <cstdint>

namespace serried::report {

struct Traffic {
  std::atomic<std::uint64_t> n_sent{0};     ///< to other ranks
  std::atomic<std::uint64_t> n_spilled{0};  ///< to disk, because memory was full
};

/// Local; for any thread.
[[nodiscard]] inline Traffic& traffic() noexcept {
  static constinit Traffic of_process;
  return of_process;
}

}  // namespace serried::report
