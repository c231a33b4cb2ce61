// Doubles that sums get wrong.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "special_doubles.hpp"

namespace serried::numeric {

using Random = std::mt19937_64;

inline double random_sign(double x, Random& random) { return random() % 2 == 0 ? x : -x; }

// Any finite double, all exponents alike.
inline double any_double(Random& random) {
  while (true) {
    const auto x = std::bit_cast<double>(random());
    if (std::isfinite(x)) {
      return x;
    }
  }
}

inline double with_exponent(int exponent, Random& random) {
  return random_sign(std::ldexp(1.0 + static_cast<double>(random() >> 12) * 0x1p-52, exponent), random);
}

inline int between(int low, int high, Random& random) {
  return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
}

constexpr int n_adversarial_kinds = 9;

// `n` doubles of one of the kinds, in a random order.
inline std::vector<double> adversarial(int kind, std::size_t n, Random& random) {
  std::vector<double> values;
  const int exponent = between(-1000, 900, random);
  while (values.size() < n) {
    switch (kind) {
      case 0:  // all exponents
        values.push_back(any_double(random));
        break;
      case 1: {  // all but nothing cancels
        const double x = with_exponent(between(-1000, 1000, random), random);
        values.insert(values.end(), {x, -x});
        if (random() % 16 == 0) {
          values.push_back(with_exponent(between(-1070, -900, random), random));
        }
        break;
      }
      case 2:  // 600 binades
        values.push_back(with_exponent(between(-300, 300, random), random));
        break;
      case 3:  // subnormal
        values.push_back(random_sign(static_cast<double>(random() >> 12) * smallest, random));
        break;
      case 4:  // overflow on the way
        values.insert(values.end(), {largest, largest, -largest, -largest, with_exponent(1023, random)});
        values.push_back(with_exponent(between(960, 1023, random), random));
        break;
      case 5:  // ties, and what decides them
        values.push_back(std::ldexp(1.0, exponent));
        values.push_back(std::ldexp(random_sign(1.0, random), exponent - 53));
        values.push_back(std::ldexp(random_sign(1.0, random), exponent - 54));
        if (random() % 4 == 0) {
          values.push_back(random_sign(smallest, random));
        }
        break;
      case 6:  // one exponent
        values.push_back(with_exponent(exponent, random));
        break;
      case 7:  // powers of two, in units of which the result has few bits
        values.push_back(std::ldexp(random_sign(1.0, random), between(-1074, 1023, random)));
        break;
      default:  // uniform, with zeros of both signs
        values.push_back(random() % 8 == 0 ? random_sign(0.0, random)
                                           : static_cast<double>(random() >> 11) * 0x1p-53);
    }
  }
  values.resize(n);
  std::ranges::shuffle(values, random);
  return values;
}

}  // namespace serried::numeric
