/// Poisson variates: how many independent events happen, where `mean` are expected.
///
///     const Poisson photons(12.5);
///     const std::uint64_t n = photons(stream);
///
/// Means below 10 by inversion (inversion.hpp), others by W. Hörmann's algorithm PTRS (transformed_rejection.hpp). Its
/// probabilities are computed so that nothing cancels (stirling.hpp): they are as good with a mean of 1e15 as with one of
/// 10.
#pragma once

#include <cstdint>

#include <serried/random/stream.hpp>
#include <serried/random/transformed_rejection.hpp>

namespace serried::random {

/// The probability e^-mean mean^k / k!. Const calls with different streams may be at the same time.
class Poisson {
 public:
  /// From 0, with which all variates are 0, to 2^62; or throws std::logic_error.
  explicit Poisson(double mean);

  /// Below a mean of 10: takes a word, and time that grows with the mean; probabilities below 2^-53 do not show. From 10
  /// on: 2 words for each attempt, 2.3 to 2.7 on average, and no more time for a larger mean.
  [[nodiscard]] std::uint64_t operator()(Stream& stream) const noexcept;

 private:
  double mean_;
  double probability_of_0_ = 0;  // below a mean of 10
  std::int64_t whole_ = 0;       // the mean is whole_ + fraction_, exactly
  double fraction_ = 0;
  detail::TransformedRejection rejection_;
};

}  // namespace serried::random
