#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include <serried/base/scope_guard.hpp>

namespace serried {
namespace {

using Guard = ScopeGuard<void (*)()>;
static_assert(!std::is_copy_constructible_v<Guard> && !std::is_move_constructible_v<Guard>,
              "a copy would clean up twice");

TEST(ScopeGuard, CleansUpOnceAtTheEndOfItsScope) {
  int n_calls = 0;
  {
    const ScopeGuard guard([&] { ++n_calls; });
    EXPECT_EQ(n_calls, 0);
  }
  EXPECT_EQ(n_calls, 1);
}

TEST(ScopeGuard, CleansUpWhenAnExceptionLeaves) {
  int n_calls = 0;
  EXPECT_THROW(
      {
        const ScopeGuard guard([&] { ++n_calls; });
        throw std::runtime_error("out");
      },
      std::runtime_error);
  EXPECT_EQ(n_calls, 1);
}

TEST(ScopeGuard, CleansUpOnReturnInReverseOrder) {
  std::string order;
  [&] {
    const ScopeGuard first([&] { order += "1"; });
    const ScopeGuard second([&] { order += "2"; });
    return;
  }();
  EXPECT_EQ(order, "21");
}

TEST(ScopeGuard, HoldsWhatCanOnlyBeMoved) {
  int seen = 0;
  {
    const ScopeGuard guard([&seen, value = std::make_unique<int>(7)] { seen = *value; });
  }
  EXPECT_EQ(seen, 7);
}

}  // namespace
}  // namespace serried
