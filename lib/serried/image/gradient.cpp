#include <cstddef>
#include <cstdint>

#include <serried/base/vectorized.hpp>
#include <serried/image/gradient.hpp>
#include <serried/image/nearest_pixel.hpp>

namespace serried::image {
namespace {

// What holds sums and differences of pixels.
template <class T>
struct Wider;
template <>
struct Wider<std::uint8_t> {
  using Type = std::int16_t;
};
template <>
struct Wider<std::uint16_t> {
  using Type = std::int32_t;
};
template <>
struct Wider<float> {
  using Type = float;
};

// Of three rows: smooth[i] is their weighted sum, steep[i] the difference of the outer ones.
template <class T, class Wide>
void add_rows(const T* above, const T* at, const T* below, Wide middle_weight, std::size_t size, Wide* smooth,
              Wide* steep) {
  for (std::size_t i = 0; i < size; ++i) {
    smooth[i] = static_cast<Wide>(Wide{above[i]} + middle_weight * Wide{at[i]} + Wide{below[i]});
    steep[i] = static_cast<Wide>(Wide{below[i]} - Wide{above[i]});
  }
}

// `step`: values from a pixel to the next.
template <class T, class Wide>
void put_lengths(const Wide* smooth, const Wide* steep, Wide middle_weight, std::size_t step,
                 std::size_t size, T* lengths) {
  for (std::size_t i = 0; i < size; ++i) {
    const auto across = static_cast<float>(static_cast<Wide>(smooth[i + 2 * step] - smooth[i]));
    const auto down = static_cast<float>(
        static_cast<Wide>(steep[i] + middle_weight * steep[i + step] + steep[i + 2 * step]));
    lengths[i] = nearest_pixel<T>(__builtin_sqrtf(across * across + down * down));
  }
}

template <class T>
void put_gradient(View<const T> from, View<T> to, int middle_weight, Scratch& scratch) {
  using Wide = typename Wider<T>::Type;
  expect_halo(from, to, 1);
  const auto step = static_cast<std::size_t>(to.channels());
  const auto n_wide = static_cast<std::size_t>(from.width()) * step;
  const auto n = static_cast<std::size_t>(to.width()) * step;
  const auto weight = static_cast<Wide>(middle_weight);
  Wide* const smooth = scratch.array<Wide>(0, n_wide).data();
  Wide* const steep = scratch.array<Wide>(1, n_wide).data();
  vectorized([&] {
    for (std::ptrdiff_t y = 0; y < to.height(); ++y) {
      add_rows(from.row(y).data(), from.row(y + 1).data(), from.row(y + 2).data(), weight, n_wide, smooth,
               steep);
      put_lengths(smooth, steep, weight, step, n, to.row(y).data());
    }
  });
}

}  // namespace

void Gradient::operator()(View<const std::uint8_t> from, View<std::uint8_t> to, Scratch& scratch) const {
  put_gradient(from, to, middle_weight_, scratch);
}
void Gradient::operator()(View<const std::uint16_t> from, View<std::uint16_t> to, Scratch& scratch) const {
  put_gradient(from, to, middle_weight_, scratch);
}
void Gradient::operator()(View<const float> from, View<float> to, Scratch& scratch) const {
  put_gradient(from, to, middle_weight_, scratch);
}

}  // namespace serried::image
