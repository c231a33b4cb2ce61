#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <serried/base/error.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/random/stream.hpp>

#include "../random/statistics.hpp"
#include "ising/lattice.hpp"
#include "ising/metropolis.hpp"
#include "ising/onsager.hpp"
#include "ising/wolff.hpp"

namespace serried::ising {
namespace {

using random::Stream;
using Values = std::array<double, n_observables>;

template <class Chain>
std::vector<std::byte> saved(const Chain& chain) {
  std::vector<std::byte> bytes;
  chain.save(bytes);
  return bytes;
}

// The plainest one.
class Lattice {
 public:
  Lattice(std::size_t length, std::span<const std::byte> bytes) : length_(length), spins_(length * length) {
    for (std::size_t i = 0; i < spins_.size(); ++i) {
      spins_[i] = (std::to_integer<unsigned>(bytes[i / 8]) >> i % 8 & 1) != 0 ? 1 : -1;
    }
  }
  std::size_t length() const { return length_; }
  int& spin(std::size_t x, std::size_t y) { return spins_[y % length_ * length_ + x % length_]; }
  int sum_of_neighbours(std::size_t x, std::size_t y) {
    return spin(x + 1, y) + spin(x + length_ - 1, y) + spin(x, y + 1) + spin(x, y + length_ - 1);
  }
  std::int64_t energy() {
    std::int64_t energy = 0;
    for (std::size_t y = 0; y < length_; ++y) {
      for (std::size_t x = 0; x < length_; ++x) {
        energy -= spin(x, y) * (spin(x + 1, y) + spin(x, y + 1));
      }
    }
    return energy;
  }
  std::int64_t magnetisation() const {
    std::int64_t sum = 0;
    for (const int spin : spins_) {
      sum += spin;
    }
    return sum;
  }
  std::vector<std::byte> saved() const {
    std::vector<std::byte> bytes((spins_.size() + 7) / 8);
    for (std::size_t i = 0; i < spins_.size(); ++i) {
      bytes[i / 8] |= static_cast<std::byte>((spins_[i] > 0 ? 1U : 0U) << i % 8);
    }
    return bytes;
  }

 private:
  std::size_t length_;
  std::vector<int> spins_;
};

constexpr std::size_t first_bits = Metropolis::first_bits;

// A block of 512 spins of one colour, spin by spin, by the rules in metropolis.hpp. Word k, bit b of the block is bit 64 k + b; the
// first random words are given, the next ones come from the stream.
class NaiveBlock {
 public:
  NaiveBlock(Lattice& lattice, std::size_t colour, std::size_t block, std::uint64_t first_offered)
      : lattice_(&lattice) {
    const std::size_t length = lattice.length();
    const std::size_t row_words = (length / 2 + 63) / 64;
    for (std::size_t i = 0; i < 512; ++i) {
      const std::size_t word = block * 8 + i / 64;
      const std::size_t y = word / row_words;
      const std::size_t in_row = word % row_words * 64 + i % 64;
      const bool is_offered = word > 0 || (first_offered >> i & 1) != 0;
      if (y < length && in_row < length / 2 && is_offered) {
        offers_.push_back({.bit = i, .x = (2 * in_row + colour + length - y) % length, .y = y});
      }
    }
  }
  void flip(std::uint64_t of_4, std::uint64_t of_8, std::span<const std::uint64_t> first_words,
            Stream& stream) {
    std::size_t n_undecided = offers_.size();
    for (std::size_t n_bits = 1; n_bits <= 64 && (n_bits <= first_bits || n_undecided > 0); ++n_bits) {
      std::array<std::uint64_t, 8> words;
      for (std::size_t k = 0; k < 8; ++k) {
        words.at(k) = n_bits <= first_bits ? first_words[8 * (n_bits - 1) + k] : stream();
      }
      n_undecided = 0;
      for (Offer& offer : offers_) {
        if (offer.is_decided) {
          continue;
        }
        offer.number = 2 * offer.number + (words.at(offer.bit / 64) >> offer.bit % 64 & 1);
        int& spin = lattice_->spin(offer.x, offer.y);
        const int rise = 2 * spin * lattice_->sum_of_neighbours(offer.x, offer.y);
        const std::uint64_t below = (rise == 4 ? of_4 : of_8) >> (64 - n_bits);
        offer.is_decided = rise <= 0 || offer.number != below;
        spin *= rise <= 0 || offer.number < below ? -1 : 1;
        n_undecided += offer.is_decided ? 0 : 1;
      }
    }
  }

 private:
  struct Offer {
    std::size_t bit = 0;
    std::size_t x = 0;
    std::size_t y = 0;
    std::uint64_t number = 0;  // the bits drawn so far
    bool is_decided = false;
  };

