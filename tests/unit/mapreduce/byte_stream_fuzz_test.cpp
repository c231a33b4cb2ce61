// Damaged files: an error or the right bytes, never a crash, never other bytes.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/mapreduce/byte_stream.hpp>

#include "compress.hpp"
#include "files.hpp"
#include "random_text.hpp"
#include "read_all.hpp"
#include "temporary_directory.hpp"

namespace serried::mapreduce {
namespace {

using namespace std::chrono_literals;

// Changes that keep the length, or cut the end: none of them turns one valid file into another.
void damage(test::Random& random, std::string& bytes) {
  const std::size_t at = random.below(bytes.size());
  switch (random.below(5)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
      break;
    case 1:
      bytes[at] = static_cast<char>(random.bits());
      break;
    case 2:
      for (std::size_t i = at; i < std::min(bytes.size(), at + 8); ++i) {
        bytes[i] = static_cast<char>(random.below(2) == 0 ? 0 : 0xff);
      }
      break;
    case 3:
      std::swap(bytes[at], bytes[random.below(bytes.size())]);
      break;
    default:
      bytes.resize(at + 1);
  }
}

// Rounds until the time is up. `is_checked`: the format has a checksum, so wrong bytes are an error.
void fuzz(const std::string& name, Encoding encoding, const std::string& text, const std::string& bytes,
          bool is_checked, std::uint64_t seed) {
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / name).string();
  test::Random random(seed);
  std::size_t n_errors = 0;
  std::size_t n_right = 0;
  const auto end = std::chrono::steady_clock::now() + 700ms;
  for (int round = 0; round < 20'000 && (round < 200 || std::chrono::steady_clock::now() < end); ++round) {
    std::string damaged = bytes;
    for (std::size_t n = random.between(1, 3); n > 0; --n) {
      damage(random, damaged);
    }
    test::write_file(path, damaged);
    try {
      constexpr std::size_t limit = std::size_t{16} << 20;
      const std::string got =
          test::read_all({path, damaged.size(), encoding}, random.between(1, 3000), limit);
      if (is_checked) {
        ASSERT_EQ(got, text) << "round " << round << ": " << testing::PrintToString(damaged);
      }
      ++n_right;
    } catch (const Error& error) {
      ASSERT_EQ(error.path(), path);
      ++n_errors;
    } catch (const std::length_error&) {
      ASSERT_FALSE(is_checked && text.size() > 1000) << "round " << round;
    }
  }
  EXPECT_GT(n_errors, n_right / 4) << "the damage is seen at all";
  if (is_checked) {
    EXPECT_GT(n_errors, n_right);
  }
}

std::string some_text(std::uint64_t seed) {
  test::Random random(seed);
  return random.bytes(400, "abcdefgh \n") + std::string(300, 'x') + random.bytes(400);
}

TEST(ByteStreamFuzz, Gzip) {
  SERRIED_TRACE_SEED();
  const std::string text = some_text(1);
  fuzz("a.gz", Encoding::gzip, text, test::gzip(text), true, test::run_seed());
  fuzz("b.gz", Encoding::gzip, text, test::gzip(text, "a name"), true, test::run_seed() + 1);
}

TEST(ByteStreamFuzz, ZstdWithChecksum) {
  SERRIED_TRACE_SEED();
  const std::string text = some_text(2);
  fuzz("a.zst", Encoding::zstd, text, test::zstd(text), true, test::run_seed());
}

TEST(ByteStreamFuzz, ZstdWithoutChecksumDoesNotCrash) {
  SERRIED_TRACE_SEED();
  const std::string text = some_text(3);
  fuzz("a.zst", Encoding::zstd, text, test::zstd(text, false) + test::zstd("more", false), false,
       test::run_seed());
}

TEST(ByteStreamFuzz, RandomBytes) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  const test::TemporaryDirectory folder;
  for (const auto& [encoding, magic] : {std::pair(Encoding::gzip, std::string("\x1f\x8b\x08")),
                                        std::pair(Encoding::zstd, std::string("\x28\xb5\x2f\xfd"))}) {
    for (int round = 0; round < 1000; ++round) {
      const std::string path = (folder.path() / "random").string();
      const std::string bytes = magic + random.bytes(random.below(200));
      test::write_file(path, bytes);
      try {
        (void)test::read_all({path, bytes.size(), encoding}, 100, std::size_t{1} << 20);
      } catch (const Error& error) {
        EXPECT_EQ(error.path(), path);
      } catch (const std::length_error&) {
        // A short file may say "a thousand times the same byte".
      }
    }
  }
}

}  // namespace
}  // namespace serried::mapreduce
