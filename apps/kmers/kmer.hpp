/// k-mers: runs of k bases, two bits each, A < C < G < T, the first base in the highest bits, so that they sort as their
/// letters do.
///
///     for_each_kmer<ShortKmer>("ACGTN", 3, Strands::both, [](ShortKmer kmer) { … });   // ACG twice: CGT is its complement
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace serried::kmers {

/// Up to 32 bases.
using ShortKmer = std::uint64_t;

/// Up to 63 bases.
struct LongKmer {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const LongKmer&, const LongKmer&) = default;
  friend std::strong_ordering operator<=>(const LongKmer& a, const LongKmer& b) noexcept {
    return a.high != b.high ? a.high <=> b.high : a.low <=> b.low;
  }
};

inline constexpr int max_short_k = 32;
inline constexpr int max_k = 63;

/// What of a k-mer is counted: itself, or the smaller one of it and its reverse complement.
enum class Strands : bool { one, both };

namespace detail {

__extension__ using Wide = unsigned __int128;

template <class Kmer>
struct Bits {
  using Type = std::uint64_t;
  [[nodiscard]] static constexpr Kmer to_kmer(Type bits) noexcept { return bits; }
  [[nodiscard]] static constexpr Type from_kmer(Kmer kmer) noexcept { return kmer; }
};
template <>
struct Bits<LongKmer> {
  using Type = Wide;
  [[nodiscard]] static constexpr LongKmer to_kmer(Type bits) noexcept {
    return {static_cast<std::uint64_t>(bits >> 64), static_cast<std::uint64_t>(bits)};
  }
  [[nodiscard]] static constexpr Type from_kmer(LongKmer kmer) noexcept {
    return Type{kmer.high} << 64 | kmer.low;
  }
};

inline constexpr std::string_view bases = "ACGT";
inline constexpr std::uint8_t no_base = 4;

// The two bits of each letter; no_base for what is none.
inline constexpr std::array<std::uint8_t, 256> code_of = [] {
  std::array<std::uint8_t, 256> codes{};
  codes.fill(no_base);
  for (std::uint8_t code = 0; code < no_base; ++code) {
    const auto base = static_cast<unsigned char>(bases[code]);
    codes[base] = code;
    codes[base | 0x20U] = code;
  }
  return codes;
}();

// The letters of each four bases.
inline constexpr std::array<std::array<char, 4>, 256> letters_of = [] {
  std::array<std::array<char, 4>, 256> letters{};
  for (std::size_t bits = 0; bits < letters.size(); ++bits) {
    for (std::size_t i = 0; i < 4; ++i) {
      letters[bits][i] = bases[bits >> (6 - 2 * i) & 3];
    }
  }
  return letters;
}();

}  // namespace detail

/// Calls `visit(Kmer)` for each run of k letters in `letters` that are all A, C, G or T, of either case. `k` is at least 1,
/// and at most 32 for a ShortKmer, 63 for a LongKmer.
template <class Kmer, class Visit>
void for_each_kmer(std::string_view letters, int k, Strands strands, Visit&& visit) {
  using Bits = detail::Bits<Kmer>;
  using Word = typename Bits::Type;
  const int top = 2 * (k - 1);
  const Word mask = (((Word{1} << top) - 1) << 2) | 3;
  Word forward = 0;
  Word reverse = 0;  // complement
  int n_bases = 0;   // in a row, up to k
  for (const char letter : letters) {
    const std::uint8_t code = detail::code_of[static_cast<unsigned char>(letter)];
    if (code == detail::no_base) [[unlikely]] {
      n_bases = 0;
      continue;
    }
    forward = (forward << 2 | code) & mask;
    reverse = reverse >> 2 | Word{3U - code} << top;
    n_bases += static_cast<int>(n_bases < k);
    if (n_bases == k) [[likely]] {
      visit(Bits::to_kmer(strands == Strands::both ? std::min(forward, reverse) : forward));
    }
  }
}

/// Room for the letters of any k-mer, and some.
using KmerText = std::array<char, max_k + 1>;

template <class Kmer>
[[nodiscard]] std::string_view kmer_text(const Kmer& kmer, int k, KmerText& text) noexcept {
  auto bits = detail::Bits<Kmer>::from_kmer(kmer);
  std::size_t begin = text.size();  // four bases at a time from the end; above the first one there are zeros
  for (int n_left = k; n_left > 0; n_left -= 4, bits >>= 8) {
    begin -= 4;
    std::memcpy(text.data() + begin, detail::letters_of[static_cast<std::size_t>(bits & 0xff)].data(), 4);
  }
  const auto size = static_cast<std::size_t>(k);
  return {text.data() + text.size() - size, size};
}

}  // namespace serried::kmers
