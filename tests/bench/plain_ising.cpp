#include "plain_ising.hpp"

#include <cmath>

namespace plain_ising {

Ising::Ising(std::size_t length, double temperature)
    : length_(length), spins_(length * length, 1), before_(length), after_(length) {
  for (std::size_t i = 0; i < length; ++i) {
    before_[i] = (i + length - 1) % length;
    after_[i] = (i + 1) % length;
  }
  for (std::size_t rise = 0; rise < chances_.size(); ++rise) {
    chances_[rise] = std::exp(-static_cast<double>(rise) / temperature);
  }
}

// All that is called becomes part of it: copies of the library's functions outside could be those of other files, for other CPUs.
[[gnu::flatten]] void Ising::sweep() {
  for (std::size_t y = 0; y < length_; ++y) {
    std::int8_t* const row = &spins_[y * length_];
    const std::int8_t* const above = &spins_[before_[y] * length_];
    const std::int8_t* const below = &spins_[after_[y] * length_];
    for (std::size_t x = 0; x < length_; ++x) {
      const int rise = 2 * row[x] * (row[before_[x]] + row[after_[x]] + above[x] + below[x]);
      if (rise <= 0 || uniform_(engine_) < chances_[static_cast<std::size_t>(rise)]) {
        row[x] = static_cast<std::int8_t>(-row[x]);
      }
    }
  }
}

double Ising::energy() const {
  std::int64_t sum = 0;
  for (std::size_t y = 0; y < length_; ++y) {
    for (std::size_t x = 0; x < length_; ++x) {
      sum -= spins_[y * length_ + x] * (spins_[y * length_ + after_[x]] + spins_[after_[y] * length_ + x]);
    }
  }
  return static_cast<double>(sum) / static_cast<double>(length_ * length_);
}

}  // namespace plain_ising
