/// Neighbours on a ladder exchange their configurations: parallel tempering. Part of chain_set.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <serried/montecarlo/chain_parts.hpp>
#include <serried/montecarlo/chain_set.hpp>
#include <serried/mpi/communicator.hpp>

namespace serried::montecarlo {

/// Exchange number 0 is of the even rungs with the next ones, number 1 of the odd ones, and so on in turn. All ranks know all
/// weights and throw the same dice, so that only configurations that change places travel.
class ChainExchange {
 public:
  /// All of them must outlive it. `name`: the purpose of the dice.
  ChainExchange(const mpi::Communicator& comm, const ChainParts& parts, ChainSet& chains, std::uint64_t seed,
                std::string name);

  /// Local: before exchange `number`, for each chain of this rank. Several threads call it at once, each for chains of its own.
  void weigh(std::uint64_t chain, std::uint64_t number);
  /// Collective. Throws the same Error on all ranks if a weight is no number, or what a chain throws.
  void exchange(std::uint64_t number);

  /// Of the exchanges between rung r and r + 1 that were tried, the part that took place; NaN where none was tried.
  [[nodiscard]] std::vector<double> acceptance() const;

  /// How many were tried with each rung as the lower one, then how many took place.
  [[nodiscard]] std::vector<std::uint64_t> counts() const;
  /// As they were; false if they are not as many.
  [[nodiscard]] bool restore(std::span<const std::uint64_t> counts);

 private:
  // Logarithms: of a chain's configuration on its own rung, and on that of the chain with which it is paired.
  struct Weights {
    double here = 0;
    double there = 0;
  };

  // Is this the lower chain of a pair?
  [[nodiscard]] bool is_lower(std::uint64_t chain, std::uint64_t number) const {
    const std::size_t rung = parts_.rung_of(chain);
    return rung % 2 == number % 2 && rung + 1 < parts_.n_rungs();
  }
  [[nodiscard]] bool is_upper(std::uint64_t chain, std::uint64_t number) const {
    const std::size_t rung = parts_.rung_of(chain);
    return rung % 2 != number % 2 && rung > 0;
  }
  void move_configurations(const std::vector<std::uint64_t>& lower_chains);

  const mpi::Communicator& comm_;
  const ChainParts& parts_;
  ChainSet& chains_;
  std::uint64_t seed_;
  std::string name_;
  std::vector<Weights> weights_of_mine_;
  std::vector<Weights> weights_;  // of all chains
  std::vector<std::uint64_t> n_tried_;
  std::vector<std::uint64_t> n_exchanged_;
};

}  // namespace serried::montecarlo
