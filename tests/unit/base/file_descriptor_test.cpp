#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/file_descriptor.hpp>
#include <serried/base/scope_guard.hpp>

#include "error_of.hpp"
#include "file_size_limit.hpp"
#include "temporary_directory.hpp"

namespace serried {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using testing::HasSubstr;

static_assert(!std::is_copy_constructible_v<FileDescriptor> && !std::is_copy_assignable_v<FileDescriptor>);

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) != -1; }

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;

  // Closes both ends itself: borrow() leaves that to their owner.
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      throw std::runtime_error("no pipe");
    }
    read_end = FileDescriptor::borrow(ends[0], "the pipe");
    write_end = FileDescriptor::borrow(ends[1], "the pipe");
  }
  ~Pipe() {
    ::close(read_end.get());
    close_write_end();
  }
  void close_write_end() {
    if (write_end.get() >= 0) {
      ::close(write_end.get());
      write_end = FileDescriptor();
    }
  }
};

class FileDescriptorTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return (here_.path() / name).string(); }
  [[nodiscard]] FileDescriptor make(const std::string& name, const std::string& content) const {
    FileDescriptor file = FileDescriptor::open(path(name), O_RDWR | O_CREAT | O_EXCL);
    file.write(content);
    return file;
  }
  // A fresh buffer with what read_at gave.
  static std::string read_at(const FileDescriptor& file, std::uint64_t offset, std::size_t n) {
    std::string text(n, '?');
    text.resize(file.read_at(offset, text));
    return text;
  }

 private:
  test::TemporaryDirectory here_;
};

TEST_F(FileDescriptorTest, WritesAndReadsBack) {
  const FileDescriptor file = make("a", "0123456789");
  EXPECT_EQ(file.path(), path("a"));
  EXPECT_EQ(file.size(), 10U);
  EXPECT_EQ(read_at(file, 3, 4), "3456");
  file.write_at(8, std::string("abcd"));
  EXPECT_EQ(file.size(), 12U);
  EXPECT_EQ(read_at(file, 0, 12), "01234567abcd");
  EXPECT_NO_THROW(file.sync());
}

TEST_F(FileDescriptorTest, ReadsFewerBytesOnlyAtTheEndOfTheFile) {
  const FileDescriptor file = make("a", "0123456789");
  EXPECT_EQ(read_at(file, 7, 100), "789");
  EXPECT_EQ(read_at(file, 10, 5), "");
  EXPECT_EQ(read_at(file, 1'000'000, 5), "");
  EXPECT_EQ(read_at(file, 2, 0), "");
}

TEST_F(FileDescriptorTest, WritesBehindTheEndLeaveZeros) {
  const FileDescriptor file = make("a", "x");
  file.write_at(3, std::string("y"));
  EXPECT_EQ(read_at(file, 0, 10), std::string("x\0\0y", 4));
}

TEST_F(FileDescriptorTest, PositionedCallsLeaveThePositionAlone) {
  const FileDescriptor written = make("a", "0123456789");
  const FileDescriptor file = FileDescriptor::open(path("a"), O_RDWR);
  std::array<char, 3> three{};
  EXPECT_EQ(file.read(three), 3U);
  EXPECT_EQ(read_at(file, 8, 2), "89");
  file.write_at(0, std::string("x"));
  EXPECT_EQ(file.read(three), 3U);
  EXPECT_EQ(std::string(three.begin(), three.end()), "345");
}

TEST_F(FileDescriptorTest, GathersWhatAPipeBringsInPieces) {
  Pipe pipe;
  std::thread writer([&] {
    for (const std::string piece : {"ab", "c", "defg"}) {
      pipe.write_end.write(piece);
      std::this_thread::sleep_for(5ms);
    }
    pipe.close_write_end();
  });
  std::string five(5, '?');
  EXPECT_EQ(pipe.read_end.read(five), 5U);
  EXPECT_EQ(five, "abcde");
  std::string rest(5, '?');
  EXPECT_EQ(pipe.read_end.read(rest), 2U);
  EXPECT_EQ(rest.substr(0, 2), "fg");
  writer.join();
  EXPECT_EQ(pipe.read_end.read(rest), 0U);
}

