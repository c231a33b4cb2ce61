/// Paths by the batch, as loops that become vector code.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <serried/base/portable_math.hpp>
#include <serried/montecarlo.hpp>
#include <serried/random/normal_quantile.hpp>

#include "market.hpp"

namespace serried::option {

/// A batch of paths under way.
struct Paths {
  std::span<double> price;      ///< of now
  std::span<double> of_prices;  ///< the sum over all times so far
  /// The sum over all times of the logarithm less its mean, as far as the normals drawn so far decide it.
  std::span<double> of_logs;

  void begin(const Path& path) const {
    std::ranges::fill(price, path.contract().spot);
    std::ranges::fill(of_prices, 0.0);
    std::ranges::fill(of_logs, 0.0);
  }
  /// On to time `at` (1 … n_steps), by normals times `sign`.
  void step(const Path& path, std::size_t at, std::span<const double> normals, double sign) const {
    const double drift = path.drift();
    const double by = sign * path.volatility();
    const double weight = by * static_cast<double>(path.n_steps() + 1 - at);  // it is in all later logarithms
    for (std::size_t i = 0; i < of_logs.size(); ++i) {
      of_logs[i] += weight * normals[i];
    }
    const auto grow = [&](const auto& exp) {
      for (std::size_t i = 0; i < price.size(); ++i) {
        price[i] *= exp(drift + by * normals[i]);
        of_prices[i] += price[i];
      }
    };
    if (path.contract().payoff != Payoff::asian_arithmetic) {
      return;
    }
    if (path.has_small_steps()) {
      grow([](double x) { return portable::exp_near_0(x); });
    } else {
      grow([](double x) { return portable::exp(x); });
    }
  }
  /// Counts in the prices at time `at`, where the Brownian motion is at `positions`.
  void put(const Path& path, std::size_t at, std::span<const double> positions) const {
    const double known = path.log_spot() + path.drift() * static_cast<double>(at);
    const double volatility = path.volatility();
    for (std::size_t i = 0; i < of_logs.size(); ++i) {
      of_logs[i] += volatility * positions[i];
    }
    if (path.contract().payoff == Payoff::asian_arithmetic) {
      for (std::size_t i = 0; i < of_logs.size(); ++i) {
        of_prices[i] += portable::exp(known + volatility * positions[i]);
      }
    }
  }
};

namespace detail {

inline double positive(double x) { return x > 0.0 ? x : 0.0; }

}  // namespace detail

/// The discounted payoffs of paths that are over.
inline void put_payoffs(const Path& path, const Paths& paths, std::span<double> to) {
  const double strike = path.contract().strike;
  const double discount = path.discount();
  const double known = path.mean_log();
  const double over_n = 1.0 / static_cast<double>(path.n_steps());
  switch (path.contract().payoff) {
    case Payoff::european_call:
    case Payoff::asian_geometric:
      for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = discount * detail::positive(portable::exp(known + paths.of_logs[i] * over_n) - strike);
      }
      break;
    case Payoff::european_put:
      for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = discount * detail::positive(strike - portable::exp(known + paths.of_logs[i] * over_n));
      }
      break;
    case Payoff::asian_arithmetic:
      for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = discount * detail::positive(paths.of_prices[i] * over_n - strike);
      }
      break;
  }
}

/// Scratch arrays first, first + 1, first + 2 of a batch.
inline Paths paths_of(montecarlo::Batch& batch, std::size_t first) {
  return {batch.scratch(first), batch.scratch(first + 1), batch.scratch(first + 2)};
}

/// Discounted payoffs of paths by new normals.
inline void add_paths(const Path& path, montecarlo::Batch& batch, std::span<double> payoffs, double sign) {
  const Paths paths = paths_of(batch, 0);
  const std::span<double> normals = batch.scratch(3);
  paths.begin(path);
  for (std::size_t at = 1; at <= path.n_steps(); ++at) {
    batch.stream().fill_normal(normals);
    paths.step(path, at, normals, sign);
  }
  put_payoffs(path, paths, payoffs);
}

