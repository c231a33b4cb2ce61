/// N. Metropolis's algorithm on a checkerboard, 512 spins at a time: a spin is a bit, and no spin is a neighbour of another of its
/// own colour.
///
///     Metropolis chain(1024, 2.27, stream, Start::ordered);
///     chain.step(stream);                                    // one sweep: every spin is offered a flip once
///     chain.measure(values);
///
/// A flip that raises the energy by 4 or 8 is accepted if a random number of 64 bits is below 2^64 exp(-4/T) or
/// 2^64 exp(-8/T), rounded down: to within 2^-53 of the exact chance, and the same on every CPU and with every compiler. Of the 64
/// bits only as many are drawn, from the top, as decide all of 512 comparisons: 13, and more once in some 20 times.
///
/// A flip that does not raise the energy is always accepted. Were it also always offered, patterns in which every spin differs from
/// two of its neighbours (2 x 2 blocks, say) would do nothing but turn over as a whole, and would be reached from nowhere else: 36
/// of the 65,536 states of a lattice of 4 x 4. So the first spins of each colour, 64 at most and all in row 0, are offered a flip
/// with a chance of one half only.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <serried/base/portable_math.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/random/stream.hpp>

#include "lattice.hpp"

namespace serried::ising {

namespace detail {

/// The spins of one colour, a bit each: L rows of L/2 bits in whole words, of which unused bits are 0. Spin (x, y) of the lattice is
/// bit (x + y)/2 modulo L/2 of row y: so that the four neighbours of bit i of a black row y are the bits i and i - 1 of the white
/// row y, i of row y + 1 and i - 1 of row y - 1; those of a white one are the bits i and i + 1 of the black row y, i of row y - 1
/// and i + 1 of row y + 1. The last row is there again before the first one, and the first after the last.
class Plane {
 public:
  explicit Plane(std::size_t length)
      : n_rows_(length), row_words_((length / 2 + 63) / 64), words_((length + 2) * row_words_ + 2 * slack) {}

  [[nodiscard]] std::size_t row_words() const noexcept { return row_words_; }
  [[nodiscard]] std::size_t n_words() const noexcept { return n_rows_ * row_words_; }
  /// -1 … L; the rows follow each other. Before the first there is one word more, after the last there are 8.
  [[nodiscard]] std::uint64_t* row(std::ptrdiff_t y) noexcept { return words_.data() + offset(y); }
  [[nodiscard]] const std::uint64_t* row(std::ptrdiff_t y) const noexcept {
    return words_.data() + offset(y);
  }
  [[nodiscard]] std::span<const std::uint64_t> rows() const noexcept { return {row(0), n_words()}; }
  void repeat_edges() noexcept {
    const auto last = static_cast<std::ptrdiff_t>(n_rows_) - 1;
    std::copy_n(row(last), row_words_, row(-1));
    std::copy_n(row(0), row_words_, row(last + 1));
  }

  /// Bit i of each row becomes bit i - 1 of `from`, the first one its last one.
  void set_before(const Plane& from) noexcept {
    shift_rows(
        from, [](const std::uint64_t* word) { return word[0] << 1 | word[-1] >> 63; },
        [&](const std::uint64_t* word, std::uint64_t* to) {
          const std::size_t last = row_words_ - 1;
          to[0] = word[0] << 1 | word[last] >> last_bit();
          to[last] &= last_mask();
        });
  }
  /// Bit i + 1, the last one the first.
  void set_after(const Plane& from) noexcept {
    shift_rows(
        from, [](const std::uint64_t* word) { return word[0] >> 1 | word[1] << 63; },
        [&](const std::uint64_t* word, std::uint64_t* to) {
          const std::size_t last = row_words_ - 1;
          to[last] = word[last] >> 1 | (word[0] & 1) << last_bit();
        });
  }
  /// Sets all bits, the unused ones excepted.
  void set_all() noexcept {
    for (std::size_t i = 0; i < n_words(); ++i) {
      row(0)[i] = (i + 1) % row_words_ == 0 ? last_mask() : ~std::uint64_t{0};
    }
  }

