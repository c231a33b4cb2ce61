/// Binomial variates: how many of n independent trials succeed, each with probability p.
///
///     const Binomial survivors(1000, 0.3);
///     const std::uint64_t k = survivors(stream);
///
/// By inversion (inversion.hpp) where n p, or n (1 - p), is below 10, otherwise by W. Hörmann's algorithm BTRS
/// (transformed_rejection.hpp) with probabilities in which nothing cancels (stirling.hpp), also for n of 1e15.
#pragma once

#include <cstdint>

#include <serried/random/stream.hpp>
#include <serried/random/transformed_rejection.hpp>

namespace serried::random {

/// 0 … n. Const calls with different streams may be at the same time.
class Binomial {
 public:
  /// n is at most 2^62 and p from 0 to 1, or throws std::logic_error. Of n above 2^53, p is as exact as n p is as a double.
  Binomial(std::uint64_t n, double p);

  /// By inversion: takes a word, and time that grows with n p; probabilities below 2^-53 do not show. By rejection: 2 words
  /// for each attempt, 2.3 to 2.9 on average, and no more time for a larger n.
  [[nodiscard]] std::uint64_t operator()(Stream& stream) const noexcept;

 private:
  [[nodiscard]] double log_probability(std::int64_t distance) const noexcept;
  [[nodiscard]] std::uint64_t of_rarer(Stream& stream) const noexcept;

  std::uint64_t n_;
  bool successes_are_rarer_;
  double p_;                     // of the rarer of success and failure
  double mean_;                  // n p
  double probability_of_0_ = 0;  // for inversion
  double odds_ = 0;
  std::int64_t whole_ = 0;  // the mean is whole_ + fraction_
  double fraction_ = 0;
  double log_probability_of_mode_ = 0;
  detail::TransformedRejection rejection_;
};

}  // namespace serried::random
