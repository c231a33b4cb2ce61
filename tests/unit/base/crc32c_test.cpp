#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/crc32c.hpp>

namespace serried {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<std::byte> random_bytes(std::size_t n) {
  std::mt19937 random(1);
  std::vector<std::byte> bytes(n);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random()); });
  return bytes;
}

// From the definition: one bit after the other.
std::uint32_t by_definition(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::byte byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
    }
  }
  return ~crc;
}

struct KnownAnswer {
  std::vector<std::byte> bytes;
  std::uint32_t crc;
};

// RFC 3720, appendix B.4, and the usual check value of "123456789".
std::vector<KnownAnswer> known_answers() {
  std::vector<std::byte> ascending(32);
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    ascending[i] = static_cast<std::byte>(i);
  }
  const std::vector<std::byte> descending(ascending.rbegin(), ascending.rend());
  constexpr std::array<unsigned char, 48> iscsi_read = {
      0x01, 0xc0, 0, 0,    0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0,
      0,    0,    0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0,    0};
  const auto read = std::as_bytes(std::span(iscsi_read));
  const auto digits = bytes_of("123456789");
  return {{std::vector<std::byte>(32, std::byte{0}), 0x8a9136aa},
          {std::vector<std::byte>(32, std::byte{0xff}), 0x62a8ab43},
          {ascending, 0x46dd794e},
          {descending, 0x113fdb5c},
          {{read.begin(), read.end()}, 0xd9963a56},
          {{digits.begin(), digits.end()}, 0xe3069283},
          {{}, 0}};
}

TEST(Crc32c, KnownAnswers) {
  for (const KnownAnswer& known : known_answers()) {
    EXPECT_EQ(crc32c(known.bytes), known.crc);
    EXPECT_EQ(detail::crc32c_by_tables(known.bytes, 0), known.crc);
    EXPECT_EQ(by_definition(known.bytes), known.crc);
  }
}

TEST(Crc32c, TheSameByInstructionAndByTablesAtAnyLengthAndAlignment) {
  const std::vector<std::byte> bytes = random_bytes(100);
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t n = 0; n + begin <= bytes.size(); ++n) {
      const auto part = std::span(bytes).subspan(begin, n);
      EXPECT_EQ(crc32c(part), by_definition(part));
      EXPECT_EQ(detail::crc32c_by_tables(part, 0), by_definition(part));
    }
  }
}

TEST(Crc32c, GoesOnWhereItStopped) {
  const std::vector<std::byte> bytes = random_bytes(1000);
  const std::uint32_t whole = crc32c(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 37) {
    const auto front = std::span(bytes).first(cut);
    const auto back = std::span(bytes).subspan(cut);
    EXPECT_EQ(crc32c(back, crc32c(front)), whole);
    EXPECT_EQ(detail::crc32c_by_tables(back, detail::crc32c_by_tables(front, 0)), whole);
    EXPECT_EQ(crc32c_of_both(crc32c(front), crc32c(back), back.size()), whole);
  }
}

TEST(Crc32c, OfTwoFarApart) {
  std::uint32_t zeros = 0;
  std::uint64_t n_zeros = 0;
  const std::vector<std::byte> some(1 << 20);
  for (int i = 0; i < 64; ++i) {
    zeros = crc32c_of_both(zeros, crc32c(some), some.size());
    n_zeros += some.size();
  }
  std::uint32_t expected = 0;
  for (int i = 0; i < 64; ++i) {
    expected = crc32c(some, expected);
  }
  EXPECT_EQ(zeros, expected);
  const std::vector<std::byte> bytes = random_bytes(10);
  std::uint32_t one_by_one = crc32c(bytes);
  for (int i = 0; i < 64; ++i) {
    one_by_one = crc32c(some, one_by_one);
  }
  EXPECT_EQ(crc32c_of_both(crc32c(bytes), zeros, n_zeros), one_by_one);
}

TEST(Crc32c, EveryFlippedBitShows) {
  std::vector<std::byte> bytes = random_bytes(64);
  const std::uint32_t before = crc32c(bytes);
  for (std::byte& byte : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      byte ^= std::byte{1} << bit;
      EXPECT_NE(crc32c(bytes), before);
      byte ^= std::byte{1} << bit;
    }
  }
}

}  // namespace
}  // namespace serried
