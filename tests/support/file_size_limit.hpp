// A limit on the size of files, as a full disk is one:
//
//   const FileSizeLimit limit(1000);
//   EXPECT_THROW(file.write(std::string(2000, 'x')), Error);
#pragma once

#include <signal.h>
#include <sys/resource.h>

#include <cstdint>

#include <gtest/gtest.h>

namespace serried::test {

// For the scope's life no write of this process gets beyond byte `n_bytes` of a file: the call fails, no signal is sent.
class [[nodiscard]] FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t n_bytes) {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &ignore, &handler_before_);
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit{.rlim_cur = n_bytes, .rlim_max = before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    sigaction(SIGXFSZ, &handler_before_, nullptr);
  }

 private:
  rlimit before_{};
  struct sigaction handler_before_ {};
};

}  // namespace serried::test