/// The mean payoff of two paths each, of which one goes where the other does not.
inline void add_antithetic_paths(const Path& path, montecarlo::Batch& batch, std::span<double> payoffs) {
  const Paths up = paths_of(batch, 0);
  const Paths down = paths_of(batch, 3);
  const std::span<double> normals = batch.scratch(6);
  const std::span<double> others = batch.scratch(7);
  up.begin(path);
  down.begin(path);
  for (std::size_t at = 1; at <= path.n_steps(); ++at) {
    batch.stream().fill_normal(normals);
    up.step(path, at, normals, 1.0);
    down.step(path, at, normals, -1.0);
  }
  put_payoffs(path, up, payoffs);
  put_payoffs(path, down, others);
  for (std::size_t i = 0; i < payoffs.size(); ++i) {
    payoffs[i] = 0.5 * (payoffs[i] + others[i]);
  }
}

/// Payoffs, and what Path::control_mean() is the mean of.
inline void add_controlled_paths(const Path& path, montecarlo::Batch& batch, std::span<double> payoffs,
                                 std::span<double> controls) {
  add_paths(path, batch, payoffs, 1.0);
  const Paths paths = paths_of(batch, 0);
  const double strike = path.contract().payoff == Payoff::asian_arithmetic ? path.contract().strike : 0.0;
  const double discount = path.discount();
  const double known = path.mean_log();
  const double over_n = 1.0 / static_cast<double>(path.n_steps());
  for (std::size_t i = 0; i < controls.size(); ++i) {
    controls[i] = discount * detail::positive(portable::exp(known + paths.of_logs[i] * over_n) - strike);
  }
}

/// The order in which a Brownian bridge fixes the times of a path: the end first, then the middle of the longest gap, so that the
/// first normals decide most of it, which Sobol points fill best (R. Caflisch and B. Moskowitz, 1995). In units of one step.
class Bridge {
 public:
  struct Time {
    std::size_t at = 0;     ///< 1 … n_steps
    std::size_t left = 0;   ///< known before; 0: the beginning
    std::size_t right = 0;  ///< known before; 0: nothing, for the end itself
    double weight_left = 0;
    double weight_right = 0;
    double deviation = 0;
  };

  explicit Bridge(std::size_t n_steps) {
    times_.push_back({.at = n_steps, .deviation = std::sqrt(static_cast<double>(n_steps))});
    std::vector<Time> gaps = {{.left = 0, .right = n_steps}};
    for (std::size_t i = 0; i < gaps.size(); ++i) {
      Time time = gaps[i];
      if (time.right - time.left < 2) {
        continue;
      }
      time.at = time.left + (time.right - time.left) / 2;
      const auto before = static_cast<double>(time.at - time.left);
      const auto after = static_cast<double>(time.right - time.at);
      time.weight_left = after / (before + after);
      time.weight_right = before / (before + after);
      time.deviation = std::sqrt(before * after / (before + after));
      times_.push_back(time);
      gaps.push_back({.left = time.left, .right = time.at});
      gaps.push_back({.left = time.at, .right = time.right});
    }
  }

  [[nodiscard]] std::span<const Time> times() const noexcept { return times_; }

 private:
  std::vector<Time> times_;
};

/// Discounted payoffs of paths by the points of the batch, coordinate k of which decides the k-th time of the bridge.
inline void add_bridged_paths(const Path& path, const Bridge& bridge, montecarlo::PointBatch& batch,
                              std::span<double> payoffs) {
  constexpr std::size_t first_position =
      4;  // scratch array first_position + t: where the motion is at time t
  std::size_t dimension = 0;
  std::ranges::fill(batch.scratch(first_position), 0.0);
  for (const Bridge::Time& time : bridge.times()) {
    const std::span<double> normals = batch.scratch(3);
    std::ranges::copy(batch.coordinates(dimension++), normals.begin());
    random::normal_quantiles(normals);
    const std::span<double> to = batch.scratch(first_position + time.at);
    const std::span<double> left = batch.scratch(first_position + time.left);
    const std::span<double> right = batch.scratch(first_position + time.right);
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = time.weight_left * left[i] + time.weight_right * right[i] + time.deviation * normals[i];
    }
  }
  const Paths paths = paths_of(batch, 0);
  paths.begin(path);
  for (std::size_t at = 1; at <= path.n_steps(); ++at) {
    paths.put(path, at, batch.scratch(first_position + at));
  }
  put_payoffs(path, paths, payoffs);
}

}  // namespace serried::option
