/// Work on many pieces, of which every thread takes the next one when it is ready.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>

#include <serried/base/parallel.hpp>

namespace serried::mapreduce {

/// Calls `work(i, thread)` once for each i in [0, n), on at most `n_threads` threads. If some throw, the exception of the lowest i
/// is thrown here, whichever threads came to them: pieces are taken in order, so that one is never left out.
template <class Work>
void for_each_on_threads(int n_threads, std::size_t n, Work&& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;  // of what follows
  std::size_t first_failed = n;
  std::exception_ptr failure;
  on_threads(static_cast<int>(std::min(n, static_cast<std::size_t>(n_threads))), [&](int thread) {
    std::size_t i = next++;
    try {
      for (; i < n; i = next++) {
        work(i, static_cast<std::size_t>(thread));
      }
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (i < first_failed) {
        first_failed = i;
        failure = std::current_exception();
      }
    }
  });
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace serried::mapreduce
