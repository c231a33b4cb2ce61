/// The median of the pixels around each: takes away single wrong pixels and keeps edges.
///
///     filter(photo.view(), calm.view(), Median(2), Border::reflect);         // of 5 x 5
///
/// Exact, for any type of pixel. Up to a radius of 3 by networks of minima and maxima over whole vector registers: columns are sorted
/// once for all windows that share them, then the rows of each window, after which only the middle diagonals can hold the median (A.
/// Adams, "Fast median filters using separable sorting networks", ACM TOG 40 (2021)). Beyond, pixel by pixel, which takes a hundred
/// times as long.
#pragma once

#include <cstddef>
#include <cstdint>

#include <serried/image/scratch.hpp>
#include <serried/image/view.hpp>

namespace serried::image {

/// A kernel (filter.hpp).
class Median {
 public:
  /// Of (2 radius + 1)² pixels. Throws std::logic_error unless 1 <= radius <= 100.
  explicit Median(int radius);

  [[nodiscard]] std::ptrdiff_t halo() const noexcept { return radius_; }

  /// As many channels. Where pixels are NaN, so may be those around them. Throws std::logic_error unless `from` has the halo.
  void operator()(View<const std::uint8_t> from, View<std::uint8_t> to, Scratch& scratch) const;
  void operator()(View<const std::uint16_t> from, View<std::uint16_t> to, Scratch& scratch) const;
  void operator()(View<const float> from, View<float> to, Scratch& scratch) const;

 private:
  std::ptrdiff_t radius_;
};

}  // namespace serried::image