 private:
  static constexpr std::size_t slack = 8;

  [[nodiscard]] std::size_t offset(std::ptrdiff_t y) const noexcept {
    return slack + static_cast<std::size_t>(y + 1) * row_words_;
  }
  [[nodiscard]] unsigned last_bit() const noexcept { return static_cast<unsigned>(n_rows_ / 2 - 1) % 64; }
  [[nodiscard]] std::uint64_t last_mask() const noexcept { return ~std::uint64_t{0} >> (63 - last_bit()); }

  // All words as if the rows were one, then the ends of each row.
  template <class Shifted, class Mend>
  void shift_rows(const Plane& from, const Shifted& shifted, const Mend& mend) noexcept {
    const std::uint64_t* const source = from.row(-1);
    std::uint64_t* const to = row(-1);
    const std::size_t n = (n_rows_ + 2) * row_words_;
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = shifted(source + i);
    }
    for (std::size_t i = 0; i < n; i += row_words_) {
      mend(source + i, to + i);
    }
  }

  std::size_t n_rows_;
  std::size_t row_words_;
  std::vector<std::uint64_t> words_;
};

/// A bit of the threshold of a rise by 8, and whether that of a rise by 4 is the other one; in all bits of a word.
struct ThresholdBits {
  std::uint64_t of_8 = 0;
  std::uint64_t differs = 0;
};

/// The first words of the planes that hold the neighbours of a plane's spins.
using Neighbours = std::array<const std::uint64_t*, 4>;

/// Which of the spins in a register flip.
template <std::size_t n_bytes>
class Flips {
 public:
  /// Of the spins from `spins[first]` on, those of `offered`.
  void begin(const std::uint64_t* spins, const Neighbours& neighbours, const std::uint64_t* offered,
             std::size_t first) noexcept {
    Words here;
    Words a;
    Words b;
    Words c;
    Words d;
    Words is_offered;
    load(here, spins + first);
    load(a, neighbours[0] + first);
    load(b, neighbours[1] + first);
    load(c, neighbours[2] + first);
    load(d, neighbours[3] + first);
    load(is_offered, offered + first);
    a ^= here;  // where they differ
    b ^= here;
    c ^= here;
    d ^= here;
    const Words at_least_two = (a & b) | (c & d) | ((a | b) & (c | d));
    accepted_ = is_offered & at_least_two;
    undecided_ = is_offered & ~at_least_two;
    rise_4_ = a | b | c | d;
  }
  /// Compares the first bits of their random numbers with those of the thresholds: bit k is in the words from `random[k * stride]`
  /// on.
  template <std::size_t n>
  void compare_first(const std::uint64_t* random, std::size_t stride, const ThresholdBits* bits) noexcept {
    Words is_below{};
    Words is_equal = undecided_;
    for (std::size_t k = n; k-- > 0;) {  // the upper bits decide, so they come last
      Words drawn;
      load(drawn, random + k * stride);
      const Words threshold = (rise_4_ & bits[k].differs) ^ bits[k].of_8;
      const Words differs = threshold ^ drawn;
      is_below = (threshold & differs) | (is_below & ~differs);
      is_equal &= ~differs;
    }
    accepted_ |= undecided_ & is_below;
    undecided_ = is_equal;
  }
  /// Compares the next bit.
  void compare_next(const std::uint64_t* random, ThresholdBits bits) noexcept {
    Words drawn;
    load(drawn, random);
    const Words threshold = (rise_4_ & bits.differs) ^ bits.of_8;
    accepted_ |= undecided_ & threshold & ~drawn;
    undecided_ &= ~(threshold ^ drawn);
  }
  void flip(std::uint64_t* spins) const noexcept {
    Words here;
    load(here, spins);
    here ^= accepted_;
    std::memcpy(spins, &here, n_bytes);
  }
  void put_undecided(std::uint64_t* to) const noexcept { std::memcpy(to, &undecided_, n_bytes); }

 private:
  using Words __attribute__((vector_size(n_bytes))) = std::uint64_t;

