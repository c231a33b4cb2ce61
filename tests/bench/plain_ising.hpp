// The Ising model as a good engineer writes it in an afternoon: spins in turn, a table of the Boltzmann factors, std::mt19937_64. It
// is what the checkerboard of serried-ising is measured against, so it stays plain; compiled for this very CPU.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace plain_ising {

class Ising {
 public:
  Ising(std::size_t length, double temperature);
  void sweep();
  // Per spin.
  [[nodiscard]] double energy() const;

 private:
  std::size_t length_;
  std::vector<std::int8_t> spins_;
  std::vector<std::size_t> before_;
  std::vector<std::size_t> after_;
  std::array<double, 9> chances_;  // of a rise of the energy by 0 … 8
  std::mt19937_64 engine_{1};
  std::uniform_real_distribution<double> uniform_;
};

}  // namespace plain_ising