  Lattice* lattice_;
  std::vector<Offer> offers_;
};

void naive_sweep(Lattice& lattice, double temperature, Stream& stream) {
  const std::uint64_t of_4 = threshold_of(portable::exp(-4 / temperature));
  const std::uint64_t of_8 = threshold_of(portable::exp(-8 / temperature));
  const std::size_t n_words = lattice.length() * ((lattice.length() / 2 + 63) / 64);
  const std::size_t n_blocks = (n_words + 7) / 8;
  for (const std::size_t colour : {0U, 1U}) {
    const std::uint64_t first_offered = stream();
    for (std::size_t group = 0; group < n_blocks; group += 8) {
      const std::size_t n = std::min<std::size_t>(8, n_blocks - group);
      std::vector<std::uint64_t> words(n * first_bits * 8);
      for (std::uint64_t& word : words) {
        word = stream();
      }
      for (std::size_t k = 0; k < n; ++k) {
        NaiveBlock(lattice, colour, group + k, first_offered)
            .flip(of_4, of_8, std::span(words).subspan(k * first_bits * 8, first_bits * 8), stream);
      }
    }
  }
}

TEST(Metropolis, IsTheSweepThatItSays) {
  for (const std::size_t length : {2U, 4U, 6U, 10U, 64U, 126U, 128U, 130U, 256U, 514U}) {
    for (const double temperature : {0.1, 2.0, 5.0, 1e6}) {
      Stream stream(20261130, "sweep", length);
      Metropolis chain(length, temperature, stream, Start::disordered);
      Lattice lattice(length, saved(chain));
      Stream same_stream = stream;
      for (int sweep = 0; sweep < 3; ++sweep) {
        chain.step(stream);
        naive_sweep(lattice, temperature, same_stream);
        ASSERT_TRUE(saved(chain) == lattice.saved()) << length << " at " << temperature;
      }
      EXPECT_EQ(stream(), same_stream());
    }
  }
}

// Spins that all have two neighbours of either sign turn over at no cost, and then have so again.
TEST(Metropolis, LeavesAPatternOfBlocks) {
  const std::vector<std::byte> blocks = {std::byte{0x33}, std::byte{0xcc}};
  Stream stream(1, "blocks", 0);
  Metropolis chain(4, 1.0, stream, Start::ordered);
  chain.load(blocks);
  EXPECT_EQ(chain.energy(), 0);
  for (int sweep = 0; sweep < 100; ++sweep) {  // one fails to leave it with a chance of about 2^-16
    chain.step(stream);
  }
  EXPECT_LT(chain.energy(), -16);
}

// Of all states of a lattice of 2 x 2 or 4 x 4.
Values exact_means(std::size_t length, double temperature) {
  const std::size_t n_spins = length * length;
  Values sums{};
  double partition = 0;
  for (std::uint32_t state = 0; state < 1U << n_spins; ++state) {
    std::uint32_t n_unequal = 0;
    for (std::size_t i = 0; i < n_spins; ++i) {
      const std::size_t right = i / length * length + (i + 1) % length;
      const std::size_t below = (i + length) % n_spins;
      n_unequal += ((state >> i ^ state >> right) & 1) + ((state >> i ^ state >> below) & 1);
    }
    const auto n = static_cast<double>(n_spins);
    const double e = 2 * n_unequal / n - 2;
    const double m = std::abs(2 * std::popcount(state) / n - 1);
    const double weight = std::exp(-(e + 2) * n / temperature);
    partition += weight;
    const Values values = {e, e * e, m, m * m, m * m * m * m};
    for (std::size_t k = 0; k < values.size(); ++k) {
      sums[k] += weight * values[k];
    }
  }
  for (double& sum : sums) {
    sum /= partition;
  }
  return sums;
}

// What a chain of `n_bins` times `bin` steps gives, after as many as a bin for a start.
struct Measured {
  Values means{};
  Values errors{};
};

template <class Chain>
Measured measure(Chain& chain, std::size_t bin, Stream& stream) {
  constexpr std::size_t n_bins = 200;
  for (std::size_t i = 0; i < bin; ++i) {
    chain.step(stream);
  }
  Values sums{};
  Values sums_of_squares{};
  for (std::size_t i = 0; i < n_bins; ++i) {
    Values of_bin{};
    for (std::size_t step = 0; step < bin; ++step) {
      chain.step(stream);
      Values values{};
      chain.measure(values);
      for (std::size_t k = 0; k < values.size(); ++k) {
        of_bin[k] += values[k] / static_cast<double>(bin);
      }
    }
    for (std::size_t k = 0; k < of_bin.size(); ++k) {
      sums[k] += of_bin[k];
      sums_of_squares[k] += of_bin[k] * of_bin[k];
    }
  }
  Measured measured;
  for (std::size_t k = 0; k < sums.size(); ++k) {
    measured.means[k] = sums[k] / n_bins;
    const double variance = sums_of_squares[k] / n_bins - measured.means[k] * measured.means[k];
    measured.errors[k] = std::sqrt(variance / (n_bins - 1));
  }
  return measured;
}

template <class Chain>
class IsingChain : public testing::Test {};
using Chains = testing::Types<Metropolis, Wolff>;
TYPED_TEST_SUITE(IsingChain, Chains);

// Student's t of 199 degrees is beyond 5 once in 800,000: twenty values are once in 40,000 seeds.
TYPED_TEST(IsingChain, HasTheExactMeansOfSmallLattices) {
  for (const std::size_t length : {2U, 4U}) {
    for (const double temperature : {2.0, 3.5}) {
      Stream stream(20261130, "exact", length);
      TypeParam chain(length, temperature, stream, Start::disordered);
      const Measured measured = measure(chain, 300, stream);
      const Values exact = exact_means(length, temperature);
      for (std::size_t k = 0; k < exact.size(); ++k) {
        EXPECT_LT(std::abs(measured.means[k] - exact[k]), 5 * measured.errors[k])
            << "observable " << k << " of " << length << " x " << length << " at " << temperature << ": "
            << measured.means[k] << ", not " << exact[k];
        EXPECT_LT(measured.errors[k], 0.015 * std::abs(exact[k]));
      }
    }
  }
}

// Where the correlation length is a few spins, 32 x 32 are infinitely many. Neighbouring bins are not quite independent: 5 is 4.5 or
// so, beyond which one of three values is once in 30,000 seeds.
TYPED_TEST(IsingChain, HasTheExactMeansOfInfiniteLattices) {
  for (const double temperature : {1.8, 3.0}) {
    Stream stream(20261130, "infinite", 0);
    TypeParam chain(32, temperature, stream, Start::ordered);
    const Measured measured = measure(chain, 20, stream);
    EXPECT_LT(std::abs(measured.means[energy_per_spin] - exact_energy(temperature)),
              5 * measured.errors[energy_per_spin]);
    EXPECT_LT(measured.errors[energy_per_spin], 0.004);
    if (temperature < critical_temperature) {
      EXPECT_LT(std::abs(measured.means[absolute_magnetisation] - exact_magnetisation(temperature)),
                5 * measured.errors[absolute_magnetisation]);
      EXPECT_LT(measured.errors[absolute_magnetisation], 0.004);
    }
  }
}

TYPED_TEST(IsingChain, CountsEnergyAndMagnetisation) {
  for (const std::size_t length : {2U, 4U, 6U, 62U, 130U}) {
    Stream stream(3, "counts", length);
    TypeParam chain(length, 2.3, stream, Start::disordered);
    for (int step = 0; step < 20; ++step) {
      Lattice lattice(length, saved(chain));
      ASSERT_EQ(chain.energy(), lattice.energy()) << length;
      ASSERT_EQ(chain.magnetisation(), lattice.magnetisation()) << length;
      chain.step(stream);
    }
    Values values{};
    chain.measure(values);
    const auto n = static_cast<double>(length * length);
    const double e = static_cast<double>(chain.energy()) / n;
    const double m = std::abs(static_cast<double>(chain.magnetisation())) / n;
    EXPECT_EQ(values, (Values{e, e * e, m, m * m, m * m * (m * m)}));
  }
}

// The energy of a disordered start is a sum of independent bonds. Each is beyond 4.9 once in a million.
TYPED_TEST(IsingChain, StartsAsItIsTold) {
  Stream stream(4, "start", 0);
  const TypeParam ordered(100, 2.0, stream, Start::ordered);
  EXPECT_EQ(ordered.energy(), -20'000);
  EXPECT_EQ(ordered.magnetisation(), 10'000);
  const TypeParam disordered(100, 2.0, stream, Start::disordered);
  EXPECT_LT(std::abs(static_cast<double>(disordered.energy())), 4.9 * std::sqrt(20'000.0));
  EXPECT_LT(std::abs(static_cast<double>(disordered.magnetisation())), 4.9 * std::sqrt(10'000.0));
  EXPECT_NE(saved(disordered), saved(TypeParam(100, 2.0, stream, Start::disordered)));
}

TYPED_TEST(IsingChain, GoesOnFromWhatItSaved) {
  for (const std::size_t length : {2U, 6U, 130U}) {
    Stream stream(5, "saved", length);
    TypeParam chain(length, 2.3, stream, Start::disordered);
    chain.step(stream);
    std::vector<std::byte> bytes(3);
    chain.save(bytes);
    ASSERT_EQ(bytes.size(), 3 + (length * length + 7) / 8);
    TypeParam other(length, 2.3, stream, Start::ordered);
    other.load(std::span(bytes).subspan(3));
    EXPECT_EQ(other.energy(), chain.energy());
    EXPECT_EQ(other.magnetisation(), chain.magnetisation());
    Stream same_stream = stream;
    for (int step = 0; step < 3; ++step) {
      chain.step(stream);
      other.step(same_stream);
      EXPECT_EQ(saved(other), saved(chain));
    }
  }
}

TYPED_TEST(IsingChain, RefusesWhatItDidNotSave) {
  Stream stream(6, "saved", 0);
  TypeParam chain(6, 2.3, stream, Start::disordered);
  const std::vector<std::byte> bytes = saved(chain);
  const auto expect_refused = [&](const std::vector<std::byte>& damaged) {
    EXPECT_THROW(chain.load(damaged), Error);
    EXPECT_EQ(saved(chain), bytes);
  };
  expect_refused({});
  expect_refused({bytes.begin(), bytes.end() - 1});
  std::vector<std::byte> longer = bytes;
  longer.push_back(std::byte{0});
  expect_refused(longer);
  std::vector<std::byte> with_37_spins = bytes;
  with_37_spins.back() |= std::byte{0x10};
  expect_refused(with_37_spins);
}

TYPED_TEST(IsingChain, RefusesWhatIsNoLattice) {
  Stream stream(7, "refused", 0);
  const auto make = [&](std::size_t length, double temperature) {
    TypeParam(length, temperature, stream, Start::ordered);
  };
  for (const std::size_t length : {0U, 1U, 7U, 16'386U}) {
    EXPECT_THROW(make(length, 2.0), std::logic_error) << length;
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double temperature : {0.0, -1.0, infinity, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(make(4, temperature), std::logic_error) << temperature;
  }
  const TypeParam chain(4, 2.0, stream, Start::ordered);
  std::array<double, 6> values{};
  EXPECT_THROW(chain.measure(std::span(values).first(4)), std::logic_error);
  EXPECT_THROW(chain.measure(values), std::logic_error);
}

// The same on every CPU and with every compiler, or results change.
TEST(Metropolis, KeepsItsBits) {
  random::BitHash hash;
  for (const std::size_t length : {4U, 130U, 256U}) {
    Stream stream(8, "bits", length);
    Metropolis chain(length, 2.3, stream, Start::disordered);
    for (int step = 0; step < 10; ++step) {
      chain.step(stream);
    }
    for (const std::byte byte : saved(chain)) {
      hash.add(std::to_integer<std::uint64_t>(byte));
    }
    hash.add(stream());
  }
  EXPECT_EQ(hash.value(), 3424764014984910651U);
}

TEST(Wolff, KeepsItsBits) {
  random::BitHash hash;
  for (const std::size_t length : {4U, 50U}) {
    Stream stream(8, "bits", length);
    Wolff chain(length, 2.3, stream, Start::disordered);
    hash.add(chain.clusters_per_step());
    for (int step = 0; step < 10; ++step) {
      chain.step(stream);
    }
    for (const std::byte byte : saved(chain)) {
      hash.add(std::to_integer<std::uint64_t>(byte));
    }
    hash.add(stream());
  }
  EXPECT_EQ(hash.value(), 2223130205793144224U);
}

// Far from the critical temperature: clusters of nearly all spins, and of hardly more than one.
TEST(Wolff, StepsTurnOverAsManySpinsAsThereAre) {
  Stream stream(9, "clusters", 0);
  EXPECT_EQ(Wolff(16, 0.5, stream, Start::ordered).clusters_per_step(), 1U);
  const std::uint64_t hot = Wolff(16, 1e6, stream, Start::ordered).clusters_per_step();
  EXPECT_GE(hot, 255U);
  EXPECT_LE(hot, 256U);
  // The mean size of a cluster is N <m²>.
  Wolff chain(16, 2.3, stream, Start::ordered);
  const Measured measured = measure(chain, 50, stream);
  EXPECT_NEAR(static_cast<double>(chain.clusters_per_step()), 1 / measured.means[magnetisation_squared],
              0.5 + 0.1);
}

TEST(Onsager, IsExact) {
  EXPECT_NEAR(exact_energy(2.0), -1.745564575313, 1e-12);
  EXPECT_NEAR(exact_energy(2.5), -1.106079203746, 1e-12);
  EXPECT_NEAR(exact_energy(3.0), -0.817309592502, 1e-12);
  EXPECT_NEAR(exact_energy(critical_temperature), -std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(exact_energy(0.01), -2, 1e-12);
  EXPECT_NEAR(exact_magnetisation(2.0), 0.911319377877, 1e-12);
  EXPECT_EQ(exact_magnetisation(0.001), 1);
  EXPECT_EQ(exact_magnetisation(critical_temperature), 0);
  EXPECT_EQ(exact_magnetisation(3.0), 0);
}

}  // namespace
}  // namespace serried::ising