TEST_F(FileDescriptorTest, RepeatsWhatASignalInterrupts) {
  static volatile sig_atomic_t n_signals;
  n_signals = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { n_signals = n_signals + 1; };  // without SA_RESTART: read returns EINTR
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
  const ScopeGuard restore([&] {
    const itimerval off{};
    setitimer(ITIMER_REAL, &off, nullptr);
    sigaction(SIGALRM, &before, nullptr);
  });
  Pipe pipe;
  std::thread writer([&] {
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, nullptr);  // the reader shall get them
    while (n_signals < 3) {
      std::this_thread::sleep_for(1ms);
    }
    pipe.write_end.write(std::string("late"));
  });
  const itimerval timer{.it_interval = {.tv_sec = 0, .tv_usec = 2000},
                        .it_value = {.tv_sec = 0, .tv_usec = 2000}};
  setitimer(ITIMER_REAL, &timer, nullptr);
  std::string text(4, '?');
  const std::size_t n_read = pipe.read_end.read(text);
  writer.join();
  EXPECT_EQ(n_read, 4U);
  EXPECT_EQ(text, "late");
  EXPECT_GE(n_signals, 3);
}

TEST_F(FileDescriptorTest, MissingFile) {
  const Error error = error_of([&] { (void)FileDescriptor::open(path("missing"), O_RDONLY); });
  EXPECT_EQ(error.path(), path("missing"));
  EXPECT_THAT(error.what(), HasSubstr("cannot open: No such file or directory"));
}

TEST_F(FileDescriptorTest, ExclusiveCreationOfWhatExists) {
  (void)make("a", "");
  const Error error = error_of([&] { (void)make("a", ""); });
  EXPECT_EQ(error.path(), path("a"));
  EXPECT_THAT(error.what(), HasSubstr("File exists"));
}

TEST_F(FileDescriptorTest, FullDevice) {
  const FileDescriptor full = FileDescriptor::open("/dev/full", O_WRONLY);
  const Error error = error_of([&] { full.write(std::string("x")); });
  EXPECT_EQ(error.path(), "/dev/full");
  EXPECT_EQ(error.offset(), std::nullopt) << "a stream has no offset";
  EXPECT_STREQ(error.what(), "/dev/full: cannot write: No space left on device");
  EXPECT_NO_THROW(full.write(std::string()));
}

TEST_F(FileDescriptorTest, ErrorsOfPositionedCallsCarryTheOffset) {
  const FileDescriptor full = FileDescriptor::open("/dev/full", O_RDWR);
  const Error write_error = error_of([&] { full.write_at(4096, std::string("x")); });
  EXPECT_EQ(write_error.offset(), 4096U);
  EXPECT_STREQ(write_error.what(), "/dev/full, byte 4096: cannot write: No space left on device");

  const FileDescriptor write_only = FileDescriptor::open(path("a"), O_WRONLY | O_CREAT);
  const Error read_error = error_of([&] { (void)read_at(write_only, 17, 1); });
  EXPECT_EQ(read_error.path(), path("a"));
  EXPECT_EQ(read_error.offset(), 17U);
  EXPECT_THAT(read_error.what(), HasSubstr("cannot read: Bad file descriptor"));
}

TEST_F(FileDescriptorTest, OffsetOfAnErrorIsWhereItHappened) {
  const FileDescriptor file = make("a", "");
  // The file may grow to 10 bytes: of the 8 at 5, the first 5 go in.
  const Error error = error_of([&] {
    const test::FileSizeLimit limit(10);
    file.write_at(5, std::string("abcdefgh"));
  });
  EXPECT_EQ(error.offset(), 10U);
  EXPECT_THAT(error.what(), HasSubstr("File too large"));
  EXPECT_EQ(file.size(), 10U);
}

