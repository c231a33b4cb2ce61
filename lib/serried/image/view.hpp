/// A look at the pixels of an image, or of a window of one, that somebody else owns.
///
///     View<const std::uint8_t> image = …;                    // width() x height() pixels of channels() values
///     image.window({.x = 10, .y = 20, .width = 64, .height = 64}).row(0);      // the first row: 64 · channels() values
///     image(x, y, channel);
///
/// Pixels are 8-bit, 16-bit or float, of 1 to 4 channels that lie side by side (RGBRGB…); rows may be any distance apart. An image
/// whose channels are planes is one view a plane.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <serried/base/contract.hpp>

namespace serried::image {

template <class T>
concept Pixel = std::same_as<T, std::uint8_t> || std::same_as<T, std::uint16_t> || std::same_as<T, float>;

inline constexpr int max_channels = 4;

/// Pixels [x, x + width) of rows [y, y + height); may stick out of an image where a function says so.
struct Window {
  std::ptrdiff_t x = 0;
  std::ptrdiff_t y = 0;
  std::ptrdiff_t width = 0;
  std::ptrdiff_t height = 0;
  friend bool operator==(const Window&, const Window&) = default;
};
/// With `halo` more on each side.
[[nodiscard]] constexpr Window grown(const Window& window, std::ptrdiff_t halo) {
  return {window.x - halo, window.y - halo, window.width + 2 * halo, window.height + 2 * halo};
}

/// T: a pixel's value, or const of it. Copied like a span; throws std::logic_error where it is asked for pixels that it does not
/// have, but not for single ones, rows or channels, which are for inner loops.
template <class T>
requires Pixel<std::remove_const_t<T>>
class View {
 public:
  View() = default;
  /// `row_stride`: values from a row to the next.
  View(T* data, std::ptrdiff_t width, std::ptrdiff_t height, int channels, std::ptrdiff_t row_stride)
      : data_(data), width_(width), height_(height), channels_(channels), row_stride_(row_stride) {
    expects(width >= 0 && height >= 0, "a size is not negative");
    expects(channels >= 1 && channels <= max_channels, "there are 1 to 4 channels");
    expects(height <= 1 || row_stride >= width * channels, "rows do not overlap");
  }
  /// Of constant pixels, where those may be changed.
  template <class U>
  requires std::same_as<T, const U> View(const View<U>& other)  // NOLINT(google-explicit-constructor)
      : View(other.data(), other.width(), other.height(), other.channels(), other.row_stride()) {}

  [[nodiscard]] T* data() const noexcept { return data_; }
  [[nodiscard]] std::ptrdiff_t width() const noexcept { return width_; }
  [[nodiscard]] std::ptrdiff_t height() const noexcept { return height_; }
  [[nodiscard]] int channels() const noexcept { return channels_; }
  [[nodiscard]] std::ptrdiff_t row_stride() const noexcept { return row_stride_; }
  [[nodiscard]] bool is_empty() const noexcept { return width_ == 0 || height_ == 0; }

  [[nodiscard]] std::span<T> row(std::ptrdiff_t y) const {
    return {data_ + y * row_stride_, static_cast<std::size_t>(width_ * channels_)};
  }
  [[nodiscard]] T& operator()(std::ptrdiff_t x, std::ptrdiff_t y, int channel = 0) const {
    return data_[y * row_stride_ + x * channels_ + channel];
  }

  [[nodiscard]] View window(const Window& of) const {
    expects(of.x >= 0 && of.y >= 0 && of.width >= 0 && of.height >= 0, "a window lies in the image");
    expects(of.width <= width_ - of.x && of.height <= height_ - of.y, "a window lies in the image");
    return {data_ + of.y * row_stride_ + of.x * channels_, of.width, of.height, channels_, row_stride_};
  }

 private:
  T* data_ = nullptr;
  std::ptrdiff_t width_ = 0;
  std::ptrdiff_t height_ = 0;
  int channels_ = 1;
  std::ptrdiff_t row_stride_ = 0;
};

/// For a kernel, which makes `to` of a window with `halo` more on each side. Throws std::logic_error if these are not such.
template <class From, class To>
void expect_halo(const View<From>& from, const View<To>& to, std::ptrdiff_t halo) {
  expects(from.width() == to.width() + 2 * halo && from.height() == to.height() + 2 * halo,
          "a window has its halo");
  expects(from.channels() == to.channels(), "both have as many channels");
}

}  // namespace serried::image
