/// Bytes that this process has moved, for the run record.
///
///     report::moved_bytes().sent += message.size();
#pragma once

#include <atomic>
#include <cstdint>

namespace serried::report {

/// Counted by those who move what grows with the input.
struct MovedBytes {
  std::atomic<std::uint64_t> sent{0};     ///< to other ranks
  std::atomic<std::uint64_t> spilled{0};  ///< to disk, because memory was full
};

/// Local; for any thread.
[[nodiscard]] inline MovedBytes& moved_bytes() noexcept {
  static constinit MovedBytes of_process;
  return of_process;
}

}  // namespace serried::report
