/// What is beyond the edges of an image.
///
///     copy_window(image, grown(window, halo), Border::reflect, padded.view());
///
/// Kernels know no borders: they get a window with its halo, and here is where that comes from.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <serried/base/contract.hpp>
#include <serried/image/view.hpp>

namespace serried::image {

/// For an image "abcd", of which `constant` knows only zeros.
enum class Border : std::uint8_t {
  reflect,   ///< dcb|abcd|cba: as in a mirror in the middle of the last pixel (OpenCV's default)
  clamp,     ///< aaa|abcd|ddd
  wrap,      ///< bcd|abcd|abc
  constant,  ///< 000|abcd|000
};

/// The index in [0, n) that stands for `i`, wherever that is; -1 where there is only the constant.
[[nodiscard]] constexpr std::ptrdiff_t inside(std::ptrdiff_t i, std::ptrdiff_t n, Border border) {
  expects(n > 0, "there is something inside");
  if (i >= 0 && i < n) {
    return i;
  }
  switch (border) {
    case Border::reflect: {
      if (n == 1) {
        return 0;
      }
      const std::ptrdiff_t period = 2 * (n - 1);
      const std::ptrdiff_t at = (i % period + period) % period;
      return at < n ? at : period - at;
    }
    case Border::clamp:
      return i < 0 ? 0 : n - 1;
    case Border::wrap:
      return (i % n + n) % n;
    case Border::constant:
      break;
  }
  return -1;
}

/// Copies a window of `from`, which may stick out, or be outside altogether, into `to`, of its size and as many channels. Throws
/// std::logic_error if it is of another size, or `from` is empty.
template <class From, Pixel T>
requires std::same_as<std::remove_const_t<From>, T>
void copy_window(View<From> from, const Window& window, Border border, View<T> to) {
  expects(to.width() == window.width && to.height() == window.height,
          "there is room for the window, and no more");
  expects(to.channels() == from.channels(), "both have as many channels");
  expects(!from.is_empty(), "there is an image");
  const std::ptrdiff_t n = from.channels();
  // The columns [left, right) of `to` are those of the image, one after the other.
  const std::ptrdiff_t left = std::clamp<std::ptrdiff_t>(-window.x, 0, window.width);
  const std::ptrdiff_t right = std::clamp<std::ptrdiff_t>(from.width() - window.x, left, window.width);
  for (std::ptrdiff_t y = 0; y < window.height; ++y) {
    const std::span<T> row = to.row(y);
    const std::ptrdiff_t source = inside(window.y + y, from.height(), border);
    if (source < 0) {
      std::ranges::fill(row, T{0});
      continue;
    }
    const std::span<const T> pixels = from.row(source);
    const auto copy_beyond = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t x = begin; x < end; ++x) {
        const std::ptrdiff_t at = inside(window.x + x, from.width(), border);
        for (std::ptrdiff_t channel = 0; channel < n; ++channel) {
          row[static_cast<std::size_t>(x * n + channel)] =
              at < 0 ? T{0} : pixels[static_cast<std::size_t>(at * n + channel)];
        }
      }
    };
    copy_beyond(0, left);
    if (left < right) {
      std::copy_n(pixels.data() + (window.x + left) * n, (right - left) * n, row.data() + left * n);
    }
    copy_beyond(right, window.width);
  }
}

}  // namespace serried::image
