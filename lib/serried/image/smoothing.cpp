#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/base/vectorized.hpp>
#include <serried/image/nearest_pixel.hpp>
#include <serried/image/smoothing.hpp>

namespace serried::image {
namespace {

// Beyond, what fixed point rounds away could be more than a level.
constexpr std::ptrdiff_t max_fixed_radius = 20;

// Sums of 8-bit pixels: in 128ths of a level.
struct FixedPoint {
  using Weight = std::uint16_t;
  using Sum = std::uint16_t;
  static constexpr int n_fraction_bits = 7;

  [[nodiscard]] static Sum sum(std::uint8_t pixel) { return static_cast<Sum>(pixel << n_fraction_bits); }
  [[nodiscard]] static Sum plus(Sum a, Sum b) { return static_cast<Sum>(a + b); }
  [[nodiscard]] static Sum times(Sum sum, Weight weight) {
    return static_cast<Sum>((std::uint32_t{sum} * weight) >> 16);
  }
  // What rounding down takes from `n_products` on average.
  [[nodiscard]] static Sum lost_by(std::size_t n_products) { return static_cast<Sum>(n_products / 2); }
  [[nodiscard]] static std::uint8_t pixel(Sum sum) {
    const auto rounded = static_cast<Sum>((sum + (1 << (n_fraction_bits - 1))) >> n_fraction_bits);
    return static_cast<std::uint8_t>(rounded < 255 ? rounded : 255);
  }
};

template <class T>
struct SinglePrecision {
  using Weight = float;
  using Sum = float;

  [[nodiscard]] static float sum(T pixel) { return static_cast<float>(pixel); }
  [[nodiscard]] static float plus(float a, float b) { return a + b; }
  [[nodiscard]] static float times(float sum, float weight) { return sum * weight; }
  [[nodiscard]] static float lost_by(std::size_t /*n_products*/) { return 0; }
  [[nodiscard]] static T pixel(float sum) { return nearest_pixel<T>(sum); }
};

// Functions of their own, for a byte that is stored in a lambda might be any of what it has captured.
template <class Arithmetic, class T>
void put_sums(const T* pixels, std::size_t size, typename Arithmetic::Sum* sums) {
  for (std::size_t i = 0; i < size; ++i) {
    sums[i] = Arithmetic::sum(pixels[i]);
  }
}
template <class Arithmetic, class T>
void put_pixels(const typename Arithmetic::Sum* sums, std::size_t size, T* pixels) {
  for (std::size_t i = 0; i < size; ++i) {
    pixels[i] = Arithmetic::pixel(sums[i]);
  }
}

// sums[i] += the products of `n` weights with pairs of values. So many at once that what is in `sums` seldom goes through memory.
template <class Arithmetic, std::size_t n, class Sum = typename Arithmetic::Sum>
void add_products(const Sum* const (&left)[n], const Sum* const (&right)[n],
                  const typename Arithmetic::Weight* weights, std::size_t size, Sum* sums) {
  for (std::size_t i = 0; i < size; ++i) {
    Sum sum = sums[i];
    for (std::size_t k = 0; k < n; ++k) {
      sum = Arithmetic::plus(sum, Arithmetic::times(Arithmetic::plus(left[k][i], right[k][i]), weights[k]));
    }
    sums[i] = sum;
  }
}

// sums[i] = the weighted sum of what is around the middle: at(k) is where the values begin that are k away.
template <class Arithmetic, class At, class Sum = typename Arithmetic::Sum>
void weigh(const At& at, std::span<const typename Arithmetic::Weight> weights, std::size_t size, Sum* sums) {
  const Sum* const middle = at(0);
  for (std::size_t i = 0; i < size; ++i) {
    sums[i] = Arithmetic::plus(Arithmetic::times(middle[i], weights[0]), Arithmetic::lost_by(weights.size()));
  }
  constexpr std::size_t n = 4;
  std::size_t k = 1;
  for (; k + n <= weights.size(); k += n) {
    const Sum* left[n];
    const Sum* right[n];
    for (std::size_t j = 0; j < n; ++j) {
      left[j] = at(-static_cast<std::ptrdiff_t>(k + j));
      right[j] = at(static_cast<std::ptrdiff_t>(k + j));
    }
    add_products<Arithmetic, n>(left, right, weights.data() + k, size, sums);
  }
  for (; k < weights.size(); ++k) {
    const Sum* const left[1] = {at(-static_cast<std::ptrdiff_t>(k))};
    const Sum* const right[1] = {at(static_cast<std::ptrdiff_t>(k))};
    add_products<Arithmetic, 1>(left, right, weights.data() + k, size, sums);
  }
}

template <class Arithmetic, class T>
void smooth(View<const T> from, View<T> to, std::span<const typename Arithmetic::Weight> weights,
            Scratch& scratch) {
  using Sum = typename Arithmetic::Sum;
  const auto halo = static_cast<std::ptrdiff_t>(weights.size()) - 1;
  expect_halo(from, to, halo);
  const std::ptrdiff_t n_channels = to.channels();
  const auto n_wide = static_cast<std::size_t>(from.width() * n_channels);
  const auto n = static_cast<std::size_t>(to.width() * n_channels);
  // The rows around the one at hand, as sums: row y is at y modulo their number.
  const std::ptrdiff_t n_rows = 2 * halo + 1;
  const std::ptrdiff_t stride = (static_cast<std::ptrdiff_t>(n_wide) + 63) / 64 * 64;
  Sum* const rows = scratch.array<Sum>(0, static_cast<std::size_t>(n_rows * stride)).data();
  Sum* const of_columns = scratch.array<Sum>(1, n_wide).data();
  Sum* const of_both = scratch.array<Sum>(2, n).data();
  vectorized([&] {
    const auto convert_row = [&](std::ptrdiff_t y) {
      put_sums<Arithmetic>(from.row(y).data(), n_wide, rows + y % n_rows * stride);
    };
    for (std::ptrdiff_t y = 0; y < 2 * halo; ++y) {
      convert_row(y);
    }
    for (std::ptrdiff_t y = 0; y < to.height(); ++y) {
      convert_row(y + 2 * halo);
      weigh<Arithmetic>([&](std::ptrdiff_t k) { return rows + (y + halo + k) % n_rows * stride; }, weights,
                        n_wide, of_columns);
      weigh<Arithmetic>([&](std::ptrdiff_t k) { return of_columns + (halo + k) * n_channels; }, weights, n,
                        of_both);
      put_pixels<Arithmetic>(of_both, n, to.row(y).data());
    }
  });
}

}  // namespace

Smoothing Smoothing::gaussian(double sigma) {
  expects(sigma > 0 && sigma <= 1000, "a standard deviation is above 0, and at most 1000 pixels");
  std::vector<double> weights(static_cast<std::size_t>(std::ceil(3 * sigma)) + 1);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double distance = static_cast<double>(k) / sigma;
    weights[k] = portable::exp(-0.5 * distance * distance);
  }
  return Smoothing(std::move(weights));
}

