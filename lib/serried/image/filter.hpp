/// A kernel over a whole image in memory: block by block, each with its halo, on several threads.
///
///     filter(photo.view(), smooth.view(), Smoothing::gaussian(3), Border::reflect);
///
/// A kernel is a pure function: `kernel(from, to, scratch)` fills in `to` from a window that has kernel.halo() pixels more on each side,
/// and knows neither borders nor blocks. So an image is the same however it is cut.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <serried/base/contract.hpp>
#include <serried/base/parallel.hpp>
#include <serried/base/partition.hpp>
#include <serried/image/border.hpp>
#include <serried/image/scratch.hpp>
#include <serried/image/view.hpp>

namespace serried::image {

/// From pixels of From to pixels of To. Several threads call it at once.
template <class K, class From, class To>
concept Kernel = requires(const K& kernel, View<const From> from, View<To> to, Scratch& scratch) {
  { kernel.halo() } -> std::convertible_to<std::ptrdiff_t>;
  kernel(from, to, scratch);
};

/// Local. `to` is of the same size and does not overlap; throws std::logic_error if it is not, and whatever the kernel throws.
template <class From, Pixel To, Kernel<std::remove_const_t<From>, To> K>
void filter(View<From> image, View<To> to, const K& kernel, Border border, int n_threads = 1) {
  using Value = std::remove_const_t<From>;
  const View<const Value> from = image;
  expects(from.width() == to.width() && from.height() == to.height(), "both images are of one size");
  if (to.is_empty()) {
    return;
  }
  const std::ptrdiff_t halo = kernel.halo();
  // A block and its halo stay in the cache that a core has to itself.
  const std::ptrdiff_t width = std::min<std::ptrdiff_t>(to.width(), 1024 / from.channels());
  const std::ptrdiff_t height = std::min<std::ptrdiff_t>(to.height(), 64 + 2 * halo);
  const std::ptrdiff_t n_columns = (to.width() - 1) / width + 1;
  const std::ptrdiff_t n_blocks = n_columns * ((to.height() - 1) / height + 1);
  on_threads(n_threads, [&](int thread) {
    Scratch scratch;
    Scratch padding;
    const Range mine = block(static_cast<std::uint64_t>(n_blocks), static_cast<std::uint64_t>(n_threads),
                             static_cast<std::uint64_t>(thread));
    for (std::uint64_t i = mine.begin; i < mine.end; ++i) {
      const auto index = static_cast<std::ptrdiff_t>(i);
      Window window{.x = index % n_columns * width, .y = index / n_columns * height};
      window.width = std::min(width, to.width() - window.x);
      window.height = std::min(height, to.height() - window.y);
      const Window with_halo = grown(window, halo);
      const bool is_inside = with_halo.x >= 0 && with_halo.y >= 0 &&
                             with_halo.width <= from.width() - with_halo.x &&
                             with_halo.height <= from.height() - with_halo.y;
      if (is_inside) {
        kernel(from.window(with_halo), to.window(window), scratch);
        continue;
      }
      const std::ptrdiff_t n = with_halo.width * from.channels();
      const View<Value> padded(padding.array<Value>(0, static_cast<std::size_t>(n * with_halo.height)).data(),
                               with_halo.width, with_halo.height, from.channels(), n);
      copy_window(from, with_halo, border, padded);
      kernel(View<const Value>(padded), to.window(window), scratch);
    }
  });
}

}  // namespace serried::image
