/// Integrals over the unit cube: the logic of serried-integrate.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>

#include <serried/base/portable_math.hpp>
#include <serried/montecarlo.hpp>

#include "genz.hpp"

namespace serried::integrate {

enum class Method : std::uint8_t { plain, sobol };

/// The integrand at many points, dimension by dimension: `begin`, then `add` for each, then `finish`, in place. Loops that become
/// vector code.
class Kernel {
 public:
  explicit Kernel(const Integrand& integrand) : integrand_(&integrand) {}

  void begin(std::span<double> values) const {
    std::ranges::fill(values, integrand_->family() == Family::product_peak ? 1.0 : 0.0);
  }
  void add(std::size_t dimension, std::span<const double> x, std::span<double> values) const {
    const double a = integrand_->a(dimension);
    const double u = integrand_->u(dimension);
    const auto for_each = [&](const auto& next) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        values[i] = next(values[i], x[i]);
      }
    };
    switch (integrand_->family()) {
      case Family::oscillatory:
      case Family::corner_peak:
        return for_each([&](double sum, double x_i) { return sum + a * x_i; });
      case Family::product_peak: {
        const double width = 1 / (a * a);
        return for_each(
            [&](double product, double x_i) { return product / (width + (x_i - u) * (x_i - u)); });
      }
      case Family::gaussian:
        return for_each([&](double sum, double x_i) { return sum - (a * (x_i - u)) * (a * (x_i - u)); });
      case Family::continuous:
        return for_each([&](double sum, double x_i) { return sum - a * std::abs(x_i - u); });
      case Family::discontinuous: {
        const double end = dimension < 2 ? u : 1.0;
        return for_each([&](double sum, double x_i) { return x_i > end ? nothing : sum + a * x_i; });
      }
    }
  }
  void finish(std::span<double> values) const {
    const auto for_each = [&](const auto& value_of) {
      for (double& value : values) {
        value = value_of(value);
      }
    };
    switch (integrand_->family()) {
      case Family::oscillatory: {
        const double turns = integrand_->u(0);
        return for_each([&](double sum) {
          return portable::sin_cos_of_turns(turns + sum * (0.5 / std::numbers::pi)).cos;
        });
      }
      case Family::product_peak:
        return;
      case Family::corner_peak: {
        const double power = -static_cast<double>(integrand_->dimensions() + 1);
        return for_each([&](double sum) { return portable::exp(power * portable::log(1 + sum)); });
      }
      case Family::gaussian:
      case Family::continuous:
      case Family::discontinuous:
        return for_each([](double sum) { return portable::exp(sum); });
    }
  }

 private:
  static constexpr double nothing = -1e300;  // of which the exponential is 0, whatever is added

  const Integrand* integrand_;
};

/// Collective.
[[nodiscard]] inline montecarlo::Estimate<double> run(const mpi::Communicator& comm,
                                                      montecarlo::Options options, const Integrand& integrand,
                                                      Method method) {
  const Kernel kernel(integrand);
  if (method == Method::sobol) {
    options.trials_per_block = montecarlo::points_per_set(options.trials);
    return montecarlo::estimate_on_points(comm, options, integrand.dimensions(),
                                          [&](montecarlo::PointBatch& batch) {
                                            kernel.begin(batch.values());
                                            for (std::size_t d = 0; d < batch.dimensions(); ++d) {
                                              kernel.add(d, batch.coordinates(d), batch.values());
                                            }
                                            kernel.finish(batch.values());
                                          });
  }
  return montecarlo::estimate(comm, options, [&](montecarlo::Batch& batch) {
    const std::span<double> x = batch.scratch(0);
    kernel.begin(batch.values());
    for (std::size_t d = 0; d < integrand.dimensions(); ++d) {
      batch.stream().fill_uniform(x);
      kernel.add(d, x, batch.values());
    }
    kernel.finish(batch.values());
  });
}

}  // namespace serried::integrate