Smoothing Smoothing::box(int radius) {
  expects(radius >= 0 && radius <= 3000, "a radius is from 0 to 3000");
  return Smoothing(std::vector<double>(static_cast<std::size_t>(radius) + 1, 1.0));
}

Smoothing::Smoothing(std::vector<double> weights) : weights_(std::move(weights)) {
  double sum = 0;
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    sum += (k == 0 ? 1 : 2) * weights_[k];
  }
  for (double& weight : weights_) {
    weight /= sum;
    float_weights_.push_back(static_cast<float>(weight));
  }
  // From the outside inwards, each takes what rounding has left over so far; so all add up to one, but for a lonely middle.
  fixed_weights_.resize(weights_.size());
  double exact = 0;
  std::int64_t given = 0;
  for (std::size_t k = weights_.size() - 1; k > 0; --k) {
    exact += 65536 * weights_[k];
    const auto up_to_here = static_cast<std::int64_t>(std::floor(exact + 0.5));
    fixed_weights_[k] = static_cast<std::uint16_t>(up_to_here - given);
    given = up_to_here;
  }
  fixed_weights_[0] = static_cast<std::uint16_t>(std::clamp<std::int64_t>(65536 - 2 * given, 0, 65535));
}

void Smoothing::operator()(View<const std::uint8_t> from, View<std::uint8_t> to, Scratch& scratch) const {
  if (halo() <= max_fixed_radius) {
    smooth<FixedPoint, std::uint8_t>(from, to, fixed_weights_, scratch);
  } else {
    smooth<SinglePrecision<std::uint8_t>, std::uint8_t>(from, to, float_weights_, scratch);
  }
}
void Smoothing::operator()(View<const std::uint16_t> from, View<std::uint16_t> to, Scratch& scratch) const {
  smooth<SinglePrecision<std::uint16_t>, std::uint16_t>(from, to, float_weights_, scratch);
}
void Smoothing::operator()(View<const float> from, View<float> to, Scratch& scratch) const {
  smooth<SinglePrecision<float>, float>(from, to, float_weights_, scratch);
}

}  // namespace serried::image
