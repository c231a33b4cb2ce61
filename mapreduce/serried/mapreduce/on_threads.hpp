/// Work on many pieces, of which every thread takes the next one when it is ready.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include <serried/base/parallel.hpp>

namespace serried::mapreduce {

/// Calls `work(i, thread)` once for each i in [0, n), on at most `n_threads` threads. Throws as on_threads does.
template <class Work>
void for_each_on_threads(int n_threads, std::size_t n, Work&& work) {
  std::atomic<std::size_t> next{0};
  on_threads(static_cast<int>(std::min(n, static_cast<std::size_t>(n_threads))), [&](int thread) {
    for (std::size_t i = next++; i < n; i = next++) {
      work(i, static_cast<std::size_t>(thread));
    }
  });
}

}  // namespace serried::mapreduce
