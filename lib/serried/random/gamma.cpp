#include <limits>

#include <serried/base/contract.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/random/gamma.hpp>

namespace serried::random {

Gamma::Gamma(double shape, double scale)
    : base_(shape < 1.0 ? shape + 1.0 : shape), shape_(shape), scale_(scale) {
  constexpr double largest = std::numeric_limits<double>::max();
  expects(shape > 0.0 && shape <= largest, "the shape of a gamma distribution is positive and finite");
  expects(scale > 0.0 && scale <= largest, "the scale of a gamma distribution is positive and finite");
}

double Gamma::operator()(Stream& stream) const noexcept {
  const double value = base_(stream);
  if (shape_ >= 1.0) {
    return value * scale_;
  }
  return value * portable::exp(-(stream.exponential() / shape_)) * scale_;  // u^(1 / shape)
}

}  // namespace serried::random
