/// A thread beside those that compute.
///
///     std::jthread writer = background_thread([&] { … });
#pragma once

#include <signal.h>

#include <thread>
#include <utility>

#include <serried/base/scope_guard.hpp>

namespace serried {

/// A new thread that takes no signals: they are for the program's own threads.
template <class Work>
[[nodiscard]] std::jthread background_thread(Work&& work) {
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // a new thread inherits the mask
  const ScopeGuard restore([&] { pthread_sigmask(SIG_SETMASK, &before, nullptr); });
  return std::jthread(std::forward<Work>(work));
}

}  // namespace serried
