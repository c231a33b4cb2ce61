#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <serried/base/contract.hpp>
#include <serried/base/portable_math.hpp>
#include <serried/base/vectorized.hpp>
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

  // Of two pixels, or of one and zero.
  [[nodiscard]] static Sum of_pixels(std::uint8_t a, std::uint8_t b) {
    return static_cast<Sum>((a + b) << n_fraction_bits);
  }
  [[nodiscard]] static Sum of_sums(Sum a, Sum b) { return static_cast<Sum>(a + b); }
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

  [[nodiscard]] static float of_pixels(T a, T b) { return static_cast<float>(a) + static_cast<float>(b); }
  [[nodiscard]] static float of_sums(float a, float b) { return a + b; }
  [[nodiscard]] static float times(float sum, float weight) { return sum * weight; }
  [[nodiscard]] static float lost_by(std::size_t /*n_products*/) { return 0; }
  [[nodiscard]] static T pixel(float sum) {
    if constexpr (std::is_same_v<T, float>) {
      return sum;
    } else {
      constexpr float most = std::numeric_limits<T>::max();
      const float bounded = sum < most ? sum : most;
      return static_cast<T>(static_cast<std::int32_t>(bounded + 0.5F));
    }
  }
};

// sums[i] += the products of `n` weights with pairs of values, each `step` values further from the middle than the one before. So
// many at once that what is in `sums` seldom goes through memory.
template <class Arithmetic, std::size_t n, class Value, class Pair>
void add_products(const Value* const (&left)[n], const Value* const (&right)[n],
                  const typename Arithmetic::Weight* weights, const Pair& pair, std::size_t size,
                  typename Arithmetic::Sum* sums) {
  for (std::size_t i = 0; i < size; ++i) {
    auto sum = sums[i];
    for (std::size_t k = 0; k < n; ++k) {
      sum = Arithmetic::of_sums(sum, Arithmetic::times(pair(left[k][i], right[k][i]), weights[k]));
    }
    sums[i] = sum;
  }
}

// All pairs around the middle: at(k) is where the values begin that are k away.
template <class Arithmetic, class Value, class At, class Pair>
void add_all_products(const At& at, std::span<const typename Arithmetic::Weight> weights, const Pair& pair,
                      std::size_t size, typename Arithmetic::Sum* sums) {
  constexpr std::size_t n = 4;
  std::size_t k = 1;
  for (; k + n <= weights.size(); k += n) {
    const Value* left[n];
    const Value* right[n];
    for (std::size_t j = 0; j < n; ++j) {
      left[j] = at(-static_cast<std::ptrdiff_t>(k + j));
      right[j] = at(static_cast<std::ptrdiff_t>(k + j));
    }
    add_products<Arithmetic, n>(left, right, weights.data() + k, pair, size, sums);
  }
  for (; k < weights.size(); ++k) {
    const Value* const left[1] = {at(-static_cast<std::ptrdiff_t>(k))};
    const Value* const right[1] = {at(static_cast<std::ptrdiff_t>(k))};
    add_products<Arithmetic, 1>(left, right, weights.data() + k, pair, size, sums);
  }
}

template <class Arithmetic, class T>
void smooth(View<const T> from, View<T> to, std::span<const typename Arithmetic::Weight> weights,
            Scratch& scratch) {
  using Sum = typename Arithmetic::Sum;
  const auto halo = static_cast<std::ptrdiff_t>(weights.size()) - 1;
  expects(from.width() == to.width() + 2 * halo && from.height() == to.height() + 2 * halo,
          "a window has its halo");
  expects(from.channels() == to.channels(), "both have as many channels");
  const std::ptrdiff_t n_channels = to.channels();
  const auto n_wide = static_cast<std::size_t>(from.width() * n_channels);
  const auto n = static_cast<std::size_t>(to.width() * n_channels);
  Sum* const of_columns = scratch.array<Sum>(0, n_wide).data();
  Sum* const of_both = scratch.array<Sum>(1, n).data();
  vectorized([&] {
    for (std::ptrdiff_t y = 0; y < to.height(); ++y) {
      const T* const middle_row = from.row(y + halo).data();
      for (std::size_t i = 0; i < n_wide; ++i) {
        of_columns[i] =
            Arithmetic::of_sums(Arithmetic::times(Arithmetic::of_pixels(middle_row[i], 0), weights[0]),
                                Arithmetic::lost_by(weights.size()));
      }
      add_all_products<Arithmetic, T>([&](std::ptrdiff_t k) { return middle_row + k * from.row_stride(); },
                                      weights, [](T a, T b) { return Arithmetic::of_pixels(a, b); }, n_wide,
                                      of_columns);
      const Sum* const middle = of_columns + halo * n_channels;
      for (std::size_t i = 0; i < n; ++i) {
        of_both[i] = Arithmetic::of_sums(Arithmetic::times(middle[i], weights[0]),
                                         Arithmetic::lost_by(weights.size()));
      }
      add_all_products<Arithmetic, Sum>([&](std::ptrdiff_t k) { return middle + k * n_channels; }, weights,
                                        [](Sum a, Sum b) { return Arithmetic::of_sums(a, b); }, n, of_both);
      T* const pixels = to.row(y).data();
      for (std::size_t i = 0; i < n; ++i) {
        pixels[i] = Arithmetic::pixel(of_both[i]);
      }
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
    const auto up_to_here = static_cast<std::int64_t>(exact + 0.5);
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
