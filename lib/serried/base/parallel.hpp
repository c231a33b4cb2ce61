/// OpenMP threads that may throw.
#pragma once

#include <omp.h>

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <exception>
#include <optional>
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

/// The same over and over: after each round of calls, `between(failure)` on this thread, where `failure` is the exception of the
/// lowest call that threw, or null; until that gives false, or throws, which is thrown here. Threads that wait for others sleep:
/// for rounds that are short, on cores that have other work.
template <class Work, class Between>
void on_threads_in_rounds(int n, const Work& work, const Between& between) {
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(n));
  std::exception_ptr end;
  bool goes_on = true;
  std::optional<std::barrier<>> all;
  const auto end_round = [&] {
    const auto first = std::ranges::find_if(failures, [](const auto& failure) { return failure != nullptr; });
    try {
      goes_on = between(first == failures.end() ? std::exception_ptr() : *first);
    } catch (...) {
      end = std::current_exception();
      goes_on = false;
    }
    std::ranges::fill(failures, nullptr);
  };
#pragma omp parallel num_threads(std::max(n, 1))
  {
#pragma omp single
    all.emplace(omp_get_num_threads());
    for (;;) {
      for (int i = omp_get_thread_num(); i < n; i += omp_get_num_threads()) {
        try {
          work(i);
        } catch (...) {
          failures[static_cast<std::size_t>(i)] = std::current_exception();
        }
      }
      all->arrive_and_wait();
      if (omp_get_thread_num() == 0) {
        end_round();
      }
      all->arrive_and_wait();
      if (!goes_on) {  // the same for all: it changes between the two barriers alone
        break;
      }
    }
  }
  if (end) {
    std::rethrow_exception(end);
  }
}

}  // namespace serried
