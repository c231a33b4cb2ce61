#include <signal.h>

#include <thread>

#include <gtest/gtest.h>

#include <serried/base/background_thread.hpp>

namespace serried {
namespace {

sigset_t mask_here() {
  sigset_t mask{};
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

TEST(BackgroundThread, TakesNoSignals) {
  sigset_t there{};
  background_thread([&] { there = mask_here(); }).join();
  EXPECT_EQ(sigismember(&there, SIGTERM), 1);
  EXPECT_EQ(sigismember(&there, SIGUSR1), 1);
}

TEST(BackgroundThread, LeavesTheSignalsOfItsMakerAsTheyWere) {
  sigset_t own{};
  sigemptyset(&own);
  sigaddset(&own, SIGUSR2);
  sigset_t before{};
  pthread_sigmask(SIG_BLOCK, &own, &before);
  background_thread([] {}).join();
  const sigset_t after = mask_here();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(sigismember(&after, SIGUSR2), 1);
  EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

}  // namespace
}  // namespace serried
