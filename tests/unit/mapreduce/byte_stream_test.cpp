#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/scope_guard.hpp>
#include <serried/mapreduce/byte_stream.hpp>

#include "compress.hpp"
#include "files.hpp"
#include "random_text.hpp"
#include "read_all.hpp"
#include "temporary_directory.hpp"

namespace serried::mapreduce {
namespace {

using test::error_of_reading;
using test::gzip;
using test::read_all;
using test::skippable_zstd;
using test::zstd;
using testing::HasSubstr;

class ByteStreamTest : public testing::Test {
 protected:
  // A file of these bytes; its name says how to read it.
  Input file(const std::string& name, std::string_view bytes) {
    const std::string path = (folder_.path() / name).string();
    test::write_file(path, bytes);
    const Encoding encoding = name.ends_with(".gz")    ? Encoding::gzip
                              : name.ends_with(".zst") ? Encoding::zstd
                                                       : Encoding::plain;
    return {path, bytes.size(), encoding};
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

 private:
  test::TemporaryDirectory folder_;
};

TEST_F(ByteStreamTest, GivesTheBytesWhateverTheBuffer) {
  SERRIED_TRACE_SEED();
  test::Random random(test::run_seed());
  const std::string first = random.bytes(3000, "abc \n");
  const std::string second = random.bytes(2000);
  const std::string both = first + second;
  const Input inputs[] = {
      file("plain", both),
      file("one.gz", gzip(both)),
      file("named.gz", gzip(both, "name")),
      file("members.gz", gzip(first) + gzip("") + gzip(second)),
      file("padded.gz", gzip(first) + gzip(second) + std::string(512, '\0')),
      file("one.zst", zstd(both)),
      file("unchecked.zst", zstd(both, false)),
      file("frames.zst", zstd(first) + skippable_zstd("ignored") + zstd("") + zstd(second, false)),
  };
  for (const Input& input : inputs) {
    for (const std::size_t buffer_bytes : {1, 7, 4096, 5000, 5001, 100'000}) {
      ASSERT_EQ(read_all(input, buffer_bytes), both) << input.path << " by " << buffer_bytes;
    }
    const auto stream = open_stream(input, 0);
    std::vector<char> buffer(6000);
    EXPECT_EQ(stream->read(buffer), both.size());
    EXPECT_EQ(stream->read(buffer), 0u) << "the end stays the end";
    EXPECT_EQ(stream->n_bytes_taken(), input.size) << input.path;
  }
}

TEST_F(ByteStreamTest, MoreThanItsOwnBuffers) {
  test::Random random(1);
  const std::string bytes = random.bytes(1'500'000) + std::string(3'000'000, 'x') + random.bytes(700'000);
  for (const Input& input : {file("big.gz", gzip(bytes)), file("big.zst", zstd(bytes))}) {
    for (const std::size_t buffer_bytes : {1000, 1 << 18, 6'000'000}) {
      ASSERT_TRUE(read_all(input, buffer_bytes) == bytes) << input.path << " by " << buffer_bytes;
    }
  }
}

TEST_F(ByteStreamTest, NothingIsCompressedToo) {
  EXPECT_EQ(read_all(file("nothing.gz", gzip("")), 10), "");
  EXPECT_EQ(read_all(file("nothing.zst", zstd("")), 10), "");
  EXPECT_EQ(read_all(file("skipped.zst", skippable_zstd("only")), 10), "");
  EXPECT_EQ(read_all(file("nothing", ""), 10), "");
}

TEST_F(ByteStreamTest, PlainFilesFromTheMiddle) {
  const Input input = file("plain", "0123456789");
  for (std::uint64_t offset = 0; offset <= 11; ++offset) {
    const auto stream = open_stream(input, offset);
    std::vector<char> buffer(20);
    const std::size_t n = stream->read(buffer);
    EXPECT_EQ(std::string_view(buffer.data(), n),
              std::string_view("0123456789").substr(std::min<std::size_t>(offset, 10)));
    EXPECT_EQ(stream->n_bytes_taken(), n);
  }
  EXPECT_THROW((void)open_stream(file("a.gz", gzip("x")), 1), std::logic_error);
  EXPECT_THROW((void)open_stream(file("a.zst", zstd("x")), 1), std::logic_error);
}

TEST_F(ByteStreamTest, BytesAppendedAfterTheListingAreNotRead) {
  Input input = file("growing", "old and new");
  input.size = 3;
  EXPECT_EQ(read_all(input, 100), "old");
  EXPECT_EQ(read_all(input, 2), "old");
}

TEST_F(ByteStreamTest, AFileThatBecameShorterIsNoticed) {
  const std::string text(5000, 'a');
  for (Input input : {file("plain", text), file("a.gz", gzip(text)), file("a.zst", zstd(text))}) {
    const std::uint64_t size = input.size;
    ++input.size;  // when it was listed
    const Error error = error_of_reading(input);
    EXPECT_EQ(error.path(), input.path);
    EXPECT_EQ(error.offset(), size);
    EXPECT_THAT(error.what(), HasSubstr("became shorter"));
  }
}

TEST_F(ByteStreamTest, WhatCannotBeOpenedOrRead) {
  for (const Encoding encoding : {Encoding::plain, Encoding::gzip, Encoding::zstd, Encoding::stream}) {
    try {
      (void)open_stream({path("missing"), 5, encoding}, 0);
      ADD_FAILURE() << "no Error";
    } catch (const Error& error) {
      EXPECT_EQ(error.path(), path("missing"));
      EXPECT_THAT(error.what(), HasSubstr("No such file"));
    }
  }
  std::filesystem::create_directory(path("folder"));
  EXPECT_EQ(error_of_reading({path("folder"), 5, Encoding::plain}).path(), path("folder"));
}

// Never a shorter text without an error, unless nobody could know: where a member ends, the file may end.
void expect_truncation_seen(const Input& whole, const std::string& bytes,
                            const std::vector<std::string>& pieces_compressed,
                            const std::vector<std::string>& pieces) {
  std::set<std::size_t> boundaries;
  std::size_t at = 0;
  for (const std::string& piece : pieces_compressed) {
    boundaries.insert(at += piece.size());
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    test::write_file(whole.path, std::string_view(bytes).substr(0, size));
    const Input input{whole.path, size, whole.encoding};
    if (boundaries.contains(size)) {
      const auto n_whole = std::distance(boundaries.begin(), boundaries.find(size)) + 1;
      std::string expected;
      for (auto piece = pieces.begin(); piece != pieces.begin() + n_whole; ++piece) {
        expected += *piece;
      }
      EXPECT_EQ(read_all(input, 64), expected) << "a whole number of pieces, " << size << " bytes";
      continue;
    }
    for (const std::size_t buffer_bytes : {1, 64, 100'000}) {
      const Error error = error_of_reading(input, buffer_bytes);
      ASSERT_EQ(error.path(), input.path);
      ASSERT_THAT(error.what(), HasSubstr("truncated")) << size << " of " << bytes.size() << " bytes";
      ASSERT_EQ(error.offset(), size);
    }
  }
}

TEST_F(ByteStreamTest, TruncatedAtAnyByteIsNoticed) {
  test::Random random(7);
  const std::string text = random.bytes(150, "abcdefgh \n");
  const auto check = [&](const std::string& name, const std::vector<std::string>& pieces, auto&& compress) {
    std::vector<std::string> compressed;
    std::string bytes;
    for (const std::string& piece : pieces) {
      compressed.push_back(compress(piece));
      bytes += compressed.back();
    }
    expect_truncation_seen(file(name, bytes), bytes, compressed, pieces);
  };
  const auto plain_gzip = [](const std::string& piece) { return gzip(piece); };
  const auto named_gzip = [](const std::string& piece) { return gzip(piece, "name"); };
  const auto checked_zstd = [](const std::string& piece) { return zstd(piece); };
  const auto unchecked_zstd = [](const std::string& piece) { return zstd(piece, false); };
  check("one.gz", {text}, plain_gzip);
  check("named.gz", {text}, named_gzip);
  check("empty.gz", {""}, plain_gzip);
  check("members.gz", {text, text + text}, plain_gzip);
  check("one.zst", {text}, checked_zstd);
  check("unchecked.zst", {text}, unchecked_zstd);
  check("frames.zst", {text, "", text + text}, checked_zstd);
}

TEST_F(ByteStreamTest, GarbageIsNoticed) {
  const std::string text(1000, 'a');
  const Input inputs[] = {
      file("text.gz", text),
      file("text.zst", text),
      file("zeros.gz", std::string(100, '\0')),
      file("zeros.zst", std::string(100, '\0')),
      file("one_byte.gz", "\x1f"),
      file("one_byte.zst", "\x28"),
      file("trailing.gz", gzip(text) + "garbage"),
      file("trailing_byte.gz", gzip(text) + "x"),
      file("trailing.zst", zstd(text) + "garbage"),
      file("after_padding.gz", gzip(text) + std::string(10, '\0') + "x"),
      file("zstd.gz", zstd(text)),
      file("gzip.zst", gzip(text)),
      file("empty.gz", ""),
      file("empty.zst", ""),
  };
  for (const Input& input : inputs) {
    const Error error = error_of_reading(input);
    EXPECT_EQ(error.path(), input.path);
    EXPECT_TRUE(error.offset().has_value()) << error.what();
    EXPECT_LE(error.offset().value_or(0), input.size) << error.what();
  }
}

TEST_F(ByteStreamTest, AWrongChecksumOrLengthIsNoticed) {
  const std::string text(1000, 'a');
  std::string bytes = gzip(text);
  for (std::size_t from_end = 1; from_end <= 8; ++from_end) {
    std::string damaged = bytes;
    damaged[damaged.size() - from_end] ^= 1;
    EXPECT_THAT(error_of_reading(file("a.gz", damaged)).what(), HasSubstr("not valid gzip data"));
  }
  bytes = zstd(text);
  for (std::size_t from_end = 1; from_end <= 4; ++from_end) {
    std::string damaged = bytes;
    damaged[damaged.size() - from_end] ^= 1;
    EXPECT_THAT(error_of_reading(file("a.zst", damaged)).what(), HasSubstr("not valid zstd data"));
  }
}

TEST_F(ByteStreamTest, PipesAreReadToTheirEnd) {
  const std::string fifo = path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  test::Random random(1);
  const std::string text = random.bytes(300'000);
  // In pieces: a read of a pipe gives what is there, a read of a stream waits for the rest.
  std::thread writer([&] {
    const int out = ::open(fifo.c_str(), O_WRONLY | O_CLOEXEC);
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t n = ::write(out, text.data() + done, std::min<std::size_t>(1000, text.size() - done));
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    ::close(out);
  });
  EXPECT_EQ(read_all({fifo, 0, Encoding::stream}, 4096), text);
  writer.join();
  EXPECT_EQ(read_all({"/dev/null", 0, Encoding::stream}, 10), "");
}

TEST_F(ByteStreamTest, TheDashIsStandardInputAndStaysOpen) {
  test::write_file(path("text"), "from standard input");
  const int saved = ::dup(STDIN_FILENO);
  const ScopeGuard restore([&] {
    ::dup2(saved, STDIN_FILENO);
    ::close(saved);
  });
  const int in = ::open(path("text").c_str(), O_RDONLY | O_CLOEXEC);
  ::dup2(in, STDIN_FILENO);
  ::close(in);
  EXPECT_EQ(read_all({"-", 0, Encoding::stream}, 5), "from standard input");
  EXPECT_GE(::fcntl(STDIN_FILENO, F_GETFD), 0);
}

}  // namespace
}  // namespace serried::mapreduce
