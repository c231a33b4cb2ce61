/// A stream of random numbers that belongs to one piece of work: what it gives depends on (seed, purpose, index) alone, not on
/// which rank or thread asks.
///
///     Stream stream(seed, "trials", block);       // for block number `block`
///     const double x = stream.uniform();          // [0, 1)
///     const double y = stream.normal();
///     stream.fill_normal(many);                   // the next ones, several times faster
///
/// Streams that differ in any of the three are independent by construction: each has 16 interleaved generators xoshiro256++
/// (D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021)) whose states are 64
/// words of Philox4x64-10 (counter_based.hpp) with the key (seed, purpose) and the counters (index, 0 … 15). The period is
/// 2^260; that two of n streams of m numbers overlap has a chance below n² m 2^-256. Making one costs as much as some hundred
/// numbers: one for each block of trials, chain or tile, not one for each trial.
///
/// All numbers are the same bits on every CPU (base/vectorized.hpp) and with every compiler; libm is not used.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <serried/base/contract.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/random/purpose.hpp>

namespace serried::random {

/// A std::uniform_random_bit_generator. Copies go on independently from the same place. For one thread. 3.5 KiB.
class Stream {
 public:
  using result_type = std::uint64_t;

  /// Throws an Error if the environment's SERRIED_CPU_LEVEL is wrong.
  Stream(std::uint64_t seed, Purpose purpose, std::uint64_t index);

  /// 64 random bits. `fill` and `fill_uniform` take as many words as they fill in; so that however a stream is asked, in one
  /// order, it gives the same numbers.
  [[nodiscard]] result_type operator()() noexcept {
    if (next_word_ == words_.size()) [[unlikely]] {
      refill_words();
    }
    return words_[next_word_++];
  }
  [[nodiscard]] static constexpr result_type min() noexcept { return 0; }
  [[nodiscard]] static constexpr result_type max() noexcept {
    return std::numeric_limits<result_type>::max();
  }

  /// A multiple of 2^-53 in [0, 1), all of them equally likely. Takes a word.
  [[nodiscard]] double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
  /// In [low, high), or [low, high] where rounding makes it so.
  [[nodiscard]] double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

  /// One of 0 … n - 1, exactly equally likely. Throws std::logic_error if n is 0. Takes a word, seldom more (D. Lemire, "Fast
  /// random integer generation in an interval", ACM TOMACS 29 (2019)).
  [[nodiscard]] std::uint64_t below(std::uint64_t n) {
    expects(n > 0, "there is a number below n");
    __extension__ using Product = unsigned __int128;
    auto product = static_cast<Product>((*this)()) * n;
    if (static_cast<std::uint64_t>(product) < n) [[unlikely]] {
      const std::uint64_t threshold = (0 - n) % n;
      while (static_cast<std::uint64_t>(product) < threshold) {
        product = static_cast<Product>((*this)()) * n;
      }
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  /// Standard normal, by G. Box and M. Muller; at most 8.57 in absolute value. They come 64 at a time: the first takes 64
  /// words, the next 63 take none.
  [[nodiscard]] double normal() noexcept {
    if (next_normal_ == normals_.size()) [[unlikely]] {
      refill_normals();
    }
    return normals_[next_normal_++];
  }
  [[nodiscard]] double normal(double mean, double standard_deviation) noexcept {
    return mean + standard_deviation * normal();
  }

  /// With mean 1; at most 36.7. Takes a word.
  [[nodiscard]] double exponential() noexcept { return exponential_of((*this)()); }

  /// Calls of operator(), uniform(), normal() and exponential(), as many as there are elements.
  void fill(std::span<std::uint64_t> words) noexcept;
  void fill_uniform(std::span<double> values) noexcept;
  void fill_normal(std::span<double> values) noexcept;
  void fill_exponential(std::span<double> values) noexcept;

 private:
  static constexpr std::size_t n_lanes = 16;
  static constexpr std::size_t n_words = 256;
  static constexpr std::size_t n_normals = 64;

  [[nodiscard]] static double exponential_of(std::uint64_t word) noexcept {
    return 0.0 - portable::log_of_normal(portable::unit_interval(word) + 0x1p-53);
  }
  template <std::size_t n_bytes, class T, class ValueOf>
  void take_words(std::span<T> values, const ValueOf& value_of) noexcept;
  template <std::size_t n_bytes>
  void next_normals(double* to) noexcept;
  void refill_words() noexcept;
  void refill_normals() noexcept;

  alignas(64) std::array<std::array<std::uint64_t, n_lanes>, 4> state_;
  alignas(64) std::array<std::uint64_t, n_words> words_;
  alignas(64) std::array<double, n_normals> normals_;
  std::size_t next_word_ = n_words;
  std::size_t next_normal_ = n_normals;
};

}  // namespace serried::random
