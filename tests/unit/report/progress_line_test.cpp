#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/report/progress_line.hpp>

namespace serried::report {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t mega = 1'000'000;
constexpr ProgressStyle overwritten{.is_shown = true};

std::string bytes_text(std::uint64_t done, std::uint64_t total, double seconds) {
  return progress_text({.done = done, .total = total}, seconds);
}

static_assert(!std::is_copy_constructible_v<ProgressLine> && !std::is_move_constructible_v<ProgressLine>,
              "two of them would wipe one line");

TEST(ProgressText, SaysShareRateAndTimeLeft) {
  // 1 GB in 5 s: 200 MB/s, and so 1.5 GB more take 7.5 s.
  EXPECT_EQ(bytes_text(1000 * mega, 2500 * mega, 5), "40 %, 954 MiB of 2.33 GiB, 200 MB/s, 7.50 s left");
  EXPECT_EQ(bytes_text(100 * mega, 100'100 * mega, 1), "0 %, 95.4 MiB of 93.2 GiB, 100 MB/s, 16:40 left");
}

TEST(ProgressText, BeforeTheBeginningNothingIsKnown) {
  EXPECT_EQ(bytes_text(0, 1024, 0), "0 %, 0 B of 1.00 KiB, 0 MB/s, ? left");
  EXPECT_EQ(bytes_text(0, 1024, 3), "0 %, 0 B of 1.00 KiB, 0 MB/s, ? left");
  EXPECT_EQ(bytes_text(512, 1024, 0), "50 %, 512 B of 1.00 KiB, 0 MB/s, ? left");
  EXPECT_EQ(bytes_text(512, 1024, -1), "50 %, 512 B of 1.00 KiB, 0 MB/s, ? left") << "a clock that went back";
}

TEST(ProgressText, OneHundredPercentOnlyAtTheEnd) {
  EXPECT_THAT(bytes_text(999, 1000, 1), StartsWith("99 %"));
  EXPECT_EQ(bytes_text(1000, 1000, 1), "100 %, 1000 B of 1000 B, 0 MB/s, 0.00 s left");
  EXPECT_THAT(bytes_text(5000, 1000, 1), StartsWith("100 %, 1000 B of 1000 B")) << "a file that grew";
}

TEST(ProgressText, WithoutATotalItShowsWhatIsDone) {
  EXPECT_EQ(bytes_text(0, 0, 0), "0 B, 0 MB/s");
  EXPECT_EQ(bytes_text(300 * mega, 0, 2), "286 MiB, 150 MB/s");
}

TEST(ProgressText, SurvivesTheLargestNumbers) {
  constexpr auto max = std::numeric_limits<std::uint64_t>::max();
  EXPECT_THAT(bytes_text(max, max, 1e-9), StartsWith("100 %, 16.0 EiB of 16.0 EiB"));
  EXPECT_THAT(bytes_text(1, max, 1e9), AllOf(StartsWith("0 %, 1 B of 16.0 EiB"), EndsWith("? left")));
}

// What `action` writes to standard error, which is a file meanwhile.
template <class Action>
std::string written_by(Action action) {
  testing::internal::CaptureStderr();
  action();
  return testing::internal::GetCapturedStderr();
}

TEST(ProgressLine, NeverWritesNothing) {
  EXPECT_EQ(written_by([] {
              ProgressLine line("serried-test", ProgressStyle());
              line.update({.done = 1, .total = 2});
              line.update({.done = 2, .total = 2});
              line.finish();
            }),
            "");
}

TEST(ProgressText, CountsItemsToo) {
  const Moment moment{.done = 250, .total = 1000, .unit = Moment::Unit::items, .efficiency = 0.987};
  EXPECT_EQ(progress_text(moment, 5), "25 %, 250 of 1000, 50 a second, 15.0 s left, 99 % busy");
  EXPECT_EQ(progress_text({.done = 3, .unit = Moment::Unit::items}, 2), "3, 1.5 a second");
}

TEST(ProgressStyle, AFileGetsLinesOfTheirOwn) {
  const auto style_in_a_file = [](Progress when) {
    testing::internal::CaptureStderr();
    const ProgressStyle style = progress_style(when);
    testing::internal::GetCapturedStderr();
    return style;
  };
  EXPECT_FALSE(style_in_a_file(Progress::never).is_shown);
  EXPECT_TRUE(style_in_a_file(Progress::always).is_shown);
  EXPECT_FALSE(style_in_a_file(Progress::always).is_overwritten);
  EXPECT_EQ(style_in_a_file(Progress::automatic).first, std::chrono::minutes(1))
      << "nothing from a short job";
}

TEST(ProgressLine, InAFileEachIsALine) {
  const ProgressStyle style{
      .is_shown = true, .is_overwritten = false, .interval = std::chrono::milliseconds(0)};
  EXPECT_THAT(written_by([&] {
                ProgressLine line("x", style);
                line.update({.done = 1, .total = 2});
                line.update({.done = 2, .total = 2});
                line.finish();
              }),
              testing::MatchesRegex("x: 50 %[^\n\r]*\nx: 100 %[^\n\r]*\n"));
}

TEST(ProgressLine, AutomaticWritesNothingOfAShortJobToAFile) {
  EXPECT_EQ(written_by([] {
              ProgressLine line("serried-test", progress_style(Progress::automatic));
              line.update({.done = 1, .total = 2});
            }),
            "");
}

TEST(ProgressLine, AlwaysWritesOneLineAndWipesIt) {
  const std::string text = written_by([] {
    ProgressLine line("serried-test", overwritten);
    line.update({.done = 512, .total = 1024});
    line.finish();
  });
  EXPECT_THAT(text, StartsWith("\rserried-test: 50 %, 512 B of 1.00 KiB"));
  EXPECT_THAT(text, EndsWith("left\33[K\r\33[K"));
  EXPECT_THAT(text, testing::Not(HasSubstr("\n"))) << "it stays on its line";
}

TEST(ProgressLine, IsWipedOnceHoweverItEnds) {
  const std::string by_destructor = written_by([] {
    ProgressLine line("x", overwritten);
    line.update({.done = 1, .total = 2});
  });
  EXPECT_THAT(by_destructor, EndsWith("left\33[K\r\33[K"));
  const std::string twice = written_by([] {
    ProgressLine line("x", overwritten);
    line.update({.done = 1, .total = 2});
    line.finish();
    line.finish();
  });
  EXPECT_THAT(twice, EndsWith("left\33[K\r\33[K"));
  EXPECT_EQ(written_by([] { ProgressLine line("x", overwritten); }), "") << "nothing shown, nothing to wipe";
}

// Standard error and the parent's, as the ends of a chain of processes: the grandchild answers.
enum class Stderr { terminal, pipe };

bool is_watched(Stderr own, const char* parent_name, Stderr parents) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  EXPECT_GE(terminal, 0);
  EXPECT_EQ(::grantpt(terminal), 0);
  EXPECT_EQ(::unlockpt(terminal), 0);
  const int screen = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  EXPECT_GE(screen, 0);
  const int sink = ::open("/dev/null", O_WRONLY);
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::prctl(PR_SET_NAME, parent_name);
    ::dup2(parents == Stderr::terminal ? screen : sink, STDERR_FILENO);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(own == Stderr::terminal ? screen : sink, STDERR_FILENO);
      ::_exit(is_terminal_watched() ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
  }
  int status = 0;
  ::waitpid(parent, &status, 0);
  ::close(sink);
  ::close(screen);
  ::close(terminal);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1) << status;
  return WEXITSTATUS(status) == 1;
}

TEST(IsTerminalWatched, SeesATerminalOfItsOwnAndThatOfMpirun) {
  EXPECT_TRUE(is_watched(Stderr::terminal, "bash", Stderr::pipe));
  EXPECT_FALSE(is_watched(Stderr::pipe, "bash", Stderr::terminal)) << "redirected by a person";
  for (const char* launcher : {"mpirun", "mpiexec", "orterun", "prterun"}) {
    EXPECT_TRUE(is_watched(Stderr::pipe, launcher, Stderr::terminal)) << launcher;
    EXPECT_FALSE(is_watched(Stderr::pipe, launcher, Stderr::pipe)) << launcher;
  }
}

}  // namespace
}  // namespace serried::report
