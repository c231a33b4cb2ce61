/// What an option pays, and what is known of it without any trial.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <serried/base/portable_math.hpp>
#include <serried/random/normal_probability.hpp>

namespace serried::option {

enum class Payoff : std::uint8_t { european_call, european_put, asian_geometric, asian_arithmetic };

/// A call (or put) at `strike` on the share at maturity, or on its mean over `steps` equally spaced times up to maturity.
struct Contract {
  Payoff payoff = Payoff::asian_arithmetic;
  double spot = 100;
  double strike = 100;
  double rate = 0.05;       ///< continuously compounded, a year
  double volatility = 0.2;  ///< a year
  double maturity = 1;      ///< years
  std::uint64_t steps = 252;
};

/// The path of a share in equal steps of time: its logarithm has normal increments.
class Path {
 public:
  explicit Path(const Contract& contract)
      : contract_(contract),
        is_asian_(contract.payoff == Payoff::asian_geometric || contract.payoff == Payoff::asian_arithmetic),
        n_steps_(is_asian_ ? contract.steps : 1),  // what is paid at maturity needs one
        step_(contract.maturity / static_cast<double>(n_steps_)),
        drift_((contract.rate - 0.5 * contract.volatility * contract.volatility) * step_),
        volatility_(contract.volatility * std::sqrt(step_)),
        discount_(portable::exp(0.0 - contract.rate * contract.maturity)),
        log_spot_(portable::log(contract.spot)) {}

  [[nodiscard]] const Contract& contract() const noexcept { return contract_; }
  [[nodiscard]] bool is_asian() const noexcept { return is_asian_; }
  [[nodiscard]] std::size_t n_steps() const noexcept { return n_steps_; }
  [[nodiscard]] double drift() const noexcept { return drift_; }            ///< of the logarithm in a step
  [[nodiscard]] double volatility() const noexcept { return volatility_; }  ///< of the logarithm in a step
  [[nodiscard]] double discount() const noexcept { return discount_; }
  [[nodiscard]] double log_spot() const noexcept { return log_spot_; }
  /// Is no logarithm ever 1/4 away after a step, by normals of up to 9? (Those of a Stream are below 8.6.)
  [[nodiscard]] bool has_small_steps() const noexcept { return std::abs(drift_) + 9 * volatility_ <= 0.25; }
  /// What is expected of the logarithm's mean over all times.
  [[nodiscard]] double mean_log() const noexcept {
    return log_spot_ + drift_ * (static_cast<double>(n_steps_) + 1) / 2;
  }

  /// The price of a call on the geometric mean, which is lognormal (A. Kemna and A. Vorst, "A pricing method for options based on
  /// average asset values", J. Banking and Finance 14 (1990)); that of the share at maturity is the case of one step.
  [[nodiscard]] double geometric_call() const {
    const auto n = static_cast<double>(n_steps_);
    const double variance = volatility_ * volatility_ * (n + 1) * (2 * n + 1) / (6 * n);
    const double deviation = std::sqrt(variance);
    const double forward = portable::exp(mean_log() + variance / 2);
    if (!(deviation > 0)) {
      return discount_ * (forward > contract_.strike ? forward - contract_.strike : 0.0);
    }
    const double d_2 = (mean_log() - portable::log(contract_.strike)) / deviation;
    return discount_ * (forward * random::normal_probability(d_2 + deviation) -
                        contract_.strike * random::normal_probability(d_2));
  }

  /// What the control variate has for its mean: the arithmetic Asian option's is the geometric one; the others' is the discounted
  /// (geometric) mean of the share itself.
  [[nodiscard]] double control_mean() const {
    if (contract_.payoff == Payoff::asian_arithmetic) {
      return geometric_call();
    }
    const auto n = static_cast<double>(n_steps_);
    return discount_ *
           portable::exp(mean_log() + volatility_ * volatility_ * (n + 1) * (2 * n + 1) / (12 * n));
  }

 private:
  Contract contract_;
  bool is_asian_;
  std::size_t n_steps_;
  double step_;
  double drift_;
  double volatility_;
  double discount_;
  double log_spot_;
};

}  // namespace serried::option
