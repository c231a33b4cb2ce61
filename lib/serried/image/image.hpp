/// Pixels in memory of their own.
///
///     Image<std::uint8_t> image(640, 480, 3);                // zeros
///     image.view()(x, y, channel) = 255;
#pragma once

#include <cstddef>
#include <utility>

#include <serried/base/contract.hpp>
#include <serried/base/zeroed_array.hpp>
#include <serried/image/view.hpp>

namespace serried::image {

/// Move-only. Rows begin at multiples of 64 bytes.
template <Pixel T>
class Image {
 public:
  Image() = default;
  /// Throws std::bad_alloc, also for sizes that no memory has.
  Image(std::ptrdiff_t width, std::ptrdiff_t height, int channels = 1)
      : width_(width), height_(height), channels_(channels), row_stride_(stride_of(width, channels)) {
    expects(width >= 0 && height >= 0, "a size is not negative");
    __extension__ using Wide = unsigned __int128;
    constexpr Wide most = std::size_t{1} << 46;
    const Wide size = static_cast<Wide>(row_stride_) * static_cast<Wide>(height);
    if (width > max_side || size > most) {
      throw std::bad_alloc();
    }
    values_ = ZeroedArray<T>(static_cast<std::size_t>(size));
  }

  [[nodiscard]] View<T> view() { return {values_.data(), width_, height_, channels_, row_stride_}; }
  [[nodiscard]] View<const T> view() const {
    return {values_.data(), width_, height_, channels_, row_stride_};
  }

 private:
  static constexpr std::ptrdiff_t max_side = std::ptrdiff_t{1} << 40;

  static std::ptrdiff_t stride_of(std::ptrdiff_t width, int channels) {
    expects(channels >= 1 && channels <= max_channels, "there are 1 to 4 channels");
    if (width > max_side) {
      throw std::bad_alloc();
    }
    constexpr std::ptrdiff_t step = 64 / sizeof(T);
    return (width * channels + step - 1) / step * step;
  }

  std::ptrdiff_t width_ = 0;
  std::ptrdiff_t height_ = 0;
  int channels_ = 1;
  std::ptrdiff_t row_stride_ = 0;
  ZeroedArray<T> values_;
};

}  // namespace serried::image
