/// One thread at a time in HDF5, which as Debian builds it is not thread-safe.
///
///     const auto lock = lock_library();   // while any object of this module is made, used or destroyed
#pragma once

#include <mutex>

namespace serried::hdf5 {

/// Held by whoever uses HDF5 where other threads of the process may. The module's own functions do not take it.
[[nodiscard]] inline std::unique_lock<std::mutex> lock_library() {
  static std::mutex mutex;
  return std::unique_lock(mutex);
}

}  // namespace serried::hdf5
