/// The Ising model at one or several temperatures: the logic of serried-ising.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <serried/montecarlo/chain_program.hpp>
#include <serried/montecarlo/chains.hpp>
#include <serried/mpi/communicator.hpp>
#include <serried/random/stream.hpp>

#include "metropolis.hpp"
#include "wolff.hpp"

namespace serried::ising {

enum class Algorithm : std::uint8_t { metropolis, wolff };

struct Options {
  std::size_t size = 64;  ///< of a side, even
  std::vector<double> temperatures;
  Algorithm algorithm = Algorithm::metropolis;
  Start start = Start::ordered;
  std::uint64_t exchange_every = 0;  ///< samples between exchanges of neighbouring temperatures; 0: none
  montecarlo::ChainOptions chains;   ///< of each temperature
};

/// So many that a stretch, between two of which signals are seen, takes a second at most.
[[nodiscard]] inline std::uint64_t samples_per_stretch(const Options& options) {
  constexpr std::uint64_t spins = std::uint64_t{1} << 26;
  const std::uint64_t of_a_sample =
      options.size * options.size * std::clamp<std::uint64_t>(options.chains.steps_per_sample, 1, spins);
  return std::clamp<std::uint64_t>(spins / of_a_sample, 1, 256);
}

/// What was found at one temperature. Energies are of a site, in units of the coupling.
struct AtTemperature {
  double temperature = 0;
  montecarlo::Value energy;
  montecarlo::Value magnetisation;   ///< the mean of |m|
  montecarlo::Value specific_heat;   ///< N (<e²> - <e>²) / T²
  montecarlo::Value susceptibility;  ///< N (<m²> - <|m|>²) / T
  montecarlo::Value binder;          ///< 1 - <m⁴> / 3 <m²>²
  double autocorrelation_time = 0;   ///< in samples, the longest of all observables'
  double split_r_hat = 0;            ///< the largest
  double acceptance = 0;             ///< of exchanges with the next temperature, or NaN
  bool is_long_enough = true;        ///< for the errors to be trusted
};
struct Summary {
  std::vector<AtTemperature> temperatures;
  montecarlo::LadderEstimate ladder;  ///< of which they are
};

namespace detail {

// A lattice that may go to other temperatures.
template <class Lattice>
class Replica {
 public:
  Replica(Lattice&& lattice, const std::vector<double>& temperatures)
      : lattice_(std::move(lattice)), temperatures_(&temperatures) {}

  void step(random::Stream& stream) { lattice_.step(stream); }
  void measure(std::span<double> values) const { lattice_.measure(values); }
  void save(std::vector<std::byte>& bytes) const { lattice_.save(bytes); }
  void load(std::span<const std::byte> bytes) { lattice_.load(bytes); }
  [[nodiscard]] double log_weight(std::size_t rung) const {
    return -static_cast<double>(lattice_.energy()) / (*temperatures_)[rung];
  }

 private:
  Lattice lattice_;
  const std::vector<double>* temperatures_;
};

template <class Lattice>
[[nodiscard]] montecarlo::LadderEstimate sample(const mpi::Communicator& comm, const Options& options) {
  return montecarlo::estimate_by_tempering(
      comm, options.chains, options.temperatures.size(), options.exchange_every, n_observables,
      [&](random::Stream& start, std::size_t rung) {
        return Replica<Lattice>(Lattice(options.size, options.temperatures[rung], start, options.start),
                                options.temperatures);
      });
}

[[nodiscard]] inline AtTemperature found_at(double temperature, double n_sites,
                                            const montecarlo::ChainEstimate& estimate) {
  using Means = std::span<const double>;  // of e, e², |m|, m², m⁴
  const montecarlo::Means& means = estimate.means;
  AtTemperature found;
  found.temperature = temperature;
  found.energy = means[0];
  found.magnetisation = means[2];
  found.specific_heat = means.function(
      [&](Means of) { return n_sites * (of[1] - of[0] * of[0]) / (temperature * temperature); });
  found.susceptibility =
      means.function([&](Means of) { return n_sites * (of[3] - of[2] * of[2]) / temperature; });
  found.binder = means.function([](Means of) { return 1 - of[4] / (3 * of[3] * of[3]); });
  found.autocorrelation_time = std::ranges::max(estimate.autocorrelation_times);
  found.split_r_hat = std::ranges::max(estimate.split_r_hats);
  found.is_long_enough = estimate.is_long_enough;
  return found;
}

}  // namespace detail

/// Collective; all ranks get the same.
[[nodiscard]] inline Summary run(const mpi::Communicator& comm, const Options& options) {
  montecarlo::LadderEstimate ladder = options.algorithm == Algorithm::wolff
                                          ? detail::sample<Wolff>(comm, options)
                                          : detail::sample<Metropolis>(comm, options);
  Summary summary;
  const auto side = static_cast<double>(options.size);
  for (std::size_t rung = 0; rung < ladder.rungs.size(); ++rung) {
    const montecarlo::ChainEstimate& estimate = ladder.rungs[rung];
    AtTemperature found = detail::found_at(options.temperatures[rung], side * side, estimate);
    found.acceptance = rung < ladder.acceptance.size() ? ladder.acceptance[rung] : std::nan("");
    summary.temperatures.push_back(found);
  }
  summary.ladder = std::move(ladder);
  return summary;
}

/// A row a temperature.
[[nodiscard]] inline montecarlo::Table table_of(const Summary& summary) {
  montecarlo::Table table{
      .columns = {"temperature", "energy", "energy_error", "magnetisation", "magnetisation_error",
                  "specific_heat", "specific_heat_error", "susceptibility", "susceptibility_error", "binder",
                  "binder_error", "autocorrelation_time", "split_r_hat", "acceptance"},
      .rows = {}};
  for (const AtTemperature& found : summary.temperatures) {
    std::vector<double> row = {found.temperature};
    for (const montecarlo::Value& value :
         {found.energy, found.magnetisation, found.specific_heat, found.susceptibility, found.binder}) {
      row.push_back(value.value);
      row.push_back(value.standard_error);
    }
    row.insert(row.end(), {found.autocorrelation_time, found.split_r_hat, found.acceptance});
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace serried::ising
