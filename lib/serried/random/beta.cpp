#include <algorithm>
#include <limits>

#include <serried/base/contract.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/random/beta.hpp>

namespace serried::random {

Beta::Beta(double a, double b)
    : base_a_(a < 1.0 ? a + 1.0 : a), base_b_(b < 1.0 ? b + 1.0 : b), a_(a), b_(b) {
  constexpr double largest = std::numeric_limits<double>::max();
  expects(a > 0.0 && a <= largest, "parameter a of a beta distribution is positive and finite");
  expects(b > 0.0 && b <= largest, "parameter b of a beta distribution is positive and finite");
}

double Beta::operator()(Stream& stream) const noexcept {
  if (a_ < 1.0 && b_ < 1.0) {
    return by_logarithms(stream);
  }
  // At most one of them can underflow to 0: the shape of the other is at least 1.
  double x = base_a_(stream);
  if (a_ < 1.0) {
    x *= portable::exp(-(stream.exponential() / a_));
  }
  double y = base_b_(stream);
  if (b_ < 1.0) {
    y *= portable::exp(-(stream.exponential() / b_));
  }
  return 1.0 / (1.0 + y / x);
}

// log x = log x' + log(u) / a, log y = log y' + log(v) / b. Of the quotients, which may both be infinite, the difference is
// taken first: with the smaller of a and b as its denominator, its numerator is finite.
double Beta::by_logarithms(Stream& stream) const noexcept {
  const double x = base_a_(stream);
  const double minus_log_u = stream.exponential();
  const double y = base_b_(stream);
  const double minus_log_v = stream.exponential();
  const double smaller = std::min(a_, b_);
  const double difference = (minus_log_u * (smaller / a_) - minus_log_v * (smaller / b_)) / smaller;
  return 1.0 / (1.0 + portable::exp(portable::log(y / x) + difference));
}

}  // namespace serried::random
