// Bodies of every kind: how long each index takes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

// `n` costs in seconds with exactly this mean, the same for the same arguments. Shapes: equal, lognormal (sigma 1), pareto
// (exponent 1.5), ascending and descending (lognormal, sorted).
inline std::vector<double> schedule_costs(const std::string& shape, std::size_t n, double mean) {
  std::vector<double> seconds(n, 1.0);
  std::mt19937_64 random(2026);
  if (shape == "pareto") {
    for (double& s : seconds) {
      s = std::pow(1 - std::uniform_real_distribution<double>(0, 1)(random), -1 / 1.5);
    }
  } else if (shape == "lognormal" || shape == "ascending" || shape == "descending") {
    std::lognormal_distribution<double> lognormal(0, 1);
    for (double& s : seconds) {
      s = lognormal(random);
    }
  } else if (shape != "equal") {
    throw std::invalid_argument("no such shape: " + shape);
  }
  if (shape == "ascending") {
    std::sort(seconds.begin(), seconds.end());
  } else if (shape == "descending") {
    std::sort(seconds.rbegin(), seconds.rend());
  }
  const double factor = mean * static_cast<double>(n) / std::accumulate(seconds.begin(), seconds.end(), 0.0);
  for (double& s : seconds) {
    s *= factor;
  }
  return seconds;
}
