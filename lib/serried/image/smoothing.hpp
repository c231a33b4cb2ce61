/// Smoothing by weights that are symmetric, one-dimensional, and add up to one: Gaussian and box.
///
///     filter(photo.view(), smooth.view(), Smoothing::gaussian(3), Border::reflect);
///
/// Sums over columns, then over rows, of one rounding to a pixel at the end; how far a pixel of radius r may be from the exact sum:
///
///     8-bit, r <= 20      0.5 + (3r + 2) / 128       16-bit weights, sums in 128ths of a level
///     8-bit, beyond       0.5 + (r + 3) / 32768      single precision
///     16-bit              0.5 + (r + 3) / 128        single precision
///     float               (r + 3) 2^-23 of the largest value
///
/// The same bits on every CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <serried/image/scratch.hpp>
#include <serried/image/view.hpp>

namespace serried::image {

/// A kernel (filter.hpp).
class Smoothing {
 public:
  /// Of standard deviation `sigma` pixels, cut off at three of them, rounded up. Throws std::logic_error unless 0 < sigma <= 1000.
  [[nodiscard]] static Smoothing gaussian(double sigma);
  /// The mean of (2 radius + 1)² pixels. Throws std::logic_error unless 0 <= radius <= 3000.
  [[nodiscard]] static Smoothing box(int radius);

  [[nodiscard]] std::ptrdiff_t halo() const noexcept {
    return static_cast<std::ptrdiff_t>(weights_.size()) - 1;
  }
  /// Of the middle, and of those that are 1, 2, … pixels away.
  [[nodiscard]] std::span<const double> weights() const noexcept { return weights_; }

  /// As many channels. Throws std::logic_error unless `from` has the halo.
  void operator()(View<const std::uint8_t> from, View<std::uint8_t> to, Scratch& scratch) const;
  void operator()(View<const std::uint16_t> from, View<std::uint16_t> to, Scratch& scratch) const;
  void operator()(View<const float> from, View<float> to, Scratch& scratch) const;

 private:
  explicit Smoothing(std::vector<double> weights);

  std::vector<double> weights_;
  std::vector<std::uint16_t> fixed_weights_;  // 65,536 is one
  std::vector<float> float_weights_;
};

}  // namespace serried::image
