/// Antithetic variates: each trial is made twice, with the same random numbers and with their mirror images.
///
///     const auto price = estimate(world, options, antithetic([](auto& stream) { return payoff(stream.normal()); }));
///
/// Where the trial grows with each of its random numbers, or falls, the two errors cancel in part. A pair counts as one trial, so
/// that the error is right however much it is. Both of a pair must draw equally many numbers, as they do unless how many depends
/// on what was drawn: else one pair would share numbers with the next. A pair costs some 50 ns more than two trials.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <serried/random/stream.hpp>

namespace serried::montecarlo {

/// The numbers of a stream mirrored: 1 - 2^-53 - u for u, -z for z, n - 1 - i for i; exponentials by the mirrored uniform.
class MirroredStream {
 public:
  using result_type = random::Stream::result_type;

  explicit MirroredStream(const random::Stream& stream) : stream_(stream) {}

  [[nodiscard]] static constexpr result_type min() noexcept { return random::Stream::min(); }
  [[nodiscard]] static constexpr result_type max() noexcept { return random::Stream::max(); }
  [[nodiscard]] result_type operator()() noexcept { return ~stream_(); }
  [[nodiscard]] double uniform() noexcept { return (1.0 - 0x1p-53) - stream_.uniform(); }
  [[nodiscard]] double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  [[nodiscard]] std::uint64_t below(std::uint64_t n) { return n - 1 - stream_.below(n); }
  [[nodiscard]] double normal() noexcept { return 0.0 - stream_.normal(); }
  [[nodiscard]] double normal(double mean, double standard_deviation) noexcept {
    return mean + standard_deviation * normal();
  }
  [[nodiscard]] double exponential() noexcept {
    return 0.0 - portable::log(portable::unit_interval(~stream_()) + 0x1p-53);
  }

 private:
  random::Stream stream_;
};

/// A trial for `estimate`: the mean of `trial` with a stream and with its mirror image. `trial` takes an `auto&`, and gives a
/// number or an Eigen vector of fixed size.
template <class F>
[[nodiscard]] auto antithetic(F trial) {
  return [trial = std::move(trial)](random::Stream& stream) {
    MirroredStream mirrored(stream);
    auto value = trial(stream);
    auto other = trial(mirrored);
    if constexpr (std::is_arithmetic_v<decltype(value)>) {
      return 0.5 * (static_cast<double>(value) + static_cast<double>(other));
    } else {
      return decltype(trial(stream))(0.5 * (value + other));
    }
  };
}

}  // namespace serried::montecarlo
