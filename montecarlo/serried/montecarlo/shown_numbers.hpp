/// What a checkpoint shows of an estimate to whoever reads the file. Part of rounds.hpp.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <serried/montecarlo/means.hpp>

namespace serried::montecarlo {

/// Datasets by name.
using ShownNumbers = std::map<std::string, std::vector<double>>;

/// "mean" and "standard_error".
[[nodiscard]] inline ShownNumbers shown_numbers(const Means& means) {
  ShownNumbers shown;
  for (std::size_t k = 0; k < means.size(); ++k) {
    shown["mean"].push_back(means.value(k));
    shown["standard_error"].push_back(means.standard_error(k));
  }
  return shown;
}

}  // namespace serried::montecarlo
