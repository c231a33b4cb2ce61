// Words of many streams in turn, for a battery of tests that reads them (script: random_streams).
//
//   random_streams VARIANT [SEED [N_STREAMS]] | dieharder -g 200 -a          seed 1, 64 streams
//
// Word i is from stream i modulo N_STREAMS, so that what neighbouring streams have in common would be found between neighbouring
// words. The words are written as they are in memory, without end; a closed pipe ends the program quietly.

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include <serried/random/seeding.hpp>
#include <serried/random/stream.hpp>

namespace {

using serried::random::SeededStreams;
using serried::random::Seeding;
using serried::random::Stream;

// Stream number i of a variant.
std::optional<Stream> stream_of(std::string_view variant, std::uint64_t seed, std::uint64_t i) {
  if (variant == "indices") {
    return Stream(seed, "battery", i);
  }
  if (variant == "seeds") {
    return Stream(seed + i, "battery", 0);
  }
  if (variant == "seed-bits") {  // from each to the next one another bit changes, until all 64 have
    const std::uint64_t changed =
        i % 128 < 64 ? (std::uint64_t{1} << i % 64) - 1 : ~std::uint64_t{0} << i % 64;
    return Stream(seed ^ changed, "battery", i / 128);
  }
  if (variant == "ranks") {
    constexpr std::uint64_t n_threads = 4;
    return SeededStreams(Seeding::per_rank, seed, "battery",
                         {.rank = static_cast<int>(i / n_threads), .thread = static_cast<int>(i % n_threads)})
        .of(0);
  }
  return std::nullopt;
}

// False when nobody reads any more.
bool write_all(std::span<const std::uint64_t> words) {
  for (auto bytes = std::as_bytes(words); !bytes.empty();) {
    const ssize_t n = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (errno == EPIPE) {
      return false;
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "cannot write");
    }
  }
  return true;
}

bool parse(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

int usage() {
  std::fputs("usage: random_streams indices|seeds|seed-bits|ranks [SEED [N_STREAMS]]\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = 1;
  std::uint64_t n_streams = 64;
  if (argc < 2 || argc > 4 || (argc > 2 && !parse(argv[2], seed)) ||
      (argc > 3 && !parse(argv[3], n_streams)) || n_streams == 0 || n_streams > 1'000'000) {
    return usage();
  }
  std::vector<Stream> streams;
  for (std::uint64_t i = 0; i < n_streams; ++i) {
    const auto stream = stream_of(argv[1], seed, i);
    if (!stream) {
      return usage();
    }
    streams.push_back(*stream);
  }
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is then an error of write()
  constexpr std::size_t n_each = 256;
  std::vector<std::uint64_t> of_one(n_each);
  std::vector<std::uint64_t> words(n_each * n_streams);
  try {
    do {
      for (std::size_t i = 0; i < n_streams; ++i) {
        streams[i].fill(of_one);
        for (std::size_t k = 0; k < n_each; ++k) {
          words[k * n_streams + i] = of_one[k];
        }
      }
    } while (write_all(words));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "random_streams: %s\n", error.what());
    return 1;
  }
  return 0;
}