  static void load(Words& words, const std::uint64_t* from) noexcept { std::memcpy(&words, from, n_bytes); }

  Words accepted_;
  Words undecided_;
  Words rise_4_;  // of what is undecided: by 4, not by 8
};

}  // namespace detail

/// A Markov chain. For one thread.
class Metropolis {
 public:
  /// Spins are worked on by blocks of so many words, whatever the CPU.
  static constexpr std::size_t block_words = 8;
  /// Random bits that a block draws for each of its spins, all at once; more, one by one, if they leave something undecided.
  static constexpr std::size_t first_bits = 13;
  /// Blocks whose first bits are drawn together.
  static constexpr std::size_t group_blocks = 8;

  /// `length` even, 2 … 16,384, `temperature` positive, or std::logic_error. A disordered start takes L²/64 words of `start`.
  Metropolis(std::size_t length, double temperature, random::Stream& start, Start how)
      : length_((check(length, temperature), length)),
        black_(length),
        white_(length),
        shifted_(length),
        offered_(length) {
    const std::uint64_t of_4 = threshold_of(portable::exp(-4 / temperature));
    const std::uint64_t of_8 = threshold_of(portable::exp(-8 / temperature));
    for (std::size_t k = 0; k < thresholds_.size(); ++k) {
      thresholds_[k] = {0 - (of_8 >> (63 - k) & 1), 0 - ((of_4 ^ of_8) >> (63 - k) & 1)};
    }
    offered_.set_all();
    first_offered_ = offered_.row(0)[0];
    load(first_spins(length, how, start));
  }

  /// One sweep: the black spins, then the white ones. Each colour takes a word of `stream` and then, for up to 8 blocks of 8 words
  /// of spins at a time, 13 · 8 for each of them, and after that 8 at a time for what they leave undecided, block by block.
  void step(random::Stream& stream) {
    vectorized([&]<std::size_t n_bytes>(RegisterBytes<n_bytes>) {
      shifted_.set_before(white_);
      update<n_bytes>(black_, {white_.row(0), white_.row(1), shifted_.row(0), shifted_.row(-1)}, stream);
      shifted_.set_after(black_);
      update<n_bytes>(white_, {black_.row(0), black_.row(-1), shifted_.row(0), shifted_.row(1)}, stream);
    });
  }

  /// Fills in the Observables. Throws std::logic_error unless there are five values. Counts all spins anew: a fifth of a sweep.
  void measure(std::span<double> values) const {
    put_observables(energy(), magnetisation(), length_ * length_, values);
  }

  /// Appends the configuration (lattice.hpp).
  void save(std::vector<std::byte>& bytes) const {
    append_spins(
        length_, [&](std::size_t x, std::size_t y) { return is_up(x, y); }, bytes);
  }
  /// Goes on from one that was saved. Throws an Error, and changes nothing, if it is none of this size.
  void load(std::span<const std::byte> bytes) {
    read_spins(length_, bytes, [&](std::size_t x, std::size_t y, bool is_up) {
      std::uint64_t& word = plane(x, y).row(static_cast<std::ptrdiff_t>(y))[bit_of(x, y) / 64];
      const std::uint64_t bit = std::uint64_t{1} << bit_of(x, y) % 64;
      word = is_up ? word | bit : word & ~bit;
    });
    black_.repeat_edges();
    white_.repeat_edges();
    shifted_.set_after(black_);
  }

  [[nodiscard]] std::int64_t energy() const {
    const auto white = white_.rows();
    const std::uint64_t* const neighbours[] = {black_.row(0), black_.row(-1), shifted_.row(0),
                                               shifted_.row(1)};
    std::int64_t n_unequal = 0;
    vectorized([&] {
      for (std::size_t i = 0; i < white.size(); ++i) {
        for (const std::uint64_t* const neighbour : neighbours) {
          n_unequal += std::popcount(white[i] ^ neighbour[i]);
        }
      }
    });
    return 2 * n_unequal - 2 * static_cast<std::int64_t>(length_ * length_);
  }
  [[nodiscard]] std::int64_t magnetisation() const {
    const auto black = black_.rows();
    const auto white = white_.rows();
    std::int64_t n_up = 0;
    vectorized([&] {
      for (std::size_t i = 0; i < white.size(); ++i) {
        n_up += std::popcount(black[i]) + std::popcount(white[i]);
      }
    });
    return 2 * n_up - static_cast<std::int64_t>(length_ * length_);
  }

