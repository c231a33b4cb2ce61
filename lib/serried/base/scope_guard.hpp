/// A function that is called when its scope is left, however that happens.
///
///     const ScopeGuard close_it([&] { ::close(descriptor); });
#pragma once

#include <utility>

namespace serried {

/// `cleanup` must not throw.
template <class Cleanup>
class [[nodiscard]] ScopeGuard {
 public:
  explicit ScopeGuard(Cleanup cleanup) : cleanup_(std::move(cleanup)) {}
  ScopeGuard(const ScopeGuard&) = delete;
  ScopeGuard& operator=(const ScopeGuard&) = delete;
  ~ScopeGuard() { cleanup_(); }

 private:
  Cleanup cleanup_;
};

}  // namespace serried
