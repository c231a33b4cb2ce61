/// U. Wolff's algorithm (Phys. Rev. Lett. 62, 361 (1989)): turns over one cluster of equal spins at a time, so that it does not slow
/// down at the critical temperature.
///
///     Wolff chain(256, 2.27, stream, Start::ordered);
///     chain.step(stream);                                    // clusters of about L² spins in all
///     chain.measure(values);
///
/// A neighbour of the same sign joins a cluster if a random word is below 2^64 (1 - exp(-2/T)), rounded down: to within 2^-53 of
/// the exact chance, and the same on every CPU and with every compiler.
///
/// How many clusters a step turns over must not depend on how large they turn out to be, or what is measured between steps would be
/// biased. It is fixed beforehand, by a chain of the same size and temperature with random numbers of its own, and depends on
/// nothing else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/base/portable_math.hpp>
#include <serried/random/stream.hpp>

#include "lattice.hpp"

namespace serried::ising {

/// A Markov chain. For one thread.
class Wolff {
 public:
  /// `length` even, 2 … 16,384, `temperature` positive, or std::logic_error. A disordered start takes L²/64 words of `start`. Takes as
  /// long as 40 steps, to find out what a step is.
  Wolff(std::size_t length, double temperature, random::Stream& start, Start how)
      : length_((check(length, temperature), length)),
        threshold_(threshold_of(1 - portable::exp(-2 / temperature))),
        spins_(length * length) {
    random::Stream pilot(0, "serried-ising: how many clusters", 0);
    load(first_spins(length, Start::ordered, pilot));
    turn_over(20 * spins_.size(), pilot);  // until nothing is left of the start
    clusters_per_step_ = turn_over(20 * spins_.size(), pilot);
    load(first_spins(length, how, start));
  }

  /// So many that L² spins turn over, on average; at least one.
  [[nodiscard]] std::uint64_t clusters_per_step() const noexcept { return clusters_per_step_; }

  /// Turns over that many clusters. Each takes two words of `stream` or, seldom, more, and one for each comparison.
  void step(random::Stream& stream) {
    for (std::uint64_t i = 0; i < clusters_per_step_; ++i) {
      turn_over_cluster(stream);
    }
  }

  /// Fills in the Observables. Throws std::logic_error unless there are five values.
  void measure(std::span<double> values) const {
    put_observables(energy_, magnetisation_, spins_.size(), values);
  }

  /// Appends the configuration (lattice.hpp).
  void save(std::vector<std::byte>& bytes) const {
    append_spins(
        length_, [&](std::size_t x, std::size_t y) { return spins_[y * length_ + x] > 0; }, bytes);
  }
  /// Goes on from one that was saved. Throws an Error, and changes nothing, if it is none of this size.
  void load(std::span<const std::byte> bytes) {
    read_spins(length_, bytes, [&](std::size_t x, std::size_t y, bool is_up) {
      spins_[y * length_ + x] = is_up ? std::int8_t{1} : std::int8_t{-1};
    });
    magnetisation_ = 0;
    std::int64_t twice_energy = 0;
    for (std::size_t y = 0; y < length_; ++y) {
      for (std::size_t x = 0; x < length_; ++x) {
        const Site site{static_cast<std::uint16_t>(x), static_cast<std::uint16_t>(y)};
        magnetisation_ += spin(site);
        twice_energy -= spin(site) * sum_of_neighbours(site);
      }
    }
    energy_ = twice_energy / 2;
  }

  [[nodiscard]] std::int64_t energy() const noexcept { return energy_; }
  [[nodiscard]] std::int64_t magnetisation() const noexcept { return magnetisation_; }

 private:
  struct Site {
    std::uint16_t x = 0;
    std::uint16_t y = 0;
  };

  [[nodiscard]] std::int8_t& spin(Site site) noexcept { return spins_[site.y * length_ + site.x]; }
  [[nodiscard]] std::int8_t spin(Site site) const noexcept { return spins_[site.y * length_ + site.x]; }

  template <class Visit>
  void for_each_neighbour(Site site, const Visit& visit) const {
    const auto last = static_cast<std::uint16_t>(length_ - 1);
    const auto before = [&](std::uint16_t i) { return static_cast<std::uint16_t>(i == 0 ? last : i - 1); };
    const auto after = [&](std::uint16_t i) { return static_cast<std::uint16_t>(i == last ? 0 : i + 1); };
    visit(Site{before(site.x), site.y});
    visit(Site{after(site.x), site.y});
    visit(Site{site.x, before(site.y)});
    visit(Site{site.x, after(site.y)});
  }
  [[nodiscard]] int sum_of_neighbours(Site site) const {
    int sum = 0;
    for_each_neighbour(site, [&](Site neighbour) { sum += spin(neighbour); });
    return sum;
  }

  // Returns the number of spins.
  std::uint64_t turn_over_cluster(random::Stream& stream) {
    const Site first{static_cast<std::uint16_t>(stream.below(length_)),
                     static_cast<std::uint16_t>(stream.below(length_))};
    const std::int8_t sign = spin(first);
    std::uint64_t n_spins = 0;
    const auto add = [&](Site site) {
      energy_ += 2 * sign * sum_of_neighbours(site);
      spin(site) = static_cast<std::int8_t>(-sign);
      n_spins += 1;
      to_visit_.push_back(site);
    };
    add(first);
    while (!to_visit_.empty()) {
      const Site site = to_visit_.back();
      to_visit_.pop_back();
      for_each_neighbour(site, [&](Site neighbour) {
        if (spin(neighbour) == sign && stream() < threshold_) {
          add(neighbour);
        }
      });
    }
    magnetisation_ -= 2 * sign * static_cast<std::int64_t>(n_spins);
    return n_spins;
  }

  // Clusters until they have so many spins in all. Returns how many have L² on average, rounded, and at least 1.
  std::uint64_t turn_over(std::uint64_t n_spins, random::Stream& stream) {
    std::uint64_t n_clusters = 0;
    std::uint64_t n_turned = 0;
    for (; n_turned < n_spins; ++n_clusters) {
      n_turned += turn_over_cluster(stream);
    }
    return std::max<std::uint64_t>(1, (n_clusters * spins_.size() + n_turned / 2) / n_turned);
  }

  std::size_t length_;
  std::uint64_t threshold_;
  std::uint64_t clusters_per_step_ = 1;
  std::vector<std::int8_t> spins_;
  std::vector<Site> to_visit_;  // of the cluster, turned over already; empty between clusters
  std::int64_t energy_ = 0;
  std::int64_t magnetisation_ = 0;
};

}  // namespace serried::ising
