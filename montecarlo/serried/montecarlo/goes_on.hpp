/// Whether an estimate begins or goes on from its checkpoint.
#pragma once

#include <optional>

#include <serried/base/error.hpp>

namespace serried::montecarlo {

/// Collective. `file`: an hdf5::Checkpoint, or what has `exists` and `path` like one; none without a checkpoint. Throws a usage error
/// on all ranks if it is there, and is not to be gone on with.
template <class File>
[[nodiscard]] bool goes_on(const std::optional<File>& file, bool resume) {
  if (!file || !file->exists()) {
    return false;
  }
  if (!resume) {
    throw usage_error(file->path() + " is a checkpoint already")
        .hint("go on with it with --resume, or remove the folder that it is in");
  }
  return true;
}

}  // namespace serried::montecarlo