TEST_F(FileDescriptorTest, ClosedPipe) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  sigaction(SIGPIPE, &ignore, &before);
  const ScopeGuard restore([&] { sigaction(SIGPIPE, &before, nullptr); });
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  const ScopeGuard close_it([&] { ::close(ends[1]); });
  const FileDescriptor pipe = FileDescriptor::borrow(ends[1], "standard output");
  const Error error = error_of([&] { pipe.write(std::string("x")); });
  EXPECT_STREQ(error.what(), "standard output: cannot write: Broken pipe");
}

TEST_F(FileDescriptorTest, Directory) {
  const std::string folder = std::filesystem::path(path("x")).parent_path().string();
  const Error open_error = error_of([&] { (void)FileDescriptor::open(folder, O_RDWR); });
  EXPECT_EQ(open_error.path(), folder);
  EXPECT_THAT(open_error.what(), HasSubstr("cannot open: Is a directory"));
  const FileDescriptor opened = FileDescriptor::open(folder, O_RDONLY);
  std::array<char, 4> buffer{};
  const Error read_error = error_of([&] { (void)opened.read(buffer); });
  EXPECT_EQ(read_error.path(), folder);
  EXPECT_THAT(read_error.what(), HasSubstr("cannot read: Is a directory"));
}

TEST_F(FileDescriptorTest, WhatAPipeCannotDo) {
  const Pipe pipe;
  EXPECT_THAT(error_of([&] { (void)read_at(pipe.read_end, 0, 1); }).what(), HasSubstr("Illegal seek"));
  EXPECT_THAT(error_of([&] { pipe.write_end.sync(); }).what(), HasSubstr("the pipe: cannot sync"));
}

TEST_F(FileDescriptorTest, OffsetsBeyondTheFileSystemsNumbersAreBugs) {
  const FileDescriptor file = make("a", "x");
  constexpr auto max = std::numeric_limits<std::uint64_t>::max();
  EXPECT_THROW((void)read_at(file, max, 1), std::logic_error);
  EXPECT_THROW(file.write_at(max, std::string("y")), std::logic_error);
  EXPECT_EQ(file.size(), 1U);
}

TEST_F(FileDescriptorTest, NotOpenIsAnError) {
  const FileDescriptor none;
  EXPECT_EQ(none.get(), -1);
  std::array<char, 1> byte{};
  EXPECT_THROW((void)none.read(byte), Error);
  EXPECT_THROW(none.write(byte), Error);
  EXPECT_THROW(none.sync(), Error);
  EXPECT_THROW((void)none.size(), Error);
}

TEST_F(FileDescriptorTest, ClosesWhatItOpened) {
  int number = -1;
  {
    const FileDescriptor file = make("a", "x");
    number = file.get();
    ASSERT_TRUE(is_open(number));
    EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0) << "a helper process must not inherit it";
  }
  EXPECT_FALSE(is_open(number));
}

TEST_F(FileDescriptorTest, LeavesWhatItBorrowed) {
  const FileDescriptor owner = make("a", "x");
  { const FileDescriptor borrowed = FileDescriptor::borrow(owner.get(), "borrowed"); }
  EXPECT_TRUE(is_open(owner.get()));
}

TEST_F(FileDescriptorTest, MovesItsFile) {
  FileDescriptor first = make("a", "x");
  const int number = first.get();
  FileDescriptor second(std::move(first));
  EXPECT_EQ(second.get(), number);
  EXPECT_EQ(second.path(), path("a"));
  int other_number = -1;
  {
    FileDescriptor third = make("b", "");
    other_number = third.get();
    third = std::move(second);
    EXPECT_EQ(third.get(), number);
    EXPECT_EQ(third.path(), path("a"));
    EXPECT_EQ(third.size(), 1U);
    second = FileDescriptor();
    EXPECT_FALSE(is_open(other_number)) << "what was assigned over is closed with its new owner";
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

}  // namespace
}  // namespace serried
