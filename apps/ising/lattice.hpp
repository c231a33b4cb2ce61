/// What the algorithms for the two-dimensional Ising model have in common: L x L spins s = ±1, where L is the lattice's length, on a
/// square lattice with periodic edges, energy E = -Σ s s' over its 2 L² bonds, temperature T in units of the coupling over
/// Boltzmann's constant, no field.
///
/// A saved configuration is one bit a spin, row by row, set where the spin is up: the same of all algorithms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/error.hpp>
#include <serried/random/stream.hpp>

namespace serried::ising {

/// What a chain begins with: all spins up, or each of them up or down with equal chances.
enum class Start : std::uint8_t { ordered, disordered };

/// What `measure` gives, in this order: the energy e and the magnetisation m are those per spin.
enum Observable : std::size_t {
  energy_per_spin,
  energy_squared,
  absolute_magnetisation,
  magnetisation_squared,
  magnetisation_to_the_4,
  n_observables
};

inline constexpr std::size_t min_length = 2;
inline constexpr std::size_t max_length = 16'384;

/// Throws std::logic_error unless there is such a lattice. With L = 2 a spin has two bonds with each of its neighbours.
inline void check(std::size_t length, double temperature) {
  expects(length >= min_length && length <= max_length && length % 2 == 0,
          "the length is an even number from 2 to 16,384");
  expects(temperature > 0 && temperature < std::numeric_limits<double>::infinity(),
          "the temperature is positive and finite");
}

/// For `chance`, the random words below this: chance · 2^64, rounded down, and at most 2^64 - 1.
[[nodiscard]] inline std::uint64_t threshold_of(double chance) noexcept {
  return chance < 1 ? static_cast<std::uint64_t>(chance * 0x1p64) : ~std::uint64_t{0};
}

/// Fills in what `measure` gives. Throws std::logic_error if there is no room for it, or for more.
inline void put_observables(std::int64_t energy, std::int64_t magnetisation, std::size_t n_spins,
                            std::span<double> values) {
  expects(values.size() == n_observables, "there is room for five values");
  const double e = static_cast<double>(energy) / static_cast<double>(n_spins);
  const double m = static_cast<double>(std::abs(magnetisation)) / static_cast<double>(n_spins);
  values[energy_per_spin] = e;
  values[energy_squared] = e * e;
  values[absolute_magnetisation] = m;
  values[magnetisation_squared] = m * m;
  values[magnetisation_to_the_4] = (m * m) * (m * m);
}

/// The bytes of a saved configuration of n spins. The last bits of the last byte are 0.
[[nodiscard]] constexpr std::size_t saved_bytes(std::size_t n_spins) { return (n_spins + 7) / 8; }

/// Appends the configuration in which spin (x, y) is up where `is_up(x, y)`.
template <class IsUp>
void append_spins(std::size_t length, const IsUp& is_up, std::vector<std::byte>& bytes) {
  std::size_t bit = 8 * bytes.size();
  bytes.resize(bytes.size() + saved_bytes(length * length));
  for (std::size_t y = 0; y < length; ++y) {
    for (std::size_t x = 0; x < length; ++x, ++bit) {
      bytes[bit / 8] |= static_cast<std::byte>((is_up(x, y) ? 1U : 0U) << bit % 8);
    }
  }
}

/// Calls `set(x, y, is_up)` for each spin of a saved configuration. Throws an Error, before the first call, if it is none of
/// that size.
template <class Set>
void read_spins(std::size_t length, std::span<const std::byte> bytes, const Set& set) {
  const std::size_t n_spins = length * length;
  const bool fits = bytes.size() == saved_bytes(n_spins) &&
                    (n_spins % 8 == 0 || std::to_integer<unsigned>(bytes.back()) >> n_spins % 8 == 0);
  if (!fits) {
    throw Error("a saved configuration is none of this lattice")
        .hint("was it written for another size, or by another version of the program?");
  }
  std::size_t bit = 0;
  for (std::size_t y = 0; y < length; ++y) {
    for (std::size_t x = 0; x < length; ++x, ++bit) {
      set(x, y, (std::to_integer<unsigned>(bytes[bit / 8]) >> bit % 8 & 1) != 0);
    }
  }
}

/// A chain's first configuration, as if it had been saved. A disordered one takes a word for 64 spins.
[[nodiscard]] inline std::vector<std::byte> first_spins(std::size_t length, Start start,
                                                        random::Stream& stream) {
  std::vector<std::byte> bytes;
  std::uint64_t word = 0;
  std::size_t n_left = 0;
  append_spins(
      length,
      [&](std::size_t, std::size_t) {
        if (start == Start::ordered) {
          return true;
        }
        if (n_left == 0) {
          word = stream();
          n_left = 64;
        }
        return (word >> --n_left & 1) != 0;
      },
      bytes);
  return bytes;
}

}  // namespace serried::ising
