#include <array>
#include <cstring>

#include <serried/base/crc32c.hpp>

namespace serried {
namespace {

constexpr std::size_t word_size = sizeof(std::uint64_t);
constexpr std::uint32_t polynomial = 0x82f63b78;  // Castagnoli's, bits reversed

// tables[k][b]: what the byte b adds to the checksum when k more bytes follow it in the same word ("slicing by 8",
// Kounavis and Berry, 2005).
using Tables = std::array<std::array<std::uint32_t, 256>, word_size>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    }
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < word_size; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[k - 1][byte];
      tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

// Polynomials over {0, 1}, the highest bit being the constant term: their product modulo Castagnoli's.
std::uint32_t product(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t sum = 0;
  for (std::uint32_t bit = std::uint32_t{1} << 31; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) {
      sum ^= b;
    }
    b = (b >> 1) ^ ((b & 1) != 0 ? polynomial : 0);
  }
  return sum;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(std::span<const std::byte> bytes,
                                                                      std::uint32_t before) noexcept {
  std::uint64_t crc = ~before;
  const std::byte* next = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= word_size; left -= word_size, next += word_size) {
    std::uint64_t word = 0;
    std::memcpy(&word, next, word_size);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto last = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left, ++next) {
    last = __builtin_ia32_crc32qi(last, static_cast<unsigned char>(*next));
  }
  return ~last;
}
#endif

}  // namespace

// Bytes that follow multiply what was there by x^8 each.
std::uint32_t crc32c_of_both(std::uint32_t first, std::uint32_t second, std::uint64_t n_second) noexcept {
  std::uint32_t power = std::uint32_t{1} << 23;  // x^8, then its square, and so on
  for (; n_second > 0; n_second >>= 1) {
    if ((n_second & 1) != 0) {
      first = product(first, power);
    }
    power = product(power, power);
  }
  return first ^ second;
}

std::uint32_t detail::crc32c_by_tables(std::span<const std::byte> bytes, std::uint32_t before) noexcept {
  std::uint32_t crc = ~before;
  const std::byte* next = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= word_size; left -= word_size, next += word_size) {
    std::uint64_t word = 0;
    std::memcpy(&word, next, word_size);
    word ^= crc;
    crc = 0;
    for (std::size_t k = 0; k < word_size; ++k) {
      crc ^= tables[word_size - 1 - k][(word >> (8 * k)) & 0xff];
    }
  }
  for (; left > 0; --left, ++next) {
    crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<std::uint32_t>(*next)) & 0xff];
  }
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) noexcept {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) {
    return crc32c_by_instruction(bytes, before);
  }
#endif
  return detail::crc32c_by_tables(bytes, before);
}

}  // namespace serried