 private:
  static constexpr std::size_t bit_words = block_words;  // a random bit for each spin of a block

  [[nodiscard]] std::size_t bit_of(std::size_t x, std::size_t y) const { return (x + y) / 2 % (length_ / 2); }
  [[nodiscard]] detail::Plane& plane(std::size_t x, std::size_t y) {
    return (x + y) % 2 == 0 ? black_ : white_;
  }
  [[nodiscard]] bool is_up(std::size_t x, std::size_t y) const {
    const detail::Plane& plane = (x + y) % 2 == 0 ? black_ : white_;
    return (plane.row(static_cast<std::ptrdiff_t>(y))[bit_of(x, y) / 64] >> bit_of(x, y) % 64 & 1) != 0;
  }

  template <std::size_t n_bytes>
  void update(detail::Plane& plane, const detail::Neighbours& neighbours, random::Stream& stream) noexcept {
    alignas(64) std::array<std::uint64_t, group_blocks * first_bits * bit_words> random;
    offered_.row(0)[0] = first_offered_ & stream();
    const std::size_t n_blocks = (plane.n_words() + block_words - 1) / block_words;
    for (std::size_t group = 0; group < n_blocks; group += group_blocks) {
      const std::size_t n = std::min(group_blocks, n_blocks - group);
      stream.fill(std::span(random).first(n * first_bits * bit_words));
      for (std::size_t k = 0; k < n; ++k) {
        update_block<n_bytes>(plane.row(0), neighbours, (group + k) * block_words,
                              random.data() + k * first_bits * bit_words, stream);
      }
    }
    plane.repeat_edges();
  }

  template <std::size_t n_bytes>
  void update_block(std::uint64_t* spins, const detail::Neighbours& neighbours, std::size_t first,
                    const std::uint64_t* random, random::Stream& stream) noexcept {
    constexpr std::size_t n_words = n_bytes / sizeof(std::uint64_t);
    constexpr std::size_t n_parts = block_words / n_words;
    detail::Flips<n_bytes> flips[n_parts];
    std::array<std::uint64_t, block_words> undecided;
    for (std::size_t part = 0; part < n_parts; ++part) {
      flips[part].begin(spins, neighbours, offered_.row(0), first + part * n_words);
      flips[part].template compare_first<first_bits>(random + part * n_words, bit_words, thresholds_.data());
      flips[part].put_undecided(undecided.data() + part * n_words);
    }
    for (std::size_t k = first_bits; is_any_set(undecided) && k < thresholds_.size(); ++k) {
      alignas(64) std::array<std::uint64_t, bit_words> drawn;
      stream.fill(drawn);
      for (std::size_t part = 0; part < n_parts; ++part) {
        flips[part].compare_next(drawn.data() + part * n_words, thresholds_[k]);
        flips[part].put_undecided(undecided.data() + part * n_words);
      }
    }
    for (std::size_t part = 0; part < n_parts; ++part) {
      flips[part].flip(spins + first + part * n_words);
    }
  }

  [[nodiscard]] static bool is_any_set(const std::array<std::uint64_t, block_words>& words) noexcept {
    std::uint64_t any = 0;
    for (const std::uint64_t word : words) {
      any |= word;
    }
    return any != 0;
  }

  std::size_t length_;
  std::array<detail::ThresholdBits, 64> thresholds_;  // from the top
  detail::Plane black_;
  detail::Plane white_;
  detail::Plane
      shifted_;  // the spins of the colour that was updated first, for whoever looks from the other one
  detail::Plane offered_;
  std::uint64_t first_offered_ = 0;
};

}  // namespace serried::ising
