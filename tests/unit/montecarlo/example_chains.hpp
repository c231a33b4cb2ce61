/// Chains of which the results are known, for the tests of what runs chains.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/base/portable_math.hpp>
#include <serried/job/run.hpp>
#include <serried/random/stream.hpp>

namespace serried::montecarlo {

// Normal with mean 0 and variance 1; neighbours are correlated by rho, so that its time is (1 + rho) / (1 - rho) / 2.
struct Autoregressive {
  double rho = 0;
  double x = 0;

  void step(random::Stream& stream) { x = rho * x + std::sqrt(1 - rho * rho) * stream.normal(); }
  void measure(std::span<double> values) const {
    values[0] = x;
    values[1] = x * x;
  }
  void save(std::vector<std::byte>& bytes) const { job::append_bytes(bytes, x); }
  void load(std::span<const std::byte> bytes) { x = job::value_of_bytes<double>(bytes); }
};
inline auto autoregressive(double rho) {
  return [rho](random::Stream& start) { return Autoregressive{.rho = rho, .x = start.normal()}; };
}

// Two wells with a barrier between, at some temperatures; the right one is the deeper, and chains begin in the left one.
inline constexpr std::array temperatures = {0.7, 1.2, 2.5, 6.0};
inline constexpr int n_places = 15;
inline double energy_at(int place) {
  const double from_middle = (place - 7) / 4.0;
  const double well = from_middle * from_middle - 1;
  return 6 * well * well - 0.4 * from_middle;
}
struct InTwoWells {
  double temperature = 1;
  std::int64_t place = 3;

  void step(random::Stream& stream) {
    const std::int64_t to = place + (stream.uniform() < 0.5 ? -1 : 1);
    const double u = stream.uniform();
    if (to >= 0 && to < n_places &&
        u < portable::exp((energy_at(static_cast<int>(place)) - energy_at(static_cast<int>(to))) /
                          temperature)) {
      place = to;
    }
  }
  void measure(std::span<double> values) const { values[0] = static_cast<double>(place); }
  [[nodiscard]] double log_weight(std::size_t rung) const {
    return -energy_at(static_cast<int>(place)) / temperatures.at(rung);
  }
  void save(std::vector<std::byte>& bytes) const { job::append_bytes(bytes, place); }
  void load(std::span<const std::byte> bytes) { place = job::value_of_bytes<std::int64_t>(bytes); }
};
inline InTwoWells in_two_wells(random::Stream& /*start*/, std::size_t rung) {
  return {.temperature = temperatures.at(rung)};
}
inline double exact_mean_place(double temperature) {
  double sum = 0;
  double weights = 0;
  for (int place = 0; place < n_places; ++place) {
    const double weight = std::exp(-energy_at(place) / temperature);
    sum += weight * place;
    weights += weight;
  }
  return sum / weights;
}

/// The same chain, which raises a signal at step `at` of all.
template <class C>
struct Raising : C {
  int signal = SIGTERM;
  std::atomic<int>* steps = nullptr;
  int at = 0;

  void step(random::Stream& stream) {
    if (++*steps == at) {
      std::raise(signal);
    }
    C::step(stream);
  }
};

inline std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

}  // namespace serried::montecarlo
