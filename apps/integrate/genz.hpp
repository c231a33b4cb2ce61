/// The six families of integrands over the unit cube by which integration rules are compared, and their integrals: A. Genz, "A
/// package for testing multiple integration subroutines", in "Numerical Integration" (1987).
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <serried/base/contract.hpp>
#include <serried/random/stream.hpp>

namespace serried::integrate {

enum class Family : std::uint8_t {
  oscillatory,    ///< cos(2 pi u_1 + sum a_i x_i)
  product_peak,   ///< product of 1 / (a_i^-2 + (x_i - u_i)²)
  corner_peak,    ///< (1 + sum a_i x_i)^-(d + 1)
  gaussian,       ///< exp(- sum a_i² (x_i - u_i)²)
  continuous,     ///< exp(- sum a_i |x_i - u_i|)
  discontinuous,  ///< 0 where x_1 > u_1 or x_2 > u_2, else exp(sum a_i x_i)
};

inline constexpr std::size_t max_dimensions = 20;

/// One of a family, by numbers a_i and u_i.
class Integrand {
 public:
  /// u_i are uniform in [0, 1), a_i too, scaled so that their sum is `difficulty`: how far it is from flat. Both follow from the
  /// seed. Throws std::logic_error unless there are 1 to max_dimensions dimensions and the difficulty is above 0.
  Integrand(Family family, std::size_t dimensions, double difficulty, std::uint64_t seed)
      : family_(family), a_(dimensions), u_(dimensions) {
    expects(dimensions > 0 && dimensions <= max_dimensions, "there are so many dimensions");
    expects(difficulty > 0, "the difficulty is above 0");
    random::Stream stream(seed, "integrand", 0);
    stream.fill_uniform(u_);
    double sum = 0;
    for (double& a : a_) {
      a = stream.uniform() + 0x1p-53;
      sum += a;
    }
    for (double& a : a_) {
      a *= difficulty / sum;
    }
  }

  [[nodiscard]] Family family() const noexcept { return family_; }
  [[nodiscard]] std::size_t dimensions() const noexcept { return a_.size(); }
  [[nodiscard]] double a(std::size_t i) const { return a_[i]; }
  [[nodiscard]] double u(std::size_t i) const { return u_[i]; }

  /// By its formula, to twelve digits or more.
  [[nodiscard]] double integral() const {
    switch (family_) {
      case Family::oscillatory:
        return oscillatory();
      case Family::corner_peak:
        return corner_peak();
      default:
        break;
    }
    double product = 1;
    for (std::size_t i = 0; i < dimensions(); ++i) {
      product *= factor(i);
    }
    return product;
  }

 private:
  // Of the families that are products.
  [[nodiscard]] double factor(std::size_t i) const {
    const double a = a_[i];
    const double u = u_[i];
    switch (family_) {
      case Family::product_peak:
        return a * (std::atan(a * (1 - u)) + std::atan(a * u));
      case Family::gaussian:
        return std::sqrt(std::numbers::pi) / (2 * a) * (std::erf(a * (1 - u)) + std::erf(a * u));
      case Family::continuous:
        return (0 - std::expm1(-a * u) - std::expm1(-a * (1 - u))) / a;
      case Family::discontinuous:
        return std::expm1(i < 2 ? a * u : a) / a;
      default:
        return 0;
    }
  }
  [[nodiscard]] double oscillatory() const {
    double phase = 2 * std::numbers::pi * u_[0];
    double product = 1;
    for (const double a : a_) {
      phase += a / 2;
      product *= 2 * std::sin(a / 2) / a;
    }
    return product * std::cos(phase);
  }
  // The sum over the corners v of (-1)^|v| / (1 + sum a_i v_i), by d! and the product of a_i: in 100 digits, for nearly all of it
  // cancels.
  [[nodiscard]] double corner_peak() const {
    using Long = boost::multiprecision::cpp_bin_float_100;
    const std::size_t d = dimensions();
    Long sum = 0;
    // Gray codes: each corner differs from the last one in one coordinate.
    Long at = 1;
    std::uint32_t corner = 0;
    for (std::uint32_t i = 0;;) {
      sum += (std::popcount(corner) % 2 == 0 ? 1 : -1) / at;
      if (++i == std::uint32_t{1} << d) {
        break;
      }
      const int bit = std::countr_zero(i);
      corner ^= std::uint32_t{1} << bit;
      const Long a = a_[static_cast<std::size_t>(bit)];
      at += (corner >> bit & 1) != 0 ? a : Long(-a);
    }
    for (std::size_t i = 0; i < d; ++i) {
      sum /= Long(a_[i]) * static_cast<double>(i + 1);
    }
    return static_cast<double>(sum);
  }

  Family family_;
  std::vector<double> a_;
  std::vector<double> u_;
};

}  // namespace serried::integrate
