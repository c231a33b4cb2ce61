/// OpenMP threads that may throw.
#pragma once

#include <omp.h>

#include <exception>
#include <vector>

namespace serried {

/// Calls `work(0)` … `work(n - 1)`, one thread each, and returns when all have; none for n = 0. If some throw, the exception
/// of the lowest is thrown here. Call i runs on this thread for i = 0.
template <class Work>
void on_threads(int n, Work&& work) {
  if (n <= 0) {
    return;
  }
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(n));
#pragma omp parallel num_threads(n)
  {
    // Fewer threads than asked for (OMP_THREAD_LIMIT) do more calls each.
    for (int i = omp_get_thread_num(); i < n; i += omp_get_num_threads()) {
      try {
        work(i);
      } catch (...) {
        failures[static_cast<std::size_t>(i)] = std::current_exception();
      }
    }
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  }
}

}  // namespace serried
