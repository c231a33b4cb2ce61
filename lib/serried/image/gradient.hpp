/// How steep an image is: the length of its gradient, by the operators of Sobel and Prewitt.
///
///     filter(photo.view(), edges.view(), Gradient::sobel(), Border::reflect);
///
/// sqrt(gx² + gy²), where gx is a difference of columns two apart, summed over three rows with weights 1 2 1 (Sobel) or 1 1 1 (Prewitt),
/// and gy the same of rows. Pixels are rounded, and at most their type's largest value: of 8 bits exactly so, of 16 bits within 0.51 of
/// the exact length, floats within 2^-21 of it and 2^-21 of the largest pixel. The same bits on every CPU.
#pragma once

#include <cstddef>
#include <cstdint>

#include <serried/image/scratch.hpp>
#include <serried/image/view.hpp>

namespace serried::image {

/// A kernel (filter.hpp).
class Gradient {
 public:
  [[nodiscard]] static Gradient sobel() { return Gradient(2); }
  [[nodiscard]] static Gradient prewitt() { return Gradient(1); }

  [[nodiscard]] std::ptrdiff_t halo() const noexcept { return 1; }

  /// As many channels. Throws std::logic_error unless `from` has the halo.
  void operator()(View<const std::uint8_t> from, View<std::uint8_t> to, Scratch& scratch) const;
  void operator()(View<const std::uint16_t> from, View<std::uint16_t> to, Scratch& scratch) const;
  void operator()(View<const float> from, View<float> to, Scratch& scratch) const;

 private:
  explicit Gradient(int middle_weight) : middle_weight_(middle_weight) {}

  int middle_weight_;
};

}  // namespace serried::image
