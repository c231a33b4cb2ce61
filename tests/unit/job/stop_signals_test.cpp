#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include <serried/job/stop_signals.hpp>

namespace serried::job {
namespace {

TEST(StopSignals, TheFirstIsRemembered) {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    const StopSignals signals;
    EXPECT_FALSE(StopSignals::received().has_value());
    ASSERT_EQ(::raise(signal), 0);
    EXPECT_EQ(StopSignals::received(), signal);
  }
  EXPECT_FALSE(StopSignals().received().has_value()) << "each begins anew";
}

TEST(StopSignals, AnEchoIsIgnored) {
  const StopSignals signals;
  ASSERT_EQ(::raise(SIGUSR1), 0);
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_EQ(StopSignals::received(), SIGUSR1);
}

TEST(StopSignals, ASecondLaterTheNextDoesWhatItAlwaysDid) {
  // In a child, which that one kills.
  const pid_t child = ::fork();
  if (child == 0) {
    const StopSignals signals;
    ::raise(SIGUSR1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    ::raise(SIGTERM);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
}

TEST(StopSignals, PutsBackWhatWasThere) {
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &before), 0);
  { const StopSignals signals; }
  struct sigaction after {};
  ASSERT_EQ(::sigaction(SIGUSR1, nullptr, &after), 0);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

TEST(StopSignals, OneWithinAnotherChangesNothing) {
  const StopSignals signals;
  { const StopSignals of_a_part; }
  ASSERT_EQ(::raise(SIGUSR1), 0);
  const StopSignals of_another_part;
  EXPECT_EQ(StopSignals::received(), SIGUSR1);
}

TEST(SignalName, IsWhatAPersonCallsIt) {
  EXPECT_STREQ(signal_name(SIGTERM), "SIGTERM");
  EXPECT_STREQ(signal_name(SIGUSR1), "SIGUSR1");
  EXPECT_STREQ(signal_name(SIGINT), "SIGINT");
  EXPECT_STREQ(signal_name(SIGHUP), "a signal");
}

}  // namespace
}  // namespace serried::job
